/* Prometheus text and OpenMetrics: the same is told of a text in pieces as at once. */
#include "format/prometheus_text.h"

#include "fuzz.h"

typedef struct told {
  uint64_t hash, samples, refused;
} told;

static void mix(told *t, pl_str s)
{
  t->hash = pl_hash(s.data, s.len, t->hash);
}

static void mix_labels(told *t, const pl_tag *labels, size_t n)
{
  FUZZ_EXPECT(n <= PL_LINE_TAGS);
  for (size_t i = 0; i < n; i++) {
    FUZZ_EXPECT(labels[i].name.len > 0);
    mix(t, labels[i].name);
    mix(t, labels[i].value);
  }
}

static int on_sample(void *user, const pl_prometheus_sample *s)
{
  told *t = user;
  t->samples++;
  FUZZ_EXPECT(s->name.len > 0 && pl_str_starts(s->series, s->name) && pl_str_starts(s->name, s->family->name));
  mix(t, s->series);
  mix(t, s->family->help);
  mix(t, s->family->unit);
  mix_labels(t, s->labels, s->n_labels);
  t->hash ^= pl_hash(&s->value, sizeof s->value, s->line);
  if (s->has_time)
    t->hash ^= pl_hash(&s->time_ns, sizeof s->time_ns, s->family->type);
  if (s->exemplar)
    mix_labels(t, s->exemplar->labels, s->exemplar->n_labels);
  return 0;
}

static int on_refused(void *user, const pl_refused *r)
{
  told *t = user;
  t->refused++;
  FUZZ_EXPECT(pl_refusal_text(r->reason)[0] != '\0');
  t->hash = pl_hash(pl_refusal_name(r->reason), 3, t->hash ^ r->line);
  return 0;
}

static told read_text(enum pl_prometheus_dialect d, pl_str text, size_t step)
{
  told t = {0};
  pl_prometheus_events events = {on_sample, on_refused, &t};
  pl_prometheus *p;
  size_t seen = 0, at = 0;
  FUZZ_EXPECT(pl_prometheus_new(&pl_alloc_default, d, &events, &p) == 0);
  do {
    seen = step < text.len - seen ? seen + step : text.len;
    pl_str rest = {text.data + at, seen - at};
    FUZZ_EXPECT(pl_prometheus_read(p, &rest, seen == text.len) == 0);
    at = seen - rest.len;
  } while (seen < text.len);
  FUZZ_EXPECT(at == text.len);
  pl_prometheus_free(p);
  return t;
}

/* The first byte says which dialect, the second how the text is cut. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
  if (len < 2)
    return 0;
  pl_str text = {(const char *)data + 2, len - 2};
  enum pl_prometheus_dialect d = data[0] % 2 ? PL_PROMETHEUS_OPENMETRICS : PL_PROMETHEUS_TEXT;
  told whole = read_text(d, text, text.len + 1), pieces = read_text(d, text, data[1] % 32 + 1u);
  FUZZ_EXPECT(whole.hash == pieces.hash && whole.samples == pieces.samples && whole.refused == pieces.refused);
  return 0;
}
