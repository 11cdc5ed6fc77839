#include "analysis/forecast/theil_sen.h"

#include <math.h>

#include "base/random.h"
#include "support/failing.h"

#define A &pl_alloc_default

/* scipy.stats.theilslopes: slope 1.1666666666666667. */
static void the_slope_is_that_of_scipy(void **state)
{
  const double y[10] = {1, 3.5, 2.5, 6, 5.5, 40, 8, 9.5, 9, 12};
  pl_line line;
  (void)state;
  assert_int_equal(pl_theil_sen(A, y, 10, &line), PL_OK);
  assert_true(fabs(line.slope - 7.0 / 6) < 1e-12);
  assert_true(fabs(line.intercept - 7.0 / 6) < 1e-12);
}

/* A fifth of 5,000 values are wild. The slope's standard error by half-way pairs, at sd 1, is below 1.3 sqrt(24) / n^1.5 = 2e-5. */
static void long_series_with_wild_values(void **state)
{
  enum { N = 5000 };
  double y[N];
  pl_rng r;
  pl_line line;
  (void)state;
  pl_rng_init(&r, 9, 0, 0, 0);
  for (int i = 0; i < N; i++)
    y[i] = pl_rng_unit(&r) < 0.2 ? pl_rng_normal(&r, 0, 1e6) : 7 - 0.01 * i + pl_rng_normal(&r, 0, 1);
  assert_int_equal(pl_theil_sen(A, y, N, &line), PL_OK);
  assert_true(fabs(line.slope + 0.01) < 4 * 3e-5);
}

static void few_values(void **state)
{
  const double y[3] = {NAN, 4, NAN};
  pl_line line;
  (void)state;
  assert_int_equal(pl_theil_sen(A, y, 3, &line), PL_OK);
  assert_true(line.slope == 0 && line.intercept == 4);
  assert_int_equal(pl_theil_sen(A, y, 1, &line), PL_EINVAL);
  assert_int_equal(pl_theil_sen(A, y, 0, &line), PL_EINVAL);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(the_slope_is_that_of_scipy), cmocka_unit_test(long_series_with_wild_values), cmocka_unit_test(few_values)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
