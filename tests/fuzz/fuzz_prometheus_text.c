/* Prometheus text and OpenMetrics: the same is told of a text in pieces as at once. */
#include "format/prometheus_text.h"

#include "fuzz_lines.h"

static int on_sample(void *user, const pl_prometheus_sample *s)
{
  fuzz_told *t = user;
  FUZZ_EXPECT(s->name.len > 0 && pl_str_starts(s->series, s->name) && pl_str_starts(s->name, s->family->name));
  fuzz_mix_str(t, s->series);
  fuzz_mix_str(t, s->family->help);
  fuzz_mix_str(t, s->family->unit);
  fuzz_mix(t, &s->family->type, sizeof s->family->type);
  fuzz_mix_tags(t, s->labels, s->n_labels);
  fuzz_mix_value(t, s->value, s->has_time, s->time_ns, s->line);
  if (s->exemplar)
    fuzz_mix_tags(t, s->exemplar->tags, s->exemplar->n_tags);
  return 0;
}

static int read_some(void *reader, pl_str *text, bool last)
{
  return pl_prometheus_read(reader, text, last);
}

static fuzz_told read_text(unsigned dialect, pl_str text, size_t step)
{
  fuzz_told t = {0};
  pl_prometheus_events events = {on_sample, fuzz_refused, &t};
  pl_prometheus *p;
  FUZZ_EXPECT(pl_prometheus_new(&pl_alloc_default, (enum pl_prometheus_dialect)dialect, &events, &p) == 0);
  fuzz_read(&t, read_some, p, text, step);
  FUZZ_EXPECT(t.code == 0 && t.left == 0);
  pl_prometheus_free(p);
  return t;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
  fuzz_lines(data, len, 2, read_text);
  return 0;
}
