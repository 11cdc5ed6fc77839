/* Welch's test against SciPy, and where squares would overflow. */
#include "analysis/welch.h"

#include <math.h>

#include "statistics_fixture.h"
#include "support/failing.h"

static void near(double x, double wanted)
{
  assert_true(fabs(x - wanted) < 1e-8 * fabs(wanted) + 1e-12);
}

static void it_is_that_of_scipy(void **state)
{
  (void)state;
  for (size_t f = 0; f < FIXTURES; f++) {
    pl_welch r;
    assert_true(pl_welch_test(fixtures[f].a, fixtures[f].n, fixtures[f].b, fixtures[f].m, &r));
    near(r.t, fixtures[f].t);
    near(r.freedom, fixtures[f].freedom);
    near(r.p, fixtures[f].welch_p);
    near(r.lo, fixtures[f].lo);
    near(r.hi, fixtures[f].hi);
  }
}

static void constants_and_ends_of_the_range(void **state)
{
  static const double zero[] = {0, 0}, two[] = {2, 2}, wide[] = {1e300, -1e300, 1e308}, tiny[] = {1e-300, 2e-300}, more[] = {5e-300, 6e-300}, bad[] = {1, INFINITY};
  pl_welch r;
  (void)state;
  assert_true(pl_welch_test(zero, 2, zero, 2, &r) && r.p == 1 && r.lo == 0 && r.hi == 0);
  assert_true(pl_welch_test(zero, 2, two, 2, &r) && r.p == 0 && r.difference == 2 && r.lo == 2);
  assert_true(pl_welch_test(wide, 3, two, 2, &r) && isfinite(r.p) && isfinite(r.lo) && isfinite(r.hi) && isfinite(r.t));
  assert_true(pl_welch_test(tiny, 2, more, 2, &r) && r.p < 0.05 && fabs(r.difference / 4e-300 - 1) < 1e-9);
  assert_false(pl_welch_test(two, 2, bad, 2, &r) || pl_welch_test(two, 1, two, 2, &r) || pl_welch_test(two, 0, two, 2, &r));
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(it_is_that_of_scipy), cmocka_unit_test(constants_and_ends_of_the_range)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
