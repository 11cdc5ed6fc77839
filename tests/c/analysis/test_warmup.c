/* Warm-up and trends that are there are found; steady series have neither. */
#include "analysis/warmup.h"

#include <math.h>

#include "base/random.h"
#include "support/failing.h"

enum { N = 120, TRIALS = 500 };

static void a_slow_beginning_is_cut(void **state)
{
  pl_rng r;
  double x[N];
  bool unsettled;
  int found = 0, soon = 0;
  (void)state;
  pl_rng_init(&r, 15, 0, 0, 0);
  for (int t = 0; t < TRIALS; t++) {
    for (int i = 0; i < N; i++)
      x[i] = 100 + 60 * exp(-i / 6.0) + pl_rng_normal(&r, 0, 3);
    size_t cut = pl_warmup(x, N, &unsettled);
    found += cut >= 10 && !unsettled;
    soon += cut <= 35;
  }
  assert_true(found > TRIALS * 0.95 && soon > TRIALS * 0.75); /* the rule cuts late at times */
}

static void a_steady_series_has_neither(void **state)
{
  pl_rng r;
  double x[N];
  bool unsettled;
  int cut = 0, trends = 0;
  (void)state;
  pl_rng_init(&r, 16, 0, 0, 0);
  for (int t = 0; t < TRIALS; t++) {
    pl_trend trend;
    for (int i = 0; i < N; i++)
      x[i] = pl_rng_normal(&r, 100, 3);
    cut += pl_warmup(x, N, &unsettled) > 0;
    assert_int_equal(pl_trend_of(&pl_alloc_default, x, N, &trend), PL_OK);
    trends += trend.p < 0.05;
  }
  assert_true(cut < TRIALS * 0.1);
  assert_in_range(trends, TRIALS * 3 / 100, TRIALS * 9 / 100);
}

static void a_trend_is_found_with_its_slope(void **state)
{
  static double x[3 * N];
  pl_rng r;
  pl_trend trend;
  (void)state;
  pl_rng_init(&r, 17, 0, 0, 0);
  for (int i = 0; i < 3 * N; i++)
    x[i] = 0.1 * i + pl_rng_normal(&r, 100, 3);
  x[50] = 1e6;
  assert_int_equal(pl_trend_of(&pl_alloc_default, x, 3 * N, &trend), PL_OK);
  assert_true(trend.p < 1e-6 && fabs(trend.slope - 0.1) < 0.01 && fabs(trend.change - 36) < 3.6);
}

static void odd_input_is_refused_or_gives_numbers(void **state)
{
  static double same[5000], wide[] = {1e300, -1e300, 1e308, -1e308, 0, 1e-300}, bad[] = {1, 2, NAN, 4};
  pl_trend trend;
  bool unsettled;
  (void)state;
  assert_int_equal(pl_trend_of(&pl_alloc_default, same, 5000, &trend), PL_OK);
  assert_true(trend.p == 1 && trend.slope == 0 && pl_warmup(same, 5000, &unsettled) == 0 && !unsettled);
  assert_int_equal(pl_trend_of(&pl_alloc_default, wide, 6, &trend), PL_OK);
  assert_true(isfinite(trend.slope) && isfinite(trend.change) && isfinite(trend.p));
  assert_int_equal(pl_trend_of(&pl_alloc_default, bad, 4, &trend), PL_EINVAL);
  assert_int_equal(pl_trend_of(&pl_alloc_default, same, 3, &trend), PL_EINVAL);
  assert_true(pl_warmup(bad, 4, &unsettled) == 0 && pl_warmup(same, 0, &unsettled) == 0);
}

static int with(const pl_allocator *a, void *user)
{
  static const double x[] = {1, 2, 3, 4};
  pl_trend trend;
  (void)user;
  return pl_trend_of(a, x, 4, &trend);
}

static void memory_may_fail(void **state)
{
  (void)state;
  failing_every(with, NULL, 10);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(a_slow_beginning_is_cut), cmocka_unit_test(a_steady_series_has_neither),
                                     cmocka_unit_test(a_trend_is_found_with_its_slope), cmocka_unit_test(odd_input_is_refused_or_gives_numbers),
                                     cmocka_unit_test(memory_may_fail)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
