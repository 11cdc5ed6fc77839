#include "analysis/forecast/period.h"

#include <math.h>

#include "base/random.h"
#include "support/failing.h"

#define A &pl_alloc_default

static double y[20000];

/* Hours of eight weeks: a day's wave, half as high at weekends, growth and noise. */
static void make_hours(size_t n, double noise, uint64_t seed)
{
  pl_rng r;
  pl_rng_init(&r, seed, 0, 0, 0);
  for (size_t i = 0; i < n; i++) {
    double wave = 20 * sin(2 * M_PI * (double)(i % 24) / 24) + 5 * cos(4 * M_PI * (double)(i % 24) / 24);
    y[i] = 100 + 0.02 * (double)i + (i / 24 % 7 >= 5 ? 0.4 * wave - 15 : wave) + pl_rng_normal(&r, 0, noise);
  }
}

static void hours_have_a_day_and_a_week(void **state)
{
  size_t p[PL_SEASONS_MAX], n;
  (void)state;
  for (uint64_t seed = 0; seed < 10; seed++) {
    make_hours(24 * 56, 4, seed);
    for (size_t i = 0; i < 1344; i += 17)
      y[i] = NAN;
    y[300] = 1e5;
    assert_int_equal(pl_periods_find(A, y, 24 * 56, 3600, 0, p, &n), PL_OK);
    assert_int_equal(n, 2);
    assert_int_equal(p[0], 24);
    assert_int_equal(p[1], 168);
  }
}

/* Wild values that are none beside the day's wave are so beside the week. */
static void wild_values_hide_no_week(void **state)
{
  size_t p[PL_SEASONS_MAX], n;
  (void)state;
  for (uint64_t seed = 0; seed < 10; seed++) {
    pl_rng r;
    pl_rng_init(&r, seed, 1, 0, 0);
    for (size_t i = 0; i < 1008; i++)
      y[i] = 500 + 150 * sin(2 * M_PI * (double)i / 24) + (i / 24 % 7 < 5 ? 50 : 0) + pl_rng_normal(&r, 0, 12);
    for (size_t k = 0; k < 1 + seed; k++)
      y[pl_rng_below(&r, 1008)] = 6000;
    assert_int_equal(pl_periods_find(A, y, 1008, 3600, 0, p, &n), PL_OK);
    assert_true(n == 2 && p[0] == 24 && p[1] == 168);
  }
}

/* A season that is known is told, with those multiples of it that are there, also where all is constant or short. */
static void multiples_of_a_known_one(void **state)
{
  size_t p[PL_SEASONS_MAX], n;
  (void)state;
  make_hours(24 * 56, 4, 3);
  assert_int_equal(pl_periods_find(A, y, 24 * 56, 0, 24, p, &n), PL_OK);
  assert_true(n == 2 && p[0] == 24 && p[1] == 168 && p[2] == 0);
  assert_int_equal(pl_periods_find(A, y, 10, 0, 5, p, &n), PL_OK);
  assert_true(n == 1 && p[0] == 5 && p[1] == 0);
}

/* Forms of 7, 8, 10 and 90 steps upon walks, in whose autocorrelation they hardly show: found in nine of ten. */
static void seasons_of_walks(void **state)
{
  static const size_t lengths[] = {7, 8, 10, 90};
  size_t p[PL_SEASONS_MAX], n, found = 0;
  (void)state;
  for (uint64_t seed = 0; seed < 40; seed++) {
    double level = 0, form[90];
    size_t m = lengths[seed % 4];
    pl_rng r;
    pl_rng_init(&r, seed, 2, 0, 0);
    for (size_t i = 0; i < m; i++)
      form[i] = pl_rng_normal(&r, 0, 3);
    for (size_t i = 0; i < 900; i++)
      y[i] = (level += pl_rng_normal(&r, 0, 1)) + form[i % m];
    assert_int_equal(pl_periods_find(A, y, m == 90 ? 900 : 200, 0, 0, p, &n), PL_OK);
    found += n == 1 && p[0] == m;
  }
  assert_true(found >= 36);
}

