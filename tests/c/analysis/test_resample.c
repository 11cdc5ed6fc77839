/* Bootstrap intervals hold what they promise, also of skewed and of dependent values; the permutation test keeps its level. */
#include "analysis/resample.h"

#include <math.h>

#include "base/random.h"
#include "support/failing.h"

enum { TRIALS = 400, N = 40 };

static const pl_resample_options quick = {.rounds = 600, .level = 0.95, .seed = 1};

/* The mean of few exponential values: the percentile interval alone would hold it in about 92 %. */
static void bca_holds_the_mean_of_skewed_values(void **state)
{
  pl_rng r;
  int held = 0;
  (void)state;
  pl_rng_init(&r, 10, 0, 0, 0);
  for (int t = 0; t < TRIALS; t++) {
    double x[N];
    pl_resampled b;
    for (int i = 0; i < N; i++)
      x[i] = pl_rng_exponential(&r, 1);
    assert_int_equal(pl_bootstrap_bca(&pl_alloc_default, x, N, pl_statistic_mean, NULL, &quick, &b), PL_OK);
    assert_true(b.lo < b.value && b.value < b.hi);
    held += b.lo <= 1 && 1 <= b.hi;
  }
  assert_in_range(held, TRIALS * 91 / 100, TRIALS * 98 / 100);
}

static void blocks_know_of_dependence(void **state)
{
  double x[400], p90 = 0.9;
  pl_rng r;
  pl_resampled blocks, single;
  (void)state;
  pl_rng_init(&r, 11, 0, 0, 0);
  x[0] = 0;
  for (int i = 1; i < 400; i++)
    x[i] = 0.8 * x[i - 1] + pl_rng_normal(&r, 0, 1);
  assert_int_equal(pl_bootstrap_blocks(&pl_alloc_default, x, 400, 0, pl_statistic_mean, NULL, &quick, &blocks), PL_OK);
  assert_int_equal(pl_bootstrap_blocks(&pl_alloc_default, x, 400, 1, pl_statistic_mean, NULL, &quick, &single), PL_OK);
  assert_true(blocks.error > 1.6 * single.error && blocks.error < 3.6 * single.error); /* theory: 3 */
  assert_int_equal(pl_bootstrap_blocks(&pl_alloc_default, x, 400, 20, pl_statistic_quantile, &p90, &quick, &single), PL_OK);
  assert_true(single.lo <= single.value && single.value <= single.hi);
}

/* Squares of such values are no doubles: all figures follow the scale none the less. */
static void any_scale_gives_the_same(void **state)
{
  static const double x[] = {1, 2, 1.5, -1}, scales[] = {0x1p+1000, 0x1p-1000};
  (void)state;
  for (int s = 0; s < 2; s++) {
    double scaled[4];
    pl_resampled one, far;
    for (int i = 0; i < 4; i++)
      scaled[i] = x[i] * scales[s];
    assert_int_equal(pl_bootstrap_bca(&pl_alloc_default, x, 4, pl_statistic_mean, NULL, &quick, &one), PL_OK);
    assert_int_equal(pl_bootstrap_bca(&pl_alloc_default, scaled, 4, pl_statistic_mean, NULL, &quick, &far), PL_OK);
    assert_true(one.error > 0.5 && one.error < 0.62); /* theory: 0.57 */
    assert_true(far.error == one.error * scales[s] && far.lo == one.lo * scales[s] && far.hi == one.hi * scales[s]);
  }
}

/* The length of the blocks, which autocorrelations give, does, too. */
static void blocks_of_any_scale_are_the_same(void **state)
{
  static const double scales[] = {0x1p+1000, 0x1p-1000};
  double x[400], scaled[400];
  pl_rng r;
  pl_resampled one, far;
  (void)state;
  pl_rng_init(&r, 11, 0, 0, 0);
  for (int i = 0; i < 400; i++)
    x[i] = (i ? 0.8 * x[i - 1] : 0) + pl_rng_normal(&r, 0, 1);
  assert_int_equal(pl_bootstrap_blocks(&pl_alloc_default, x, 400, 0, pl_statistic_mean, NULL, &quick, &one), PL_OK);
  for (int s = 0; s < 2; s++) {
    for (int i = 0; i < 400; i++)
      scaled[i] = x[i] * scales[s];
    assert_int_equal(pl_bootstrap_blocks(&pl_alloc_default, scaled, 400, 0, pl_statistic_mean, NULL, &quick, &far), PL_OK);
    assert_true(fabs(far.error / scales[s] / one.error - 1) < 1e-9);
    assert_true(fabs(far.lo / scales[s] - one.lo) < 1e-9 && fabs(far.hi / scales[s] - one.hi) < 1e-9);
  }
}

