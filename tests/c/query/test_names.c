/* Short names of metrics. */
#include "query/names.h"

#include "support/failing.h"

static void found_near_and_parted(void **state)
{
  (void)state;
  const pl_metric_name *m = pl_metric_find(PL_STR("error_ratio"));
  assert_non_null(m);
  assert_string_equal(m->metric, "load_requests_total");
  assert_true(pl_metric_is_part(m, PL_STR("timeout")) && !pl_metric_is_part(m, PL_STR("ok")));
  assert_null(pl_metric_find(PL_STR("latency ")));
  size_t n = 0;
  for (const pl_metric_name *row; (row = pl_metric_at(n)) != NULL; n++)
    assert_ptr_equal(pl_metric_find(pl_str_of(row->name)), row);
  assert_true(n > 10);
  m = pl_metric_find(PL_STR("dropped_ratio"));
  assert_true(pl_metric_is_part(m, PL_STR("dropped")) && pl_metric_is_part(m, PL_STR("cancelled")) && !pl_metric_is_part(m, PL_STR("started")));
  assert_true(pl_metric_is_ignored(m, PL_STR("late")) && !pl_metric_is_ignored(m, PL_STR("started")));
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(found_near_and_parted)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
