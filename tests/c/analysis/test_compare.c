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

/* Neighbours differ by the root of two standard deviations, whatever the level does meanwhile. */
static void noise_does_not_take_a_creeping_level_for_noise(void **state)
{
  enum { N = 100 };
  pl_rng r;
  pl_noise noise;
  double x[N];
  (void)state;
  pl_rng_init(&r, 21, 0, 0, 0);
  for (int i = 0; i < N; i++)
    x[i] = pow(1.01, i) * exp(pl_rng_normal(&r, 0, 0.03));
  assert_true(pl_run_noise(x, N, &noise));
  assert_true(noise.logarithm && fabs(noise.deviation - 0.03) < 0.006 && fabs(noise.freedom - 66) < 1e-9);
  assert_false(pl_run_noise(x, 7, &noise));
  x[3] = INFINITY;
  assert_false(pl_run_noise(x, N, &noise));
  x[3] = -1;
  assert_true(pl_run_noise(x, N, &noise) && !noise.logarithm);
}

/* Ten runs of 3 % noise that grew by 4 % each: the pinned one and the newest tell it, though neither tells of noise. */
static void small_steps_add_up_against_a_pinned_run(void **state)
{
  double x[10], now;
  pl_noise noise;
  pl_comparison c;
  (void)state;
  for (int i = 0; i < 10; i++)
    x[i] = 100 * pow(1.04, i) * (i % 2 ? 1.02 : 0.98);
  now = 100 * pow(1.04, 10);
  assert_true(pl_run_noise(x, 10, &noise));
  assert_true(pl_compare_with_noise(x, 1, &now, 1, &noise, 0.05, true, &c));
  assert_true(c.noise_known && c.lo > 0.05 && c.p < 0.01);
  assert_int_equal(c.verdict, PL_COMPARE_REGRESSED);
}

static void known_noise_is_a_floor(void **state)
{
  static const double a[] = {100, 100.01, 100.02}, b[] = {106, 106.01, 106.02};
  const pl_noise wide = {0.1, true, 20}, other = {0.1, false, 20};
  pl_comparison c;
  (void)state;
  assert_true(pl_compare_with_noise(a, 3, b, 3, NULL, 0.05, true, &c) && c.verdict == PL_COMPARE_REGRESSED);
  assert_true(pl_compare_with_noise(a, 3, b, 3, &other, 0.05, true, &c) && c.verdict == PL_COMPARE_REGRESSED);
  assert_true(pl_compare_with_noise(a, 3, b, 3, &wide, 0.05, true, &c) && c.verdict == PL_COMPARE_INCONCLUSIVE);
}

/* Cohen (1992), A power primer, table 2: 26 a group find a difference of 0.8 standard deviations at .05 with a chance of .8, 64 one of 0.5. */
static void runs_needed_are_those_of_the_table(void **state)
{
  double error = sqrt(2.0 / 3);
  (void)state;
  assert_int_equal(3 + pl_runs_needed(3, 3, 0.8, error, 0.05), 26);
  assert_int_equal(3 + pl_runs_needed(3, 3, -0.5, error, 0.05), 64);
  assert_int_equal(pl_runs_needed(3, 3, 0.01, error, 0.05), 0); /* more than 1,000 */
}

/* So many more runs as it says are enough: the interval of as many is clear of nothing. */
static void it_says_how_many_more_runs_decide(void **state)
{
  static const double a[] = {95, 105, 100}, b[] = {104, 114, 109};
  double more_a[60], more_b[60];
  pl_comparison c, then;
  (void)state;
  assert_true(pl_compare(a, 3, b, 3, 0.05, true, &c));
  assert_true(c.verdict == PL_COMPARE_INCONCLUSIVE && c.more >= 1 && c.more <= 10);
  for (size_t i = 0; i < 60; i++) {
    more_a[i] = a[i % 3];
    more_b[i] = b[i % 3];
  }
  size_t n = (3 + c.more + 2) / 3 * 3;
  assert_true(pl_compare(more_a, n, more_b, n, 0.05, true, &then) && then.verdict == PL_COMPARE_REGRESSED && then.more == 0);
  assert_true(pl_compare(a, 1, b, 2, 0.05, true, &c) && c.more == 2);
}

static void ends_of_the_range_give_numbers(void **state)
{
  static const double wide[] = {1e300, 1e-300, 1e300}, zero[] = {0, 0, 0}, both[] = {1e300, -1e300, 1};
  pl_comparison c;
  (void)state;
  assert_true(pl_compare(wide, 3, zero, 3, 0.05, true, &c) && isfinite(c.effect) && isfinite(c.lo) && isfinite(c.hi) && isfinite(c.p));
  assert_true(pl_compare(zero, 3, zero, 3, 0.05, true, &c) && c.p == 1 && c.verdict == PL_COMPARE_SAME);
  assert_true(pl_compare(wide, 3, wide, 3, 0.05, true, &c) && isfinite(c.hi) && isfinite(c.lo));
  assert_true(pl_compare(both, 3, zero, 3, 0.05, true, &c) && isfinite(c.effect) && isfinite(c.lo) && isfinite(c.hi) && !isnan(c.p));
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(how_many_values_tell_of_noise), cmocka_unit_test(one_run_a_side_knows_no_noise), cmocka_unit_test(three_a_side_can_judge),
                                     cmocka_unit_test(eight_before_one_can_judge), cmocka_unit_test(false_alarms_keep_to_the_level),
                                     cmocka_unit_test(nonsense_is_refused), cmocka_unit_test(noise_does_not_take_a_creeping_level_for_noise),
                                     cmocka_unit_test(small_steps_add_up_against_a_pinned_run), cmocka_unit_test(known_noise_is_a_floor),
                                     cmocka_unit_test(runs_needed_are_those_of_the_table), cmocka_unit_test(it_says_how_many_more_runs_decide),
                                     cmocka_unit_test(ends_of_the_range_give_numbers)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
