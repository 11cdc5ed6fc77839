/* PromQL over a store: what the reference test (test_promql_reference.c) cannot hold beside Prometheus: distributions, runs, limits, failing
 * memory, messages. */
#include "query/promql.h"

#include <math.h>
#include <stdio.h>

#include "support/failing.h"

typedef struct fixture {
  pl_store *store;
  pl_reader *reader;
} fixture;

enum { BEGIN_S = 1700000000 };
static const int64_t BEGIN_MS = (int64_t)BEGIN_S * 1000;

static int64_t make_series(fixture *f, const char *name, const char *job, enum pl_series_kind kind)
{
  pl_label label = {PL_STR("job"), pl_str_of(job)};
  pl_series_spec spec = {.name = pl_str_of(name), .labels = &label, .n_labels = 1, .kind = kind};
  int64_t id;
  assert_int_equal(pl_store_source(f->store, PL_STR("import"), PL_STR("here"), PL_STR("both"), PL_STR("production"), &spec.source, NULL), PL_OK);
  assert_int_equal(pl_store_series(f->store, &spec, &id, NULL), PL_OK);
  return id;
}

static void put(fixture *f, int64_t series, int64_t run, int64_t second, double v)
{
  assert_int_equal(pl_store_sample(f->store, series, run, (BEGIN_S + second) * (int64_t)PL_S_NS, v), 0);
}

static void put_dist(fixture *f, int64_t series, int64_t second, uint64_t first_ms, uint64_t n)
{
  pl_hist h;
  pl_hist_init(&h, &pl_alloc_default);
  for (uint64_t i = 0; i < n; i++)
    pl_hist_record(&h, (first_ms + i) * PL_MS_NS);
  assert_int_equal(pl_store_dist(f->store, series, 1, BEGIN_MS + second * 1000, 1, &h), 0);
  pl_hist_fini(&h);
}

static int open_fixture(void **state)
{
  static fixture f;
  pl_store_options o = {.alloc = &pl_alloc_default, .clock = &pl_clock_system};
  assert_int_equal(pl_store_open(&o, &f.store, NULL), PL_OK);
  int64_t c = make_series(&f, "c_total", "a", PL_SERIES_COUNTER), g = make_series(&f, "g", "a", PL_SERIES_GAUGE), d = make_series(&f, "d_seconds", "a", PL_SERIES_DIST);
  for (int64_t i = 0; i < 60; i++) {
    put(&f, c, 1 + i / 30, i * 10, (double)(i * 20)); /* half in each of two runs */
    put(&f, g, 0, i * 10, (double)(i % 7));
  }
  put(&f, g, 2, 300, 100); /* the moment of an ambient sample: the run's holds */
  put(&f, make_series(&f, "g", "b", PL_SERIES_GAUGE), 0, 590, 5);
  int64_t many = make_series(&f, "many", "a", PL_SERIES_GAUGE);
  for (int64_t i = 0; i < 1500; i++)
    put(&f, many, 0, i, 1);
  for (int64_t i = 0; i < 100; i++)
    put_dist(&f, d, i, 1 + (uint64_t)i * 10, 10);
  put_dist(&f, make_series(&f, "d_seconds", "b", PL_SERIES_DIST), 50, 5000, 1000);
  assert_int_equal(pl_store_commit(f.store, NULL), PL_OK);
  assert_int_equal(pl_reader_of(f.store, &f.reader, NULL), PL_OK);
  *state = &f;
  return 0;
}

static int close_fixture(void **state)
{
  fixture *f = *state;
  pl_reader_close(f->reader);
  pl_store_close(f->store);
  return 0;
}

/* The value of an expression with one series at a second. */
static double value_at(fixture *f, const char *text, int64_t run, int64_t second)
{
  pl_promql_result r;
  pl_error err = {0};
  pl_promql_query q = {.text = pl_str_of(text), .run = run, .from_ms = BEGIN_MS + second * 1000};
  if (pl_promql_run(&pl_alloc_default, f->reader, &q, &r, &err))
    fail_msg("%s", err.message);
  assert_true(r.n <= 1);
  double v = r.n ? r.series[0].values[0] : NAN;
  pl_promql_result_fini(&r);
  return v;
}

static void series_of_several_runs_are_one(void **state)
{
  fixture *f = *state;
  assert_true(fabs(value_at(f, "rate(c_total[5m])", 0, 450) - 2) < 1e-12);
  assert_true(value_at(f, "count_over_time(c_total[10m])", 0, 590) == 60);
  assert_true(value_at(f, "count_over_time(c_total[10m])", 1, 590) == 30);
  assert_true(value_at(f, "count_over_time(c_total[10m])", 2, 590) == 30);
  assert_true(isnan(value_at(f, "c_total", 1, 595)));
  assert_true(value_at(f, "g{job='a'}", 0, 300) == 100);
  assert_true(value_at(f, "g{job='a'}", 1, 300) == 2);
  assert_true(value_at(f, "count_over_time(g{job='a'}[10m])", 0, 590) == 60);
}

