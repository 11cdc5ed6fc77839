/* Short names of metrics: each is found, its labels say what counts. */
#include "query/names.h"

#include <string.h>

#include "support/failing.h"

static void each_name_is_there_once(void **state)
{
  (void)state;
  size_t n = 0;
  for (const pl_metric_name *row; (row = pl_metric_at(n)) != NULL; n++) {
    assert_ptr_equal(pl_metric_find(pl_str_of(row->name)), row);
    assert_true(row->metric[0] && row->aggregate[0]);
    assert_int_equal(row->kind == PL_METRIC_UNUSED, row->part_metric != NULL);
    if (row->kind == PL_METRIC_SHARE)
      assert_non_null(row->part_label);
  }
  assert_true(n > 10);
  assert_null(pl_metric_at(n - 1)[1].name); /* that was the last one */
  assert_null(pl_metric_at(n + 1));
}

static void a_name_is_found_as_it_is_written(void **state)
{
  (void)state;
  assert_string_equal(pl_metric_find(PL_STR("error_ratio"))->metric, "load_requests_total");
  assert_null(pl_metric_find(PL_STR("latency ")));
  assert_null(pl_metric_find(PL_STR("Latency")));
  assert_null(pl_metric_find(PL_STR("load_latency_seconds")));
  assert_null(pl_metric_find(PL_STR("")));
}

static void a_label_says_what_is_part(void **state)
{
  (void)state;
  const pl_metric_name *errors = pl_metric_find(PL_STR("error_ratio")), *dropped = pl_metric_find(PL_STR("dropped_ratio")), *cpu = pl_metric_find(PL_STR("cpu_utilization"));
  assert_true(pl_metric_is_part(errors, PL_STR("timeout")) && !pl_metric_is_part(errors, PL_STR("ok")));
  assert_true(pl_metric_is_part(dropped, PL_STR("dropped")) && pl_metric_is_part(dropped, PL_STR("cancelled")) && !pl_metric_is_part(dropped, PL_STR("started")));
  assert_true(pl_metric_is_part(cpu, PL_STR("user")) && !pl_metric_is_part(cpu, PL_STR("idle")) && !pl_metric_is_part(cpu, PL_STR("iowait")));
  assert_false(pl_metric_is_part(dropped, PL_STR("dropped|cancelled")));
}

static void what_is_ignored_counts_nowhere(void **state)
{
  (void)state;
  const pl_metric_name *dropped = pl_metric_find(PL_STR("dropped_ratio")), *checks = pl_metric_find(PL_STR("checks"));
  assert_true(pl_metric_is_ignored(dropped, PL_STR("late")) && pl_metric_is_ignored(dropped, PL_STR("planned")) && !pl_metric_is_ignored(dropped, PL_STR("started")));
  assert_false(pl_metric_is_ignored(checks, PL_STR("true")));
}

static void answers_hold_timeouts_and_lags_do_not(void **state)
{
  (void)state;
  assert_true(pl_metric_has_timeouts(PL_STR("load_latency_seconds")) && pl_metric_has_timeouts(PL_STR("load_service_seconds")));
  assert_false(pl_metric_has_timeouts(PL_STR("load_schedule_lag_seconds")));
  assert_false(pl_metric_has_timeouts(PL_STR("latency"))); /* a short name */
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(each_name_is_there_once),
      cmocka_unit_test(a_name_is_found_as_it_is_written),
      cmocka_unit_test(a_label_says_what_is_part),
      cmocka_unit_test(what_is_ignored_counts_nowhere),
      cmocka_unit_test(answers_hold_timeouts_and_lags_do_not),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