static void the_permutation_test_keeps_its_level(void **state)
{
  pl_rng r;
  int alarms = 0;
  double p, a[12], b[8];
  (void)state;
  pl_rng_init(&r, 12, 0, 0, 0);
  for (int t = 0; t < TRIALS; t++) {
    for (int i = 0; i < 12; i++)
      a[i] = pl_rng_exponential(&r, 1);
    for (int i = 0; i < 8; i++)
      b[i] = pl_rng_exponential(&r, 1);
    assert_int_equal(pl_permutation_p(&pl_alloc_default, a, 12, b, 8, 500, (uint64_t)t, &p), PL_OK);
    alarms += p <= 0.05;
  }
  assert_in_range(alarms, TRIALS * 2 / 100, TRIALS * 9 / 100);
}

/* Two of 70 ways to deal eight values out are as far apart. */
static void small_samples_have_their_exact_chance(void **state)
{
  static const double low[] = {1, 2, 3, 4}, high[] = {5, 6, 7, 8};
  double p;
  (void)state;
  assert_int_equal(pl_permutation_p(&pl_alloc_default, low, 4, high, 4, 100000, 3, &p), PL_OK);
  assert_true(fabs(p - 2.0 / 70) < 0.003);
}

static void the_same_seed_gives_the_same(void **state)
{
  static const double x[] = {1, 5, 2, 8, 3, 9, 4};
  pl_resample_options other = {.rounds = 600, .level = 0.95, .seed = 2};
  pl_resampled one, again, another;
  (void)state;
  assert_int_equal(pl_bootstrap_bca(&pl_alloc_default, x, 7, pl_statistic_mean, NULL, &quick, &one), PL_OK);
  assert_int_equal(pl_bootstrap_bca(&pl_alloc_default, x, 7, pl_statistic_mean, NULL, &quick, &again), PL_OK);
  assert_int_equal(pl_bootstrap_bca(&pl_alloc_default, x, 7, pl_statistic_mean, NULL, &other, &another), PL_OK);
  assert_true(one.lo == again.lo && one.hi == again.hi && one.error == again.error && one.error != another.error);
}

static void odd_input_is_refused_or_gives_numbers(void **state)
{
  static const double same[] = {3, 3, 3}, bad[] = {1, NAN}, wide[] = {1e300, -1e300, 1e-300, 0};
  pl_resample_options few = {.rounds = 5, .level = 0.95};
  pl_resampled b;
  double p;
  (void)state;
  assert_int_equal(pl_bootstrap_bca(&pl_alloc_default, same, 3, pl_statistic_median, NULL, &quick, &b), PL_OK);
  assert_true(b.value == 3 && b.lo == 3 && b.hi == 3 && b.error == 0);
  assert_int_equal(pl_bootstrap_bca(&pl_alloc_default, same, 1, pl_statistic_mean, NULL, &quick, &b), PL_OK);
  assert_int_equal(pl_bootstrap_bca(&pl_alloc_default, wide, 4, pl_statistic_mean, NULL, &quick, &b), PL_OK);
  assert_true(isfinite(b.lo) && isfinite(b.hi) && isfinite(b.error));
  assert_int_equal(pl_bootstrap_bca(&pl_alloc_default, bad, 2, pl_statistic_mean, NULL, &quick, &b), PL_EINVAL);
  assert_int_equal(pl_bootstrap_bca(&pl_alloc_default, same, 0, pl_statistic_mean, NULL, &quick, &b), PL_EINVAL);
  assert_int_equal(pl_bootstrap_bca(&pl_alloc_default, same, 3, pl_statistic_mean, NULL, &few, &b), PL_EINVAL);
  assert_int_equal(pl_permutation_p(&pl_alloc_default, same, 3, same, 2, 0, 1, &p), PL_OK);
  assert_true(p == 1);
  assert_int_equal(pl_permutation_p(&pl_alloc_default, wide, 4, same, 3, 0, 1, &p), PL_OK);
  assert_true(p > 0 && p <= 1);
  assert_int_equal(pl_permutation_p(&pl_alloc_default, bad, 2, same, 2, 0, 1, &p), PL_EINVAL);
}

static int with(const pl_allocator *a, void *user)
{
  static const double x[] = {1, 2, 3};
  pl_resampled b;
  double p;
  (void)user;
  int code = pl_bootstrap_bca(a, x, 3, pl_statistic_mean, NULL, &quick, &b);
  return code ? code : pl_permutation_p(a, x, 3, x, 2, 0, 1, &p);
}

static void memory_may_fail(void **state)
{
  (void)state;
  failing_every(with, NULL, 10);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(bca_holds_the_mean_of_skewed_values), cmocka_unit_test(blocks_know_of_dependence),
                                     cmocka_unit_test(any_scale_gives_the_same), cmocka_unit_test(blocks_of_any_scale_are_the_same),
                                     cmocka_unit_test(the_permutation_test_keeps_its_level), cmocka_unit_test(small_samples_have_their_exact_chance),
                                     cmocka_unit_test(the_same_seed_gives_the_same), cmocka_unit_test(odd_input_is_refused_or_gives_numbers),
                                     cmocka_unit_test(memory_may_fail)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
