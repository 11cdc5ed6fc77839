/* How long PromQL takes: promql FILE [FILLED]. A new timeline (FILLED: that of an earlier run) with one counter of a year at 10 s and 10,000 counters of an hour at 10 s; then for each
 * expression the least CPU time of a few tries, and before them that of reading the year alone. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/error.h"
#include "query/promql.h"

enum { YEAR_S = 365 * 86400, STEP_S = 10, MANY = 10000, HOUR_S = 3600, TRIES = 7 };
static const int64_t BEGIN_S = 1700000000;

static double seconds(void)
{
  struct timespec t;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void must(int code, const pl_error *err)
{
  if (code) {
    fprintf(stderr, "%s\n", err->message);
    exit(1);
  }
}

static int64_t make_series(pl_store *s, int64_t source, const char *name, const char *job, const char *i)
{
  const pl_label labels[] = {{PL_STR("i"), pl_str_of(i)}, {PL_STR("job"), pl_str_of(job)}};
  pl_series_spec spec = {.source = source, .name = pl_str_of(name), .labels = labels, .n_labels = 2, .kind = PL_SERIES_COUNTER};
  int64_t id = 0;
  pl_error err = {0};
  must(pl_store_series(s, &spec, &id, &err), &err);
  return id;
}

static void put(pl_store *s, int64_t series, int64_t second, double v)
{
  const pl_error *why = pl_store_error(s);
  must(pl_store_sample(s, series, 0, (BEGIN_S + second) * (int64_t)PL_S_NS, v), why);
}

static void fill(const char *path)
{
  static int64_t ids[MANY];
  pl_store_options o = {.alloc = &pl_alloc_default, .clock = &pl_clock_system, .path = path};
  pl_store *s = NULL;
  pl_error err = {0};
  int64_t source = 0;
  must(pl_store_open(&o, &s, &err), &err);
  must(pl_store_source(s, PL_STR("import"), PL_STR("here"), PL_STR("target"), PL_STR("production"), &source, &err), &err);
  int64_t year = make_series(s, source, "year_total", "a", "0");
  for (int64_t i = 0; i < YEAR_S / STEP_S; i++) {
    put(s, year, i * STEP_S, (double)(i % 700000 * 13 + i % 7));
    if (i % 50000 == 0)
      must(pl_store_commit(s, &err), &err);
  }
  for (size_t i = 0; i < MANY; i++) {
    char name[16], job[16];
    (void)snprintf(name, sizeof name, "%zu", i);
    (void)snprintf(job, sizeof job, "job%zu", i % 10);
    ids[i] = make_series(s, source, "many_total", job, name);
  }
  for (int64_t t = 0; t < HOUR_S / STEP_S; t++) {
    for (size_t i = 0; i < MANY; i++)
      put(s, ids[i], t * STEP_S, (double)(t * (int64_t)(i % 17 + 1)));
    must(pl_store_commit(s, &err), &err);
  }
  pl_store_close(s);
}

static int count_span(void *user, const int64_t *times_ns, const double *values, size_t n)
{
  (void)times_ns, (void)values;
  *(size_t *)user += n;
  return 0;
}

static double read_year(pl_reader *r)
{
  double least = INFINITY;
  pl_error err = {0};
  for (int i = 0; i < TRIES; i++) {
    size_t n = 0;
    double begin = seconds();
    must(pl_reader_spans(r, 1, 0, INT64_MIN, INT64_MAX, count_span, &n, &err), &err);
    least = fmin(least, seconds() - begin);
  }
  return least;
}

static void measure(pl_reader *r, const char *text, int64_t from_s, int64_t to_s, int64_t step_s)
{
  double least = INFINITY;
  size_t series = 0, values = 0;
  for (int i = 0; i < TRIES; i++) {
    pl_promql_query q = {.text = pl_str_of(text), .from_ms = (BEGIN_S + from_s) * 1000, .to_ms = (BEGIN_S + to_s) * 1000, .step_ms = step_s * 1000};
    pl_promql_result result;
    pl_error err = {0};
    double begin = seconds();
    must(pl_promql_run(&pl_alloc_default, r, &q, &result, &err), &err);
    least = fmin(least, seconds() - begin);
    series = result.n;
    values = result.n ? result.series[0].n : 0;
    pl_promql_result_fini(&result);
  }
  printf("%9.1f ms  %s, step %lld s: %zu series of %zu values\n", least * 1e3, text, (long long)step_s, series, values);
}

int main(int argc, char **argv)
{
  pl_reader *r = NULL;
  pl_error err = {0};
  if (argc < 2)
    return fprintf(stderr, "promql FILE\n"), 2;
  if (argc == 2)
    fill(argv[1]);
  must(pl_reader_open(&pl_alloc_default, argv[1], &r, &err), &err);
  printf("%9.1f ms  reading the year alone\n", read_year(r) * 1e3);
  measure(r, "rate(year_total[1y])", YEAR_S, 0, 0);
  measure(r, "rate(year_total[5m])", 300, YEAR_S, 3600);
  measure(r, "rate(year_total[1h])", 3600, YEAR_S, 3600);
  measure(r, "rate(year_total[1d])", 86400, YEAR_S, 3600);
  measure(r, "sum by (job) (rate(many_total[1m]))", 0, HOUR_S, 15);
  measure(r, "many_total", HOUR_S, 0, 0);
  pl_reader_close(r);
  return 0;
}
