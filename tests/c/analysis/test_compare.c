/* Comparison of groups of runs: when noise is known, and what the verdict then is. */
#include "analysis/compare.h"

#include <math.h>

#include "base/random.h"
#include "support/failing.h"

static const double calm[] = {100, 101, 99, 100.5, 99.5};
static const double worse[] = {120, 121, 119, 120.5, 119.5};

static void one_run_a_side_knows_no_noise(void **state)
{
  pl_comparison c;
  (void)state;
  assert_true(pl_compare(calm, 1, worse, 1, 0.05, true, &c));
  assert_false(c.noise_known);
  assert_true(fabs(c.effect - 0.2) < 1e-12);
  assert_int_equal(c.verdict, PL_COMPARE_INCONCLUSIVE);
}

static void three_a_side_can_judge(void **state)
{
  pl_comparison c;
  (void)state;
  assert_true(pl_compare(calm, 3, worse, 3, 0.05, true, &c));
  assert_true(c.noise_known && c.lo > 0.15 && c.hi < 0.25 && c.p < 0.001);
  assert_int_equal(c.verdict, PL_COMPARE_REGRESSED);
  assert_true(pl_compare(calm, 3, worse, 3, 0.05, false, &c)); /* more is better */
  assert_int_equal(c.verdict, PL_COMPARE_IMPROVED);
  assert_true(pl_compare(calm, 5, calm, 5, 0.05, true, &c));
  assert_int_equal(c.verdict, PL_COMPARE_SAME);
  assert_true(fabs(c.p - 1) < 1e-9);
}

static void eight_before_one_can_judge(void **state)
{
  static const double before[] = {100, 102, 98, 101, 99, 100, 103, 97};
  const double same = 101, slow = 130;
  pl_comparison c;
  (void)state;
  assert_true(pl_compare(before, 7, &slow, 1, 0.05, true, &c));
  assert_false(c.noise_known);
  assert_true(pl_compare(before, 8, &slow, 1, 0.05, true, &c));
  assert_int_equal(c.verdict, PL_COMPARE_REGRESSED);
  assert_true(pl_compare(before, 8, &same, 1, 0.05, true, &c));
  assert_int_equal(c.verdict, PL_COMPARE_SAME);
}

/* Welch's test at its level: of groups that do not differ, about 5 % have p < 0.05. */
static void false_alarms_keep_to_the_level(void **state)
{
  enum { TRIALS = 4000 };
  pl_rng r;
  int alarms = 0;
  (void)state;
  pl_rng_init(&r, 3, 0, 0, 0);
  for (int i = 0; i < TRIALS; i++) {
    double a[4], b[4];
    pl_comparison c;
    for (int k = 0; k < 4; k++) {
      a[k] = exp(pl_rng_normal(&r, 1, 0.1));
      b[k] = exp(pl_rng_normal(&r, 1, 0.1));
    }
    assert_true(pl_compare(a, 4, b, 4, 0.05, true, &c));
    alarms += c.p < 0.05;
  }
  assert_true(alarms > TRIALS * 0.03 && alarms < TRIALS * 0.065);
}

static void nonsense_is_refused(void **state)
{
  const double bad = NAN;
  pl_comparison c;
  (void)state;
  assert_false(pl_compare(calm, 0, worse, 3, 0.05, true, &c));
  assert_false(pl_compare(calm, 3, &bad, 1, 0.05, true, &c));
}

static void how_many_values_tell_of_noise(void **state)
{
  (void)state;
  assert_true(pl_noise_known(3, 3) && pl_noise_known(100, 3) && pl_noise_known(8, 1));
  assert_false(pl_noise_known(2, 3) || pl_noise_known(3, 2) || pl_noise_known(7, 1) || pl_noise_known(100, 2) || pl_noise_known(1, 8));
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(how_many_values_tell_of_noise), cmocka_unit_test(one_run_a_side_knows_no_noise), cmocka_unit_test(three_a_side_can_judge),
                                     cmocka_unit_test(eight_before_one_can_judge), cmocka_unit_test(false_alarms_keep_to_the_level),
                                     cmocka_unit_test(nonsense_is_refused)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