static void a_marker_of_staleness_ends_a_series(void **state)
{
  fixture *f = *state;
  double marker;
  memcpy(&marker, &PL_STALE_BITS, sizeof marker);
  int64_t s = make_series(f, "stale", "a", PL_SERIES_GAUGE);
  for (int64_t i = 0; i < 5; i++)
    put(f, s, 0, i * 10, i == 3 ? marker : i == 2 ? NAN : (double)i);
  assert_int_equal(pl_store_commit(f->store, NULL), PL_OK);
  assert_true(value_at(f, "stale", 0, 19) == 1);
  assert_true(value_at(f, "count(stale)", 0, 29) == 1); /* NaN is a value */
  assert_true(isnan(value_at(f, "count(stale)", 0, 39)));
  assert_true(value_at(f, "stale", 0, 40) == 4);
  assert_true(value_at(f, "count_over_time(stale[1m])", 0, 40) == 4);
  assert_true(value_at(f, "last_over_time(stale[11s])", 0, 44) == 4);
}

static void long_series_lose_what_no_step_needs(void **state)
{
  enum { SAMPLES = 30000 };
  fixture *f = *state;
  pl_promql_result r;
  pl_error err = {0};
  int64_t s = make_series(f, "long_total", "a", PL_SERIES_COUNTER);
  for (int64_t i = 0; i < SAMPLES; i++)
    put(f, s, 0, i, (double)(i % 5000)); /* falls every 5,000 seconds */
  assert_int_equal(pl_store_commit(f->store, NULL), PL_OK);
  pl_promql_query q = {.text = PL_STR("resets(long_total[100s])"), .from_ms = BEGIN_MS + 99000, .to_ms = BEGIN_MS + 29999000, .step_ms = 100000, .memory_max = 300000};
  if (pl_promql_run(&pl_alloc_default, f->reader, &q, &r, &err))
    fail_msg("%s", err.message);
  assert_int_equal(r.series[0].n, 300);
  pl_promql_result_fini(&r);
  q.text = PL_STR("increase(long_total[100s])");
  assert_int_equal(pl_promql_run(&pl_alloc_default, f->reader, &q, &r, NULL), PL_OK);
  for (size_t i = 0; i < r.series[0].n; i++) /* a second is added before the first sample, but for a counter that begins at 0 */
    assert_true(fabs(r.series[0].values[i] - (i % 50 ? 100 : 99)) < 1e-9);
  pl_promql_result_fini(&r);
}

static void both_is_target_and_generator(void **state)
{
  fixture *f = *state;
  assert_true(value_at(f, "count(g{role='target'})", 0, 590) == 2);
  assert_true(value_at(f, "count(g{role='generator'})", 0, 590) == 2);
  assert_true(isnan(value_at(f, "count(g{role='other'})", 0, 590)));
}

static void distributions_merge_and_give_quantiles(void **state)
{
  fixture *f = *state;
  /* An interval of a second stands at its end: at 100 s the last one begins at 99. */
  assert_true(fabs(value_at(f, "histogram_quantile(1, d_seconds{job='a'})", 0, 100) - 1.0) < 1e-3);
  assert_true(fabs(value_at(f, "histogram_quantile(0.5, rate(d_seconds{job='a'}[100s]))", 0, 100) - 0.5) < 1e-3);
  assert_true(fabs(value_at(f, "histogram_quantile(1, increase(d_seconds{job='a'}[10s]))", 0, 50) - 0.5) < 1e-3);
  assert_true(fabs(value_at(f, "histogram_quantile(1, increase(d_seconds{job='a'}[10s] offset 50s))", 0, 100) - 0.5) < 1e-3);
  assert_true(fabs(value_at(f, "histogram_quantile(0.75, sum(rate(d_seconds[10m])))", 0, 100) - 5.5) < 1e-2);
  assert_true(value_at(f, "histogram_quantile(-1, d_seconds{job='a'})", 0, 100) == -INFINITY);
  assert_true(isnan(value_at(f, "histogram_quantile(0.5, d_seconds{job='a'})", 0, 1000)));
}

static void fails(fixture *f, const pl_promql_query *q, int code, const char *part)
{
  pl_promql_result r;
  pl_error err = {0};
  assert_int_equal(pl_promql_run(&pl_alloc_default, f->reader, q, &r, &err), code);
  assert_int_equal(err.code, code);
  if (!strstr(err.message, part))
    fail_msg("\"%s\" does not say \"%s\"", err.message, part);
  pl_promql_result_fini(&r);
}

