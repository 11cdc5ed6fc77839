/* The two-sample test against SciPy, whose p-values come from a fitted curve through the same table. */
#include "analysis/anderson_darling.h"

#include <math.h>
#include <string.h>

#include "analysis/order.h"
#include "base/random.h"
#include "statistics_fixture.h"
#include "support/failing.h"

static void it_is_that_of_scipy(void **state)
{
  double a[200], b[200];
  (void)state;
  for (size_t f = 0; f < FIXTURES; f++) {
    pl_anderson_darling r;
    memcpy(a, fixtures[f].a, fixtures[f].n * sizeof *a);
    memcpy(b, fixtures[f].b, fixtures[f].m * sizeof *b);
    pl_sort(a, fixtures[f].n);
    pl_sort(b, fixtures[f].m);
    assert_true(pl_anderson_darling_test(a, fixtures[f].n, b, fixtures[f].m, &r));
    assert_true(fabs(r.statistic - fixtures[f].ad) < 1e-9 * (1 + fabs(fixtures[f].ad)));
    assert_true(fabs(log(r.p / fixtures[f].ad_p)) < 0.15);
  }
}

static void it_keeps_its_level(void **state)
{
  enum { TRIALS = 2000, N = 30 };
  pl_rng r;
  int alarms = 0;
  (void)state;
  pl_rng_init(&r, 9, 0, 0, 0);
  for (int t = 0; t < TRIALS; t++) {
    double a[N], b[N];
    pl_anderson_darling d;
    for (int i = 0; i < N; i++) {
      a[i] = pl_rng_exponential(&r, 1);
      b[i] = pl_rng_exponential(&r, 1);
    }
    pl_sort(a, N);
    pl_sort(b, N);
    assert_true(pl_anderson_darling_test(a, N, b, N, &d));
    alarms += d.p < 0.05;
  }
  assert_in_range(alarms, TRIALS * 35 / 1000, TRIALS * 65 / 1000);
}

static void what_cannot_be_told_apart_is_refused(void **state)
{
  static const double same[] = {1, 1, 1}, bad[] = {1, NAN}, wide[] = {-1e300, 0, 1e300};
  pl_anderson_darling r;
  (void)state;
  assert_false(pl_anderson_darling_test(same, 3, same, 2, &r) || pl_anderson_darling_test(same, 1, wide, 3, &r) || pl_anderson_darling_test(bad, 2, wide, 3, &r));
  assert_true(pl_anderson_darling_test(same, 3, wide, 3, &r) && isfinite(r.statistic) && isfinite(r.p));
  assert_true(pl_anderson_darling_test(wide, 2, wide, 2, &r) && isfinite(r.statistic));
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(it_is_that_of_scipy), cmocka_unit_test(it_keeps_its_level),
                                     cmocka_unit_test(what_cannot_be_told_apart_is_refused)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
