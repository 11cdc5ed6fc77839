/* PromQL over a store: what the reference test (test_promql_reference.c) cannot hold beside Prometheus: distributions, runs, limits, failing
 * memory, messages. */
#include "query/promql.h"

#include "query/evaluated.h"

static int open_fixture(void **state)
{
  assert_int_equal(evaluated_open(state), 0);
  evaluated *f = *state;
  int64_t c = make_series(f, "c_total{job='a'}", PL_SERIES_COUNTER), g = make_series(f, "g{job='a'}", PL_SERIES_GAUGE), d = make_series(f, "d_seconds{job='a'}", PL_SERIES_DIST);
  for (int64_t i = 0; i < 60; i++) {
    put(f, c, 1 + i / 30, i * 10, (double)(i * 20)); /* half in each of two runs */
    put(f, g, 0, i * 10, (double)(i % 7));
  }
  put(f, g, 2, 300, 100); /* the moment of an ambient sample: the run's holds */
  put(f, make_series(f, "g{job='b'}", PL_SERIES_GAUGE), 0, 590, 5);
  int64_t many = make_series(f, "many{job='a'}", PL_SERIES_GAUGE);
  for (int64_t i = 0; i < 1500; i++)
    put(f, many, 0, i, 1);
  for (int64_t i = 0; i < 100; i++)
    put_dist(f, d, 1, i, 1 + (uint64_t)i * 10, 10);
  put_dist(f, make_series(f, "d_seconds{job='b'}", PL_SERIES_DIST), 1, 50, 5000, 1000);
  commit(f);
  return 0;
}

/* The value of an expression with one series at a second. */
static double value_at(evaluated *f, const char *text, int64_t run, int64_t second)
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
  evaluated *f = *state;
  assert_true(fabs(value_at(f, "rate(c_total[5m])", 0, 450) - 2) < 1e-12);
  assert_true(value_at(f, "count_over_time(c_total[10m])", 0, 590) == 60);
  assert_true(value_at(f, "count_over_time(c_total[10m])", 1, 590) == 30);
  assert_true(value_at(f, "count_over_time(c_total[10m])", 2, 590) == 30);
  assert_true(isnan(value_at(f, "c_total", 1, 595)));
  assert_true(value_at(f, "g{job='a'}", 0, 300) == 100);
  assert_true(value_at(f, "g{job='a'}", 1, 300) == 2);
  assert_true(value_at(f, "count_over_time(g{job='a'}[10m])", 0, 590) == 60);
}

static void distributions_merge_and_give_quantiles(void **state)
{
  evaluated *f = *state;
  /* An interval of a second stands at its end: at 100 s the last one begins at 99. */
  assert_true(fabs(value_at(f, "histogram_quantile(1, d_seconds{job='a'})", 0, 100) - 1.0) < 1e-3);
  assert_true(fabs(value_at(f, "histogram_quantile(0.5, rate(d_seconds{job='a'}[100s]))", 0, 100) - 0.5) < 1e-3);
  assert_true(fabs(value_at(f, "histogram_quantile(1, increase(d_seconds{job='a'}[10s]))", 0, 50) - 0.5) < 1e-3);
  assert_true(fabs(value_at(f, "histogram_quantile(1, increase(d_seconds{job='a'}[10s] offset 50s))", 0, 100) - 0.5) < 1e-3);
  assert_true(fabs(value_at(f, "histogram_quantile(0.75, sum(rate(d_seconds[10m])))", 0, 100) - 5.5) < 1e-2);
}

static void fails(evaluated *f, const pl_promql_query *q, int code, const char *part)
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
  evaluated *f = *state;
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
    fails(f, &(pl_promql_query){.text = pl_str_of(texts[i]), .from_ms = BEGIN_MS + 100000}, PL_EINVAL, "distributions");
}