static void distributions_are_no_values(void **state)
{
  static const char *const texts[] = {"d_seconds", "d_seconds + 1", "avg(d_seconds)", "max_over_time(d_seconds[1m])", "d_seconds[1m]", "abs(d_seconds)", "-d_seconds", "sum({job='a',__name__!='many'})"};
  fixture *f = *state;
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
    fails(f, &(pl_promql_query){.text = pl_str_of(texts[i]), .from_ms = BEGIN_MS + 100000}, PL_EINVAL, "distributions");
}

static void limits_hold(void **state)
{
  fixture *f = *state;
  pl_str g = PL_STR("sum(g)");
  fails(f, &(pl_promql_query){.text = g, .from_ms = 0, .to_ms = 11001000, .step_ms = 1000}, PL_ELIMIT, "11000 steps");
  fails(f, &(pl_promql_query){.text = g, .from_ms = 10, .to_ms = 0, .step_ms = 1000}, PL_EINVAL, "before the start");
  fails(f, &(pl_promql_query){.text = g, .from_ms = INT64_MAX}, PL_EINVAL, "1685");
  fails(f, &(pl_promql_query){.text = PL_STR("g + on (job) g"), .from_ms = BEGIN_MS, .to_ms = BEGIN_MS + 600000, .step_ms = 100, .memory_max = 40000}, PL_ELIMIT, "fewer");
  fails(f, &(pl_promql_query){.text = PL_STR("quantile_over_time(0.5, many[30m])"), .from_ms = BEGIN_MS + 1800000, .memory_max = 16384}, PL_ELIMIT, "more than 1024 samples of one series");
}

static void times_end_where_nanoseconds_do(void **state)
{
  static const int64_t ends[] = {-INT64_C(9000000000000), INT64_C(9000000000000)};
  static const char *const texts[] = {"rate(c_total[100y] offset 100y)", "rate(c_total[100y] offset -100y)", "c_total offset 100y", "histogram_quantile(1, d_seconds offset -100y)"};
  fixture *f = *state;
  for (size_t i = 0; i < 8; i++) {
    pl_promql_result r;
    pl_promql_query q = {.text = pl_str_of(texts[i / 2]), .from_ms = ends[i % 2]};
    assert_int_equal(pl_promql_run(&pl_alloc_default, f->reader, &q, &r, NULL), PL_OK);
    assert_int_equal(r.n, 0);
    pl_promql_result_fini(&r);
  }
  assert_true(value_at(f, "count_over_time(c_total[100y])", 0, 590) == 60);
}

static void answers_to_steps_are_in_order_of_labels(void **state)
{
  fixture *f = *state;
  pl_promql_result r;
  pl_promql_query q = {.text = PL_STR("g > 3"), .from_ms = BEGIN_MS + 580000, .to_ms = BEGIN_MS + 600000, .step_ms = 10000};
  assert_int_equal(pl_promql_run(&pl_alloc_default, f->reader, &q, &r, NULL), PL_OK);
  assert_int_equal(r.type, PL_VALUE_MATRIX);
  assert_int_equal(r.n, 1); /* a has 2, 3, 3 there */
  assert_true(pl_str_eqc(pl_label_set_find(&r.series[0].labels, PL_STR("job")), "b"));
  assert_int_equal(r.series[0].n, 2);
  assert_true(r.series[0].times_ms[0] == BEGIN_MS + 590000 && r.series[0].values[1] == 5);
  pl_promql_result_fini(&r);
}

typedef struct attempt {
  fixture *f;
  const char *text;
} attempt;

static int run_once(const pl_allocator *a, void *user)
{
  attempt *at = user;
  pl_promql_result r;
  pl_promql_query q = {.text = pl_str_of(at->text), .from_ms = BEGIN_MS + 60000, .to_ms = BEGIN_MS + 90000, .step_ms = 10000};
  int code = pl_promql_run(a, at->f->reader, &q, &r, NULL);
  pl_promql_result_fini(&r);
  return code;
}

static void memory_may_fail(void **state)
{
  static const char *const texts[] = {"sum by (job) (rate(c_total[1m])) / on (job) group_left g", "histogram_quantile(0.9, rate(d_seconds[1m]))", "topk(1, label_replace(g, 'x', '$1', 'job', '(.)'))",
                                      "quantile_over_time(0.5, g[1m]) > bool 1"};
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
    attempt at = {*state, texts[i]};
    failing_every(run_once, &at, 10000);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(series_of_several_runs_are_one), cmocka_unit_test(a_marker_of_staleness_ends_a_series), cmocka_unit_test(long_series_lose_what_no_step_needs),   cmocka_unit_test(both_is_target_and_generator), cmocka_unit_test(distributions_merge_and_give_quantiles),
      cmocka_unit_test(distributions_are_no_values),      cmocka_unit_test(limits_hold), cmocka_unit_test(times_end_where_nanoseconds_do),                  cmocka_unit_test(answers_to_steps_are_in_order_of_labels),
      cmocka_unit_test(memory_may_fail),
  };
  return cmocka_run_group_tests(tests, open_fixture, close_fixture);
}
