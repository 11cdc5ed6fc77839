#include "analysis/forecast/logistic.h"

#include <math.h>

#include "support/failing.h"

#define A &pl_alloc_default

/* scipy.optimize.curve_fit: k 0.29132316, m 12.05589472, residual standard deviation 1.922928031924711. */
static void the_curve_is_that_of_scipy(void **state)
{
  const double y[20] = {1.06, 0.91, 4.25, 7.14, 10.59, 11.13, 13.08, 16.67, 24.65, 32.17, 35.98, 40.09, 48.08, 60.64, 64.97, 67.63, 76.69, 79.43, 84.56, 88.11};
  pl_logistic g;
  (void)state;
  assert_int_equal(pl_logistic_fit(A, y, 20, 100, &g), PL_OK);
  assert_true(fabs(g.rate - 0.29132316) < 1e-6 && fabs(g.middle - 12.05589472) < 1e-5 && fabs(g.scale - 1.922928031924711) < 1e-8);
}

static void an_exact_curve_with_gaps_and_one_that_falls(void **state)
{
  double y[30], falling[30];
  const pl_logistic up = {.ceiling = 500, .rate = 0.2, .middle = 18}, down = {.ceiling = 500, .rate = -0.1, .middle = 12};
  pl_logistic g;
  (void)state;
  for (int i = 0; i < 30; i++) {
    y[i] = i == 9 ? NAN : pl_logistic_at(&up, i);
    falling[i] = pl_logistic_at(&down, i);
  }
  assert_int_equal(pl_logistic_fit(A, y, 30, 500, &g), PL_OK);
  assert_true(fabs(g.rate - 0.2) < 1e-6 && fabs(g.middle - 18) < 1e-5);
  assert_int_equal(pl_logistic_fit(A, falling, 30, 500, &g), PL_OK);
  assert_true(fabs(g.rate + 0.1) < 1e-6 && fabs(g.middle - 12) < 1e-5);
}

static void what_is_no_such_curve(void **state)
{
  const double same[5] = {3, 3, 3, 3, 3}, beyond[4] = {20, 30, 40, 50};
  pl_logistic g;
  (void)state;
  assert_int_equal(pl_logistic_fit(A, same, 5, 10, &g), PL_EINVAL);
  assert_int_equal(pl_logistic_fit(A, beyond, 4, 10, &g), PL_EINVAL);
  assert_int_equal(pl_logistic_fit(A, same, 5, -1, &g), PL_EINVAL);
  assert_int_equal(pl_logistic_fit(A, same, 2, 10, &g), PL_EINVAL);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(the_curve_is_that_of_scipy), cmocka_unit_test(an_exact_curve_with_gaps_and_one_that_falls),
                                     cmocka_unit_test(what_is_no_such_curve)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