static void five_minutes_have_a_day_of_288(void **state)
{
  size_t p[PL_SEASONS_MAX], n;
  pl_rng r;
  (void)state;
  pl_rng_init(&r, 5, 0, 0, 0);
  for (size_t i = 0; i < 288 * 10; i++)
    y[i] = 50 + 10 * sin(2 * M_PI * (double)i / 288) + pl_rng_normal(&r, 0, 5);
  assert_int_equal(pl_periods_find(A, y, 288 * 10, 300, 0, p, &n), PL_OK);
  assert_int_equal(n, 1);
  assert_int_equal(p[0], 288);
}

/* White noise and random walks: at most one in ten is thought to have a season, be their clock known or not. */
static void noise_and_walks_have_none(void **state)
{
  size_t p[PL_SEASONS_MAX], n;
  int noise = 0, walks[2] = {0};
  (void)state;
  for (uint64_t seed = 0; seed < 100; seed++) {
    pl_rng r;
    pl_rng_init(&r, seed, 1, 0, 0);
    for (size_t i = 0; i < 300; i++)
      y[i] = pl_rng_normal(&r, 0, 1);
    assert_int_equal(pl_periods_find(A, y, 300, 0, 0, p, &n), PL_OK);
    noise += n > 0;
    for (size_t i = 1; i < 300; i++)
      y[i] += y[i - 1];
    for (int known = 0; known < 2; known++) {
      assert_int_equal(pl_periods_find(A, y, 300, known ? 3600 : 0, 0, p, &n), PL_OK);
      walks[known] += n > 0;
    }
  }
  assert_true(noise <= 10);
  assert_true(walks[0] <= 10 && walks[1] <= 10);
}

static void constant_short_and_empty_series(void **state)
{
  size_t p[PL_SEASONS_MAX], n = 9;
  (void)state;
  for (size_t i = 0; i < 100; i++)
    y[i] = 7;
  assert_int_equal(pl_periods_find(A, y, 100, 60, 0, p, &n), PL_OK);
  assert_int_equal(n, 0);
  assert_int_equal(pl_periods_find(A, y, 2, 60, 0, p, &n), PL_OK);
  assert_int_equal(n, 0);
  for (size_t i = 0; i < 100; i++)
    y[i] = NAN;
  assert_int_equal(pl_periods_find(A, y, 100, 60, 0, p, &n), PL_OK);
  assert_int_equal(n, 0);
}

/* By definition, at every lag. */
static void autocorrelations_by_their_definition(void **state)
{
  enum { N = 37 };
  double x[N], r[N], mean = 0, all = 0;
  pl_rng rng;
  (void)state;
  pl_rng_init(&rng, 2, 0, 0, 0);
  for (int i = 0; i < N; i++)
    mean += (x[i] = pl_rng_normal(&rng, 3, 1)) / N;
  for (int i = 0; i < N; i++)
    all += (x[i] - mean) * (x[i] - mean);
  assert_int_equal(pl_autocorrelations(A, x, N, r), PL_OK);
  for (int lag = 0; lag < N; lag++) {
    double sum = 0;
    for (int i = lag; i < N; i++)
      sum += (x[i] - mean) * (x[i - lag] - mean);
    assert_true(fabs(r[lag] - sum / all * N / (N - lag)) < 1e-10);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(hours_have_a_day_and_a_week), cmocka_unit_test(wild_values_hide_no_week), cmocka_unit_test(multiples_of_a_known_one),
                                     cmocka_unit_test(seasons_of_walks), cmocka_unit_test(five_minutes_have_a_day_of_288),
                                     cmocka_unit_test(noise_and_walks_have_none), cmocka_unit_test(constant_short_and_empty_series),
                                     cmocka_unit_test(autocorrelations_by_their_definition)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
