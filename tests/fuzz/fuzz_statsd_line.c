/* StatsD: the same is told of a stream in pieces as of a datagram. */
#include "format/statsd_line.h"

#include "fuzz_lines.h"

typedef struct reader {
  pl_lines lines;
  pl_statsd_events events;
} reader;

static int on_sample(void *user, const pl_statsd_sample *s)
{
  fuzz_told *t = user;
  FUZZ_EXPECT(s->name.len > 0 && s->rate > 0 && s->rate <= 1);
  FUZZ_EXPECT(s->type == PL_STATSD_SET || s->value == s->value);
  fuzz_mix_str(t, s->name);
  fuzz_mix_str(t, s->text);
  fuzz_mix_tags(t, s->tags, s->n_tags);
  fuzz_mix_value(t, s->rate, s->has_time, s->time_ns, s->line);
  return 0;
}

static int read_some(void *user, pl_str *text, bool last)
{
  reader *r = user;
  return pl_statsd_read(&r->lines, text, last, &r->events);
}

static fuzz_told read_text(unsigned kind, pl_str text, size_t step)
{
  fuzz_told t = {0};
  reader r = {.events = {on_sample, fuzz_refused, &t}};
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
