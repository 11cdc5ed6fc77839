/* What one change is: means, effect, interval, p. */
#include "analysis/change/change.h"

#include <math.h>

#include "support/failing.h"

static void welch_by_hand(void **state)
{
  /* By hand: variances 5/3 and 1, standard error sqrt(0.75), t 2.887, 4.96 degrees of freedom. Tables of t at 0.975 say 2.776 for 4 and 2.571 for 5, at
   * 0.99 they say 3.747 and 3.365. */
  const double before[] = {1, 2, 3, 4}, after[] = {4, 5, 6};
  pl_change c = {0};
  (void)state;
  pl_change_measure(before, 4, after, 3, 1, &c);
  assert_true(fabs(c.before - 2.5) < 1e-12 && fabs(c.after - 5) < 1e-12 && fabs(c.effect - 2.5) < 1e-12 && fabs(c.relative - 1) < 1e-12);
  assert_true(c.p > 0.02 && c.p < 0.05 && fabs((c.lo + c.hi) / 2 - 2.5) < 1e-12);
  assert_true(c.lo > 2.5 - 2.776 * sqrt(0.75) && c.lo < 2.5 - 2.571 * sqrt(0.75));
  assert_true(fabs(c.noise - sqrt(7.0 / 5)) < 1e-12); /* squares 5 and 2, of 3 and 2 degrees of freedom */
  pl_change_measure_lines((const double[]){0, 2, 1}, 3, (const double[]){9, 7, 9, 11}, 4, 1, &c);
  assert_true(fabs(c.noise - sqrt(2.1)) < 1e-12); /* 1.5 and 4.8 about lines of slopes 0.5 and 0.8, of 1 and 2 */
}

static void student_of_few_independent_ones(void **state)
{
  /* By hand: variances 3/2 and 5/2, together 2; each side as 2.5 values: standard error sqrt(1.6), t 3.162, 3 degrees of freedom, of which tables say 3.182
   * at 0.975 and 2.353 at 0.95. */
  const double before[] = {1, 1, 2, 2, 4}, after[] = {4, 5, 6, 7, 8};
  pl_change c = {0};
  (void)state;
  pl_change_measure(before, 5, after, 5, 0.5, &c);
  assert_true(c.effect == 4 && c.p > 0.05 && c.p < 0.052 && fabs(c.lo - (4 - 3.1824 * sqrt(1.6))) < 1e-3 && fabs(c.hi - (4 + 3.1824 * sqrt(1.6))) < 1e-3);
  pl_change_measure(before, 5, after, 5, 0.01, &c); /* as one value each: no certainty */
  assert_true(c.p > 0.2 && c.lo < 0);
}

static void hard_values_stay_finite(void **state)
{
  const double small[] = {1e-300, 2e-300, 1e-300}, large[] = {1e300, 1.7e308, 1e300}, minus[] = {-1.7e308, -1.7e308}, zero[] = {0, 0, 0};
  pl_change c = {0};
  (void)state;
  pl_change_measure(small, 3, large, 3, 1, &c);
  assert_true(isfinite(c.effect) && isfinite(c.relative) && isfinite(c.lo) && isfinite(c.hi) && isfinite(c.p));
  pl_change_measure(minus, 2, large, 3, 1, &c);
  assert_true(isfinite(c.effect) && isfinite(c.relative) && isfinite(c.lo) && isfinite(c.hi) && isfinite(c.p));
  pl_change_measure(zero, 3, zero, 3, 1, &c);
  assert_true(c.effect == 0 && c.p == 1 && c.lo == 0 && c.hi == 0);
  pl_change_measure(zero, 1, large, 1, 1, &c);
  assert_true(c.p == 0 && c.relative == 0);
}

static void the_list_grows(void **state)
{
  pl_changes c = {.alloc = &pl_alloc_default};
  (void)state;
  for (size_t i = 0; i < 100; i++)
    assert_true(pl_changes_add(&c, &(pl_change){.index = i}));
  assert_true(c.n == 100 && c.list[99].index == 99);
  pl_changes_fini(&c);
  pl_changes_fini(&c);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(welch_by_hand),
      cmocka_unit_test(student_of_few_independent_ones),
      cmocka_unit_test(hard_values_stay_finite),
      cmocka_unit_test(the_list_grows),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