static void limits_hold(void **state)
{
  evaluated *f = *state;
  pl_str g = PL_STR("sum(g)");
  fails(f, &(pl_promql_query){.text = g, .from_ms = 0, .to_ms = 11001000, .step_ms = 1000}, PL_ELIMIT, "11000 steps");
  fails(f, &(pl_promql_query){.text = g, .from_ms = 10, .to_ms = 0, .step_ms = 1000}, PL_EINVAL, "before the start");
  fails(f, &(pl_promql_query){.text = g, .from_ms = INT64_MAX}, PL_EINVAL, "between 1685 and 2255");
  fails(f, &(pl_promql_query){.text = g, .to_ms = INT64_MAX, .step_ms = 1000}, PL_EINVAL, "between 1685 and 2255");
  fails(f, &(pl_promql_query){.text = g, .step_ms = -1}, PL_EINVAL, "a step is more than 0");
  fails(f, &(pl_promql_query){.text = PL_STR("g + on (job) g"), .from_ms = BEGIN_MS, .to_ms = BEGIN_MS + 600000, .step_ms = 100, .memory_max = 40000}, PL_ELIMIT, "fewer");
  fails(f, &(pl_promql_query){.text = PL_STR("quantile_over_time(0.5, many[30m])"), .from_ms = BEGIN_MS + 1800000, .memory_max = 16384}, PL_ELIMIT, "more than 1024 samples of one series");
}

static void times_end_where_nanoseconds_do(void **state)
{
  static const int64_t ends[] = {-INT64_C(9000000000000), INT64_C(9000000000000)};
  static const char *const texts[] = {"rate(c_total[100y] offset 100y)", "rate(c_total[100y] offset -100y)", "c_total offset 100y", "histogram_quantile(1, d_seconds offset -100y)"};
  evaluated *f = *state;
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
  evaluated *f = *state;
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

/* Of a question from 0 to 25 s by tens, which looks at d_seconds and g at its end. */
static void what_is_fixed_has_the_same_value_at_every_step(void **state)
{
  static const char *const texts[] = {"histogram_quantile(1, sum(rate(d_seconds[10s] @ end())))", "sum(g @ end()) + 1 - 1", "-sum(-(g @ end()))", "sum(g) * 0 + sum(g @ end())",
                                      "histogram_quantile(time() * 0 + 1, d_seconds{job='a'} @ end())"};
  static const double values[] = {0.25, 2, 2, 2, 0.25};
  evaluated *f = *state;
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
    pl_promql_result r;
    pl_promql_query q = {.text = pl_str_of(texts[i]), .from_ms = BEGIN_MS, .to_ms = BEGIN_MS + 25000, .step_ms = 10000};
    assert_int_equal(pl_promql_run(&pl_alloc_default, f->reader, &q, &r, NULL), PL_OK);
    assert_int_equal(r.n, 1);
    assert_int_equal(r.series[0].n, 3);
    for (size_t step = 0; step < 3; step++)
      assert_true(fabs(r.series[0].values[step] - values[i]) < 1e-3);
    pl_promql_result_fini(&r);
  }
}

static void a_subquery_is_a_range(void **state)
{
  evaluated *f = *state;
  pl_promql_result r;
  pl_promql_query q = {.text = PL_STR("max(g)[30s:10s]"), .from_ms = BEGIN_MS + 35000};
  assert_int_equal(pl_promql_run(&pl_alloc_default, f->reader, &q, &r, NULL), PL_OK);
  assert_int_equal(r.type, PL_VALUE_MATRIX);
  assert_int_equal(r.series[0].n, 3);
  assert_true(r.series[0].times_ms[0] == BEGIN_MS + 10000 && r.series[0].values[0] == 1 && r.series[0].values[2] == 3);
  pl_promql_result_fini(&r);
  fails(f, &(pl_promql_query){.text = PL_STR("max_over_time(g[100y:1ms])"), .from_ms = BEGIN_MS}, PL_ELIMIT, "column 15: a subquery of more than 67108864 steps");
}

typedef struct attempt {
  evaluated *f;
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
                                      "quantile_over_time(0.5, g[1m]) > bool 1", "max_over_time(rate(c_total[30s])[1m:10s]) or c_total and g @ end()"};
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
    attempt at = {*state, texts[i]};
    failing_every(run_once, &at, 10000);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(series_of_several_runs_are_one),
      cmocka_unit_test(distributions_merge_and_give_quantiles),
      cmocka_unit_test(distributions_are_no_values),
      cmocka_unit_test(limits_hold),
      cmocka_unit_test(times_end_where_nanoseconds_do),
      cmocka_unit_test(answers_to_steps_are_in_order_of_labels),
      cmocka_unit_test(what_is_fixed_has_the_same_value_at_every_step),
      cmocka_unit_test(a_subquery_is_a_range),
      cmocka_unit_test(memory_may_fail),
  };
  return cmocka_run_group_tests(tests, open_fixture, evaluated_close);
}
