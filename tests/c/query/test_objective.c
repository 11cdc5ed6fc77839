/* The objective grammar: what is accepted and what it means; what is refused and how. */
#include "query/objective.h"

#include <math.h>
#include <string.h>

#include "support/failing.h"

static pl_objective *parse(const char *text)
{
  pl_objective *o = NULL;
  pl_error err = {0};
  if (pl_objective_parse(&pl_alloc_default, pl_str_of(text), &o, &err))
    fail_msg("%s: %s", text, err.message);
  return o;
}

static void a_quantile_with_matchers_and_window(void **state)
{
  (void)state;
  pl_objective *o = parse("p99.9(latency{name='checkout',method!=\"GET\"}) < 400ms over any 30s");
  assert_int_equal(o->condition.expr.aggregate, PL_AGG_QUANTILE);
  assert_true(fabs(o->condition.expr.p - 0.999) < 1e-12);
  assert_int_equal(o->condition.expr.n_matchers, 2);
  assert_true(pl_str_eqc(o->condition.expr.matchers[0].label, "name") && pl_str_eqc(o->condition.expr.matchers[0].value, "checkout"));
  assert_int_equal(o->condition.expr.matchers[1].op, PL_MATCH_NE);
  assert_int_equal(o->condition.compare, PL_LESS);
  assert_true(fabs(o->condition.limit - 0.4) < 1e-12);
  assert_int_equal(o->over, PL_OVER_ANY);
  assert_int_equal(o->window_s, 30);
  pl_objective_free(o);
}

static void shares_rates_for_and_when(void **state)
{
  (void)state;
  pl_objective *o = parse("error_ratio < 1% for 10s when rate(requests) > 480/s");
  assert_true(fabs(o->condition.limit - 0.01) < 1e-12);
  assert_int_equal(o->for_s, 10);
  assert_true(o->has_when);
  assert_int_equal(o->when.compare, PL_GREATER);
  assert_true(o->when.limit == 480);
  pl_objective_free(o);
  o = parse("max(node_load1) by (instance, role) <= 4");
  assert_int_equal(o->condition.expr.n_by, 2);
  pl_objective_free(o);
}

static void any_name_is_a_metric(void **state)
{
  (void)state;
  pl_objective *o = parse("q < 3");
  assert_string_equal(o->condition.expr.metric.metric, "q");
  assert_string_equal(o->condition.expr.metric_text, "q");
  assert_int_equal(o->condition.expr.metric.kind, PL_METRIC_GAUGE);
  pl_objective_free(o);
  o = parse("p90(pause) < 250ms when q > 5%");
  assert_int_equal(pl_expr_unit(&o->condition.expr), PL_UNIT_DURATION);
  assert_true(o->condition.limit == 0.25 && o->when.limit == 0.05);
  pl_objective_free(o);
  o = parse("rate(jobs_total) > 3/s");
  assert_int_equal(o->condition.expr.metric.kind, PL_METRIC_COUNTER);
  assert_int_equal(o->condition.expr.at, 5);
  pl_objective_free(o);
  o = parse("p99(load_latency_seconds) < 1s");
  assert_true(o->condition.expr.metric.of_load && o->condition.expr.metric.timeouts);
  pl_objective_free(o);
}

static void refused(void **state)
{
  static const struct {
    const char *text, *hint;
  } rows[] = {{"max(load1) by () < 1", "one to"}, {"p99(latency) < 50 ms", "column 16: write 50ms, without the space"}, {"p99(latency) < 50 ms over any 10s", "write 50ms,"},
      {"error_ratio < 5 %", "write 5%, without"}, {"rate(requests) > 100 /s for 5s", "write 100/s, without"}, {"p99(latency) < 50ms over any 10 s", "write 10s, without"}, {"p99(latency) < 50 30", "a unit is missing"}, {"max(load1) by (role origin) < 1", "column 21: a comma or ) is expected"}, {"max(load1{a='b' c='d'}) < 1", "a comma or } is expected"}, {"dropped < 1%", "dropped_ratio"}, {"count(error_ratio) < 5", "ratio(error_ratio)"}, {"ratio(load1) < 5", "max(load1)"},
              {"p99(latency) <", ""}, {"p99(latency < 1s", ""}, {"", ""}, {"p101(latency) < 1s", ""},
              {"latency < 5%", ""}, {"error_ratio < 5ms", ""}, {"p99(latency) < 1s over sometimes 3s", "any"}, {"p99(latency) < 1s extra", ""}};
  (void)state;
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    pl_objective *o = NULL;
    pl_error err = {0};
    int code = pl_objective_parse(&pl_alloc_default, pl_str_of(rows[i].text), &o, &err);
    if (code == PL_OK)
      fail_msg("accepted: %s", rows[i].text);
    assert_non_null(strstr(err.message, rows[i].hint));
  }
}

static void comparisons(void **state)
{
  (void)state;
  assert_true(pl_condition_holds(PL_LESS, 1, 2) && !pl_condition_holds(PL_LESS, 2, 2));
  assert_true(pl_condition_holds(PL_LESS_EQUAL, 2, 2) && pl_condition_holds(PL_GREATER_EQUAL, 2, 2));
  assert_true(pl_condition_holds(PL_GREATER, 3, 2) && pl_condition_holds(PL_EQUAL, 2, 2) && pl_condition_holds(PL_NOT_EQUAL, 1, 2));
  assert_string_equal(pl_compare_text(PL_LESS_EQUAL), "<=");
}

static int parse_short(const pl_allocator *a, void *user)
{
  pl_objective *o = NULL;
  pl_error err = {0};
  (void)user;
  int code = pl_objective_parse(a, PL_STR("p99(latency{a='b'}) < 1s when users > 3"), &o, &err);
  if (!code)
    pl_objective_free(o);
  return code;
}

static void no_memory_leaks_nothing(void **state)
{
  (void)state;
  failing_every(parse_short, NULL, 100);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(a_quantile_with_matchers_and_window), cmocka_unit_test(shares_rates_for_and_when),
                                     cmocka_unit_test(any_name_is_a_metric), cmocka_unit_test(refused), cmocka_unit_test(comparisons), cmocka_unit_test(no_memory_leaks_nothing)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
