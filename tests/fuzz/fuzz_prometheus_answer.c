/* Answers of Prometheus' API: a sample belongs to a series that was told, and every text is there. */
#include "format/prometheus_answer.h"

#include "fuzz.h"

typedef struct told {
  bool series;
  size_t bytes;
} told;

static void read_text(told *t, pl_str s)
{
  for (size_t i = 0; i < s.len; i++)
    t->bytes += (unsigned char)s.data[i] != 0;
}

static int on_series(void *user, const pl_tag *labels, size_t n)
{
  told *t = user;
  FUZZ_EXPECT(n <= PL_PROMETHEUS_LABELS);
  t->series = true;
  for (size_t i = 0; i < n; i++) {
    read_text(t, labels[i].name);
    read_text(t, labels[i].value);
  }
  return 0;
}

static int on_sample(void *user, int64_t ts_ms, double value)
{
  (void)value;
  FUZZ_EXPECT(((told *)user)->series);
  FUZZ_EXPECT(ts_ms <= INT64_C(9000000000000000) && ts_ms >= -INT64_C(9000000000000000));
  return 0;
}

static void on_histogram(void *user)
{
  (void)user;
}

static void on_warning(void *user, pl_str text)
{
  read_text(user, text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  told t = {0};
  const pl_prometheus_events events = {on_series, on_sample, on_histogram, on_warning, &t};
  (void)!pl_prometheus_answer_read(&pl_alloc_default, (pl_str){(const char *)data, size}, &events, NULL);
  return 0;
}
