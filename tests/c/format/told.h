/* What readers of text tell, as lines of a pl_buf: "2 cpu{host=a} 0.5 @1000000000", "3 refused value". */
#ifndef TEST_TOLD_H
#define TEST_TOLD_H

#include <inttypes.h>

#include "base/buf.h"
#include "format/lines.h"

static inline int told_point(void *user, const pl_text_sample *p)
{
  pl_buf *out = user;
  char text[32];
  (void)pl_buf_addf(out, "%" PRIu64 " %.*s{", p->line, (int)p->name.len, p->name.data);
  for (size_t i = 0; i < p->n_tags; i++)
    (void)pl_buf_addf(out, "%s%.*s=%.*s", i ? "," : "", (int)p->tags[i].name.len, p->tags[i].name.data, (int)p->tags[i].value.len, p->tags[i].value.data);
  (void)pl_buf_adds(out, "} ");
  (void)pl_buf_add(out, text, pl_double_text(p->value, text));
  return p->has_time ? pl_buf_addf(out, " @%" PRId64 "\n", p->time_ns) : pl_buf_addc(out, '\n');
}

static inline int told_refused(void *user, const pl_refused *r)
{
  return pl_buf_addf(user, "%" PRIu64 " refused %s\n", r->line, pl_refusal_name(r->reason));
}

#endif
