/* The block bootstrap: coverage where seconds depend on each other. */
#include "analysis/bootstrap.h"

#include <math.h>

#include "base/random.h"
#include "support/failing.h"

enum { SECONDS = 240, TRIALS = 200 };

/* Share of slow requests that wanders slowly (AR(1)), mean 0.1. */
static void wander(pl_rng *r, double *part, double *all)
{
  double x = 0;
  for (int i = 0; i < SECONDS; i++) {
    x = 0.8 * x + pl_rng_normal(r, 0, 0.01);
    all[i] = 1000;
    part[i] = 1000 * (0.1 + x);
  }
}

static void intervals_hold_the_truth(void **state)
{
  pl_rng r;
  int held = 0;
  (void)state;
  pl_rng_init(&r, 11, 0, 0, 0);
  for (int t = 0; t < TRIALS; t++) {
    double part[SECONDS], all[SECONDS];
    pl_interval i;
    wander(&r, part, all);
    assert_true(pl_bootstrap_ratio(part, all, SECONDS, 0.95, &i));
    assert_true(i.lo <= i.value && i.value <= i.hi && i.block > 1);
    held += i.lo <= 0.1 && 0.1 <= i.hi;
  }
  assert_true(held >= TRIALS * 0.90);
  assert_true(held < TRIALS);
}

/* The correlations of lags 1, 2 ... up to a NaN, and 0 behind. */
static double listed(const void *of, size_t lag)
{
  const double *list = of;
  for (size_t i = 0; i < lag; i++) {
    if (isnan(list[i]))
      return 0;
  }
  return list[lag - 1];
}

static void blocks_are_as_long_as_values_depend(void **state)
{
  static const double none[] = {NAN}, one[] = {0.5, NAN}, noise[] = {0.19, 0.9, NAN}, gap[] = {0.5, 0.1, 0.9, NAN};
  static const double always[] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, NAN};
  (void)state;
  assert_int_equal(pl_block_length(100, listed, none), 1);
  assert_int_equal(pl_block_length(100, listed, one), 3);
  assert_int_equal(pl_block_length(100, listed, noise), 1); /* below 2 / sqrt 100 */
  assert_int_equal(pl_block_length(100, listed, gap), 3);
  assert_int_equal(pl_block_length(40, listed, always), 10);
  assert_int_equal(pl_block_length(3, listed, always), 1);
}

static void nonsense_is_refused(void **state)
{
  double part[10] = {0}, all[10] = {0};
  pl_interval i;
  (void)state;
  assert_false(pl_bootstrap_ratio(part, all, 10, 0.95, &i));
  for (int k = 0; k < 10; k++)
    all[k] = 1;
  assert_false(pl_bootstrap_ratio(part, all, 4, 0.95, &i));
  assert_true(pl_bootstrap_ratio(part, all, 10, 0.95, &i));
  assert_true(i.value == 0 && i.lo == 0 && i.hi == 0 && i.at_most == 0);
}

static void autocorrelation(void **state)
{
  double x[8] = {1, -1, 1, -1, 1, -1, 1, -1}, constant[4] = {2, 2, 2, 2};
  (void)state;
  assert_true(pl_autocorrelation(x, 8, 1) < -0.8);
  assert_true(pl_autocorrelation(x, 8, 2) > 0.7);
  assert_true(pl_autocorrelation(constant, 4, 1) == 0);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(intervals_hold_the_truth), cmocka_unit_test(nonsense_is_refused),
                                     cmocka_unit_test(autocorrelation), cmocka_unit_test(blocks_are_as_long_as_values_depend)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
