/* See graphite.h. */
#include "ingest/graphite.h"

#include <assert.h>

#include "format/graphite_line.h"

typedef struct taking {
  pl_intake *in;
  int64_t now_ns;
} taking;

static int on_point(void *user, const pl_text_sample *p)
{
  const taking *t = user;
  pl_label labels[PL_LINE_TAGS];
  for (size_t i = 0; i < p->n_tags; i++)
    labels[i] = (pl_label){p->tags[i].name, p->tags[i].value};
  pl_intake_series series = {.source = PL_STR("graphite"), .name = p->name, .labels = labels, .n_labels = p->n_tags, .kind = PL_SERIES_GAUGE,
                             .unit = PL_STR(""), .help = PL_STR("")};
  int64_t found = pl_intake_find(t->in, &series);
  if (found >= 0)
    pl_intake_sample(t->in, (uint32_t)found, p->has_time ? p->time_ns : t->now_ns, p->value);
  else
    pl_intake_refuse(t->in, pl_intake_reason(found), 1);
  return PL_OK;
}

static int on_refused(void *user, const pl_refused *r)
{
  (void)r;
  pl_intake_refuse(((const taking *)user)->in, PL_REASON_LINE, 1);
  return PL_OK;
}

void pl_graphite_take(pl_intake *in, pl_lines *lines, pl_str *text, bool last, int64_t now_ns)
{
  taking t = {in, now_ns};
  const pl_text_events events = {on_point, on_refused, &t};
  int code = pl_graphite_read(lines, text, last, &events);
  assert(!code); /* no event ends it */
  (void)code;
}
