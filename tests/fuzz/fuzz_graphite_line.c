/* Graphite lines: the same is told of a stream in pieces as at once. */
#include "format/graphite_line.h"

#include "fuzz_lines.h"

typedef struct reader {
  pl_lines lines;
  pl_text_events events;
} reader;

static int on_point(void *user, const pl_text_sample *s)
{
  FUZZ_EXPECT(s->value == s->value);
  for (size_t i = 0; i < s->n_tags; i++)
    FUZZ_EXPECT(s->tags[i].value.len > 0);
  return fuzz_point(user, s);
}

static int read_some(void *user, pl_str *text, bool last)
{
  reader *r = user;
  return pl_graphite_read(&r->lines, text, last, &r->events);
}

static fuzz_told read_text(unsigned kind, pl_str text, size_t step)
{
  fuzz_told t = {0};
  reader r = {.events = {on_point, fuzz_refused, &t}};
  (void)kind;
  fuzz_read(&t, read_some, &r, text, step);
  FUZZ_EXPECT(t.code == 0 && t.left == 0);
  return t;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
  fuzz_lines(data, len, 1, read_text);
  return 0;
}
