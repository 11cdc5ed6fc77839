/* Welford's moments: of a whole, of parts put together, of values near the ends of the range. */
#include "analysis/moments.h"

#include <float.h>
#include <math.h>

#include "statistics_fixture.h"
#include "support/failing.h"

static void of(const double *x, size_t n, pl_moments *m)
{
  for (size_t i = 0; i < n; i++)
    assert_true(pl_moments_add(m, x[i]));
}

static void they_are_those_of_numpy_also_of_parts(void **state)
{
  (void)state;
  for (size_t f = 0; f < FIXTURES; f++) {
    pl_moments whole = {0}, first = {0}, rest = {0};
    of(fixtures[f].a, fixtures[f].n, &whole);
    of(fixtures[f].a, 3, &first);
    of(fixtures[f].a + 3, fixtures[f].n - 3, &rest);
    pl_moments_join(&rest, &first);
    assert_true(fabs(whole.mean - fixtures[f].mean) < 1e-12 * (1 + fabs(fixtures[f].mean)));
    assert_true(fabs(pl_moments_variance(&whole) - fixtures[f].variance) < 1e-12 * fixtures[f].variance);
    assert_true(fabs(pl_moments_variance(&rest) - fixtures[f].variance) < 1e-12 * fixtures[f].variance);
    assert_true(rest.n == whole.n && rest.lo == whole.lo && rest.hi == whole.hi);
  }
}

/* A sum of squares would have no digit left. */
static void a_small_spread_far_from_zero_is_seen(void **state)
{
  static const double x[] = {1e9 + 4, 1e9 + 7, 1e9 + 13, 1e9 + 16};
  pl_moments m = {0};
  (void)state;
  of(x, 4, &m);
  assert_true(fabs(pl_moments_variance(&m) - 30) < 1e-9);
}

static void ends_of_the_range_give_numbers(void **state)
{
  static const double x[] = {DBL_MAX, -DBL_MAX, 1e300, 1e-300, 0};
  pl_moments m = {0}, empty = {0}, other = {0};
  (void)state;
  assert_false(pl_moments_add(&m, NAN) || pl_moments_add(&m, INFINITY));
  assert_true(m.n == 0 && pl_moments_variance(&m) == 0);
  of(x, 5, &m);
  of(x, 2, &other);
  pl_moments_join(&m, &other);
  pl_moments_join(&m, &empty);
  pl_moments_join(&empty, &m);
  assert_true(isfinite(m.mean) && isfinite(pl_moments_deviation(&m)) && empty.n == 7);
}

/* 1, -1, 1: the variance is 4/3. */
static void a_deviation_of_any_size_is_known(void **state)
{
  static const double sizes[] = {1, 1e300, 1e-300, 1e-200, 3};
  (void)state;
  for (size_t i = 0; i < 5; i++) {
    const double x[] = {sizes[i], -sizes[i], sizes[i], NAN};
    assert_true(fabs(pl_deviation(x, 4) / sizes[i] - sqrt(4. / 3)) < 1e-14);
  }
  const double ends[] = {DBL_MAX, -DBL_MAX}, constant[] = {7, 7, 7};
  assert_true(pl_deviation(ends, 2) == DBL_MAX && pl_deviation(constant, 3) == 0 && pl_deviation(constant, 1) == 0 && pl_deviation(NULL, 0) == 0);
  for (size_t f = 0; f < FIXTURES; f++)
    assert_true(fabs(pl_deviation(fixtures[f].a, fixtures[f].n) - sqrt(fixtures[f].variance)) < 1e-12 * sqrt(fixtures[f].variance));
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(they_are_those_of_numpy_also_of_parts), cmocka_unit_test(a_small_spread_far_from_zero_is_seen),
                                     cmocka_unit_test(ends_of_the_range_give_numbers),
                                     cmocka_unit_test(a_deviation_of_any_size_is_known)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
