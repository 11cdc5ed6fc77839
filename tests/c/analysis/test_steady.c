#include "analysis/steady.h"

#include <math.h>

#include "base/random.h"
#include "support/failing.h"

enum { N = 200, TRIALS = 400 };

/* The formula written out for ten values, whose window is of 6 lags. */
static void the_statistic_is_that_of_the_paper(void **state)
{
  const double x[10] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10};
  double mean = 5.5, partial = 0, squares = 0, variance = 0;
  (void)state;
  for (int i = 0; i < 10; i++) {
    partial += x[i] - mean;
    squares += partial * partial;
    variance += (x[i] - mean) * (x[i] - mean);
  }
  for (int lag = 1; lag <= 6; lag++) {
    double sum = 0;
    for (int i = lag; i < 10; i++)
      sum += (x[i] - mean) * (x[i - lag] - mean);
    variance += 2 * (1 - lag / 7.0) * sum;
  }
  assert_true(fabs(pl_kpss(x, 10) - squares / (100 * variance / 10)) < 1e-12);
}

/* The share of series that are above the limit: 5 % of those that hold their level (three standard errors are 3.3 %), nearly all of
 * random walks. */
static void it_tells_noise_from_a_walk(void **state)
{
  pl_rng r;
  int noise_above = 0, walks_above = 0;
  (void)state;
  pl_rng_init(&r, 4, 0, 0, 0);
  for (int t = 0; t < TRIALS; t++) {
    double noise[N], walk[N], at = 0;
    for (int i = 0; i < N; i++) {
      noise[i] = pl_rng_normal(&r, 3, 1);
      walk[i] = at += noise[i] - 3;
    }
    noise_above += pl_kpss(noise, N) > PL_KPSS_LIMIT;
    walks_above += pl_kpss(walk, N) > PL_KPSS_LIMIT;
  }
  assert_true(noise_above < TRIALS * 0.083);
  assert_true(noise_above > TRIALS * 0.01);
  assert_true(walks_above > TRIALS * 0.6);
}

static void values_of_any_scale(void **state)
{
  const double scales[] = {1e-320, 1e-300, 1e-160, 1, 1e150, 1e300, 1.7e308};
  double x[20], y[20], huge[4] = {-1.7e308, 1.7e308, -1.7e308, 1.7e308}, small[4] = {-1, 1, -1, 1};
  (void)state;
  for (int i = 0; i < 20; i++)
    x[i] = (i * 7 % 16) / 16.0;
  for (size_t k = 0; k < sizeof scales / sizeof *scales; k++) {
    for (int i = 0; i < 20; i++)
      y[i] = x[i] * scales[k];
    assert_true(fabs(pl_kpss(y, 20) / pl_kpss(x, 20) - 1) < (k ? 1e-12 : 1e-2)); /* subnormal numbers have few digits */
  }
  assert_true(fabs(pl_kpss_of(huge, 4, 1) - pl_kpss_of(small, 4, 1)) < 1e-12);
  y[3] = NAN;
  assert_true(isnan(pl_kpss(y, 20)));
  y[3] = INFINITY;
  assert_true(isnan(pl_kpss(y, 20)));
}

static void short_and_constant_series(void **state)
{
  const double same[20] = {0};
  (void)state;
  assert_true(isnan(pl_kpss(same, 9)));
  assert_true(pl_kpss(same, 20) == 0);
  assert_true(isnan(pl_kpss_of(same, 1, 0)) && pl_kpss_of(same, 2, 5) == 0);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(the_statistic_is_that_of_the_paper), cmocka_unit_test(it_tells_noise_from_a_walk),
                                     cmocka_unit_test(values_of_any_scale), cmocka_unit_test(short_and_constant_series)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
