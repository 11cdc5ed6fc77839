#include "analysis/forecast/daily.h"

#include <math.h>

#include "support/failing.h"

#define A &pl_alloc_default

enum { HOURS = 24 * 4 };

/* Hourly from 06:00 of a day: value = hour of the series. The first day has 18 hours, the last 6 of the fourth and so no value. */
static void days_are_whole_days(void **state)
{
  double y[HOURS];
  pl_grid g = {.y = y, .n = HOURS, .start = 86400 * 100 + 6 * 3600, .step = 3600}, d;
  (void)state;
  for (int i = 0; i < HOURS; i++)
    y[i] = i;
  assert_int_equal(pl_daily(A, &g, PL_DAILY_MAX, 0, &d), PL_OK);
  assert_int_equal(d.n, 4);
  assert_true(d.start == 86400.0 * 100 && d.step == 86400);
  assert_true(d.y[0] == 17 && d.y[1] == 41 && d.y[2] == 65 && d.y[3] == 89);
  pl_grid_free(A, &d);
  assert_int_equal(pl_daily(A, &g, PL_DAILY_P95, 0, &d), PL_OK);
  assert_true(d.y[1] == 18 + 22); /* the 23rd of 24 */
  pl_grid_free(A, &d);
  assert_int_equal(pl_daily(A, &g, PL_DAILY_MEAN, -6 * 3600, &d), PL_OK);
  assert_int_equal(d.n, 4);
  assert_true(fabs(d.y[0] - 11.5) < 1e-9 && d.start == 86400 * 100 + 6 * 3600);
  pl_grid_free(A, &d);
}

static void days_with_too_few_values_are_gaps(void **state)
{
  double y[HOURS];
  pl_grid g = {.y = y, .n = HOURS, .start = 0, .step = 3600}, d;
  (void)state;
  for (int i = 0; i < HOURS; i++)
    y[i] = i >= 24 && i < 37 ? NAN : 1;
  assert_int_equal(pl_daily(A, &g, PL_DAILY_MIN, 0, &d), PL_OK);
  assert_int_equal(d.n, 4);
  assert_true(isnan(d.y[1]) && d.y[2] == 1);
  assert_int_equal(d.missing, 1);
  pl_grid_free(A, &d);
  g.n = 5;
  assert_int_equal(pl_daily(A, &g, PL_DAILY_MIN, 0, &d), PL_EINVAL);
}

/* The one value of a day is its mean as well as its maximum; where days are longer apart, most have none. */
static void one_value_a_day_is_the_days(void **state)
{
  double y[] = {3, NAN, -5, 0};
  (void)state;
  for (int kind = PL_DAILY_MEAN; kind <= PL_DAILY_P95; kind++) {
    pl_grid g = {.y = y, .n = 4, .start = 43200, .step = 86400}, d;
    assert_int_equal(pl_daily(A, &g, (pl_daily_kind)kind, 0, &d), PL_OK);
    assert_true(d.n == 4 && d.start == 0 && d.step == 86400 && d.missing == 1);
    assert_true(d.y[0] == 3 && isnan(d.y[1]) && d.y[2] == -5 && d.y[3] == 0);
    pl_grid_free(A, &d);
    g.step = 604800;
    assert_int_equal(pl_daily(A, &g, (pl_daily_kind)kind, 0, &d), PL_EINVAL);
    g.step = NAN;
    assert_int_equal(pl_daily(A, &g, (pl_daily_kind)kind, 0, &d), PL_EINVAL);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(days_are_whole_days), cmocka_unit_test(days_with_too_few_values_are_gaps), cmocka_unit_test(one_value_a_day_is_the_days)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
