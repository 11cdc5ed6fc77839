/* In which second a load's counter grew. */
#include "query/growth.h"

#include <math.h>

#include "support/failing.h"

static void growth_lies_behind_the_sample_before(void **state)
{
  pl_growth g = {0};
  (void)state;
  assert_int_equal(pl_growth_from_ms(&g, 500, 0), 500);
  assert_int_equal(pl_growth_from_ms(&g, 1500, 100), 500);
  assert_int_equal(pl_growth_from_ms(&g, 2500, 100), 1500); /* nothing came */
  assert_int_equal(pl_growth_from_ms(&g, 2503, 101), 2500); /* the load's end */
}

static void a_second_load_begins_anew(void **state)
{
  pl_growth g = {0};
  (void)state;
  (void)pl_growth_from_ms(&g, 500, 0);
  (void)pl_growth_from_ms(&g, 1500, 100);
  assert_int_equal(pl_growth_from_ms(&g, 7700, 0), 7700);
  assert_int_equal(pl_growth_from_ms(&g, 8700, 50), 7700);
}

/* Older versions: the first 0 lies 1 ms before its second, each total at the begin of it. */
static void samples_at_the_begin_stay_where_they_are(void **state)
{
  pl_growth g = {0};
  (void)state;
  assert_int_equal(pl_growth_from_ms(&g, 499, 0), 499);
  assert_int_equal(pl_growth_from_ms(&g, 500, 100), 500);
  assert_int_equal(pl_growth_from_ms(&g, 1500, 200), 1500);
  assert_int_equal(pl_growth_from_ms(&g, 7699, 0), 7699);
  assert_int_equal(pl_growth_from_ms(&g, 7700, 50), 7700);
}

static void what_is_no_number_is_passed_over(void **state)
{
  pl_growth g = {0};
  (void)state;
  (void)pl_growth_from_ms(&g, 500, 0);
  assert_int_equal(pl_growth_from_ms(&g, 900, NAN), 900);
  assert_int_equal(pl_growth_from_ms(&g, 1500, 1), 500);
}

static void only_counters_of_loads_are_meant(void **state)
{
  (void)state;
  assert_true(pl_growth_is_of_load(PL_STR("load_requests_total"), PL_SERIES_COUNTER, PL_STR("load")));
  assert_false(pl_growth_is_of_load(PL_STR("load_users"), PL_SERIES_GAUGE, PL_STR("load")));
  assert_false(pl_growth_is_of_load(PL_STR("load_requests_total"), PL_SERIES_COUNTER, PL_STR("scrape")));
  assert_false(pl_growth_is_of_load(PL_STR("http_requests_total"), PL_SERIES_COUNTER, PL_STR("load")));
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(growth_lies_behind_the_sample_before), cmocka_unit_test(a_second_load_begins_anew),
                                     cmocka_unit_test(samples_at_the_begin_stay_where_they_are),
                                     cmocka_unit_test(what_is_no_number_is_passed_over), cmocka_unit_test(only_counters_of_loads_are_meant)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
