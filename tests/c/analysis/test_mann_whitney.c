/* Mann and Whitney's test against SciPy, against counting by hand, and at its level. */
#include "analysis/mann_whitney.h"

#include <math.h>

#include "base/random.h"
#include "statistics_fixture.h"
#include "support/failing.h"

static pl_mann_whitney test(const double *a, size_t n, const double *b, size_t m)
{
  pl_mann_whitney r;
  assert_int_equal(pl_mann_whitney_test(&pl_alloc_default, a, n, b, m, &r), PL_OK);
  return r;
}

static void it_is_that_of_scipy(void **state)
{
  (void)state;
  for (size_t f = 0; f < FIXTURES; f++) {
    pl_mann_whitney r = test(fixtures[f].a, fixtures[f].n, fixtures[f].b, fixtures[f].m);
    assert_true(r.exact == fixtures[f].exact && r.u == fixtures[f].u);
    assert_true(fabs(r.p - fixtures[f].mann_whitney_p) < 1e-9 * fixtures[f].mann_whitney_p);
    assert_true(fabs(r.shift - fixtures[f].shift) < 1e-12 && r.lo <= r.shift && r.shift <= r.hi);
  }
}

/* With ties, too, from all ways of dealing the ranks out: 2 (1 + 16) / 70 here. */
static void small_samples_are_counted(void **state)
{
  static const double low[] = {-1, -1, -1, -1}, high[] = {1, 1, 1, 1}, mixed_a[] = {1, -1, -1, -1}, mixed_b[] = {-1, 1, 1, 1}, a[] = {2, 1, 3, 5}, b[] = {0, 4, 6, 7};
  (void)state;
  assert_true(fabs(test(low, 3, high, 3).p - 0.1) < 1e-12);
  assert_true(fabs(test(low, 4, high, 4).p - 2.0 / 70) < 1e-12);
  assert_true(fabs(test(mixed_a, 4, mixed_b, 4).p - 34.0 / 70) < 1e-12);
  assert_true(test(high, 4, high, 4).p == 1 && test(high, 1, high, 1).p == 1);
  assert_true(test(a, 4, b, 4).u == 5 && fabs(test(a, 4, b, 4).p - 34.0 / 70) < 1e-12);
}

static void it_keeps_its_level_and_its_interval_holds(void **state)
{
  enum { TRIALS = 1000, N = 15 };
  pl_rng r;
  int alarms = 0, held = 0;
  (void)state;
  pl_rng_init(&r, 8, 0, 0, 0);
  for (int t = 0; t < TRIALS; t++) {
    double a[N], b[N];
    for (int i = 0; i < N; i++) {
      a[i] = pl_rng_exponential(&r, 1);
      b[i] = 0.3 + pl_rng_exponential(&r, 1);
    }
    pl_mann_whitney shifted = test(a, N, b, N);
    held += shifted.lo <= 0.3 && 0.3 <= shifted.hi;
    for (int i = 0; i < N; i++)
      b[i] -= 0.3;
    alarms += test(a, N, b, N).p < 0.05;
  }
  assert_in_range(alarms, 30, 65);
  assert_in_range(held, 935, 975);
}

static void odd_input_is_refused_or_gives_numbers(void **state)
{
  static const double bad[] = {NAN, 1}, wide[] = {1e300, -1e300, 1e-300, 0}, one[] = {1};
  pl_mann_whitney r;
  (void)state;
  assert_int_equal(pl_mann_whitney_test(&pl_alloc_default, bad, 2, wide, 4, &r), PL_EINVAL);
  assert_int_equal(pl_mann_whitney_test(&pl_alloc_default, wide, 4, wide, 0, &r), PL_EINVAL);
  r = test(wide, 4, one, 1);
  assert_true(isfinite(r.p) && isfinite(r.shift) && isfinite(r.lo) && isfinite(r.hi));
}

static int with(const pl_allocator *a, void *user)
{
  pl_mann_whitney r;
  (void)user;
  return pl_mann_whitney_test(a, fixtures[0].a, fixtures[0].n, fixtures[0].b, fixtures[0].m, &r);
}

static void memory_may_fail(void **state)
{
  (void)state;
  failing_every(with, NULL, 10);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(it_is_that_of_scipy), cmocka_unit_test(small_samples_are_counted),
                                     cmocka_unit_test(it_keeps_its_level_and_its_interval_holds), cmocka_unit_test(odd_input_is_refused_or_gives_numbers),
                                     cmocka_unit_test(memory_may_fail)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
