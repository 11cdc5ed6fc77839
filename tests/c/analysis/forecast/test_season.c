#include "analysis/forecast/season.h"

#include <math.h>

#include "base/random.h"
#include "season_fixture.h"
#include "support/failing.h"

enum { N = 600 };

/* Noise of deviation 1, a trend, and a wave of that size and period. */
static void make(double *y, double size, size_t m, uint64_t seed)
{
  pl_rng r;
  pl_rng_init(&r, seed, 0, 0, 0);
  for (size_t t = 0; t < N; t++)
    y[t] = 0.01 * (double)t + size * sin(6.283185307179586 * (double)(t % m) / (double)m) + pl_rng_normal(&r, 0, 1);
}

static void waves_are_told_from_noise(void **state)
{
  double y[N];
  size_t noise = 0;
  (void)state;
  make(y, 3, 12, 1);
  assert_true(pl_has_season(y, N, 12));
  assert_false(pl_has_season(y, 35, 12));
  assert_false(pl_has_season(y, N, 1));
  for (uint64_t seed = 0; seed < 100; seed++) {
    make(y, 0, 12, seed);
    for (size_t t = 0; t < N; t++)
      y[t] -= 0.01 * (double)t;
    noise += pl_has_season(y, N, 12);
  }
  assert_true(noise >= 2 && noise <= 25); /* 10 % by the one test, 5 % by the other: 10 to 15 %, three standard errors */
}

/* Products of numbers of 5 digits, some 60 of them: 1e-9 of the statistic is far above their rounding. */
static void qs_is_that_of_statsmodels(void **state)
{
  (void)state;
  for (size_t i = 0; i < sizeof fixtures / sizeof *fixtures; i++)
    assert_true(fabs(pl_season_qs(fixtures[i].y, fixtures[i].n, fixtures[i].m) - fixtures[i].qs) <= 1e-9 * fixtures[i].qs);
}

/* Twelve steps of a trend, each as large as a third of the wave: the autocorrelations before the twelfth are large, too. */
static void a_trend_hides_no_season(void **state)
{
  double y[N];
  (void)state;
  assert_true(pl_has_season(fixtures[1].y, fixtures[1].n, 12));
  for (size_t t = 0; t < fixtures[1].n; t++)
    y[t] = 1e6 - 1e-3 * fixtures[1].y[t];
  assert_true(pl_has_season(y, fixtures[1].n, 12)); /* of any shift and scale */
}

/* Of a period of 4 the centred average and the means are plain to write down. */
static void the_shape_is_the_classical_one(void **state)
{
  const double wave[] = {2, -1, -3, 2};
  double y[32], shape[4], scratch[36];
  (void)state;
  for (size_t t = 0; t < 32; t++)
    y[t] = 10 + 0.5 * (double)t + wave[t % 4];
  pl_season_shape(y, 32, 4, shape, scratch);
  for (size_t i = 0; i < 4; i++)
    assert_true(fabs(shape[i] - wave[i]) < 1e-9);
  pl_season_take(y, 32, 4, shape);
  assert_true(fabs(y[31] - 25.5) < 1e-9);
  pl_season_put(y, 4, 4, shape, 2);
  assert_true(fabs(y[0] - 7) < 1e-9);
}

static void noise_has_hardly_a_shape(void **state)
{
  double y[N], shape[12], scratch[N + 12], size = 0;
  (void)state;
  make(y, 0, 12, 7);
  pl_season_shape(y, N, 12, shape, scratch);
  for (size_t i = 0; i < 12; i++)
    size += shape[i] * shape[i] / 12;
  assert_true(size < 1.0 / 50); /* the variance of a mean of 50 */
  assert_true(pl_season_strength(y, N, 12, scratch) < 0.05);
}

/* A multiplicative season around an origin of -200: what is left is the trend, and putting the season on again gives the series. */
static void a_season_grows_with_the_level(void **state)
{
  const double wave[] = {0.1, -0.05, -0.15, 0.1};
  double y[80], z[80], shape[4], scratch[80];
  (void)state;
  for (size_t t = 0; t < 80; t++)
    y[t] = z[t] = (100 + 5 * (double)t) * (1 + wave[t % 4]) - 200;
  pl_season_shape(y, 80, 4, shape, scratch);
  pl_season_growth g = pl_season_growth_of(y, 80, 4, shape, scratch);
  assert_true(g.rate > 0 && fabs(1 / g.rate - (g.centre + 200)) < 30);
  pl_season_take_growing(z, 80, 4, shape, g);
  for (size_t t = 0; t < 80; t++)
    assert_true(fabs(z[t] - (5 * (double)t - 100)) < 6);
  pl_season_put_growing(z, 80, 4, shape, g, 0);
  for (size_t t = 0; t < 80; t++)
    assert_true(fabs(z[t] - y[t]) < 1e-9);
  for (size_t t = 0; t < 80; t++)
    y[t] = 5 * (double)t + 50 * wave[t % 4] + (double)(t * 7 % 11);
  pl_season_shape(y, 80, 4, shape, scratch);
  assert_true(pl_season_growth_of(y, 80, 4, shape, scratch).rate == 0);
}

static void lines_have_none(void **state)
{
  double y[N];
  (void)state;
  for (size_t t = 0; t < N; t++)
    y[t] = 1e3 + 0.1 * (double)t; /* what rounding leaves of its steps repeats itself */
  assert_true(pl_season_qs(y, N, 12) == 0);
}

static void constants_have_none(void **state)
{
  double y[N] = {0}, shape[12], scratch[4 * N];
  (void)state;
  assert_false(pl_has_season(y, N, 12));
  assert_true(pl_season_qs(y, N, 12) == 0 && pl_season_qs(y, 2, 1) == 0 && pl_season_qs(y, 0, 0) == 0);
  pl_season_shape(y, N, 12, shape, scratch);
  assert_true(shape[3] == 0 && pl_season_strength(y, N, 12, scratch) == 0);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(waves_are_told_from_noise), cmocka_unit_test(the_shape_is_the_classical_one), cmocka_unit_test(noise_has_hardly_a_shape),
      cmocka_unit_test(constants_have_none), cmocka_unit_test(lines_have_none), cmocka_unit_test(qs_is_that_of_statsmodels),
      cmocka_unit_test(a_trend_hides_no_season),
      cmocka_unit_test(a_season_grows_with_the_level),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
