#include "analysis/forecast/pool.h"

#include <stdlib.h>

#include "support/failing.h"

enum { N = 120, H = 24 };

static void forecast_of(enum pl_forecast_model model, size_t season, const double *y, size_t n, double *f)
{
  pl_pool p = {.model = model, .seasons = {season}};
  p.scratch = calloc(pl_pool_scratch(n, H, p.seasons), sizeof *p.scratch);
  assert_non_null(p.scratch);
  double each[PL_POOL_MODELS * H];
  pl_pool_each(&p, y, n, H, each);
  pl_pool_combine(&p, each, H, f);
  free(p.scratch);
}

static void make(double *y)
{
  for (size_t t = 0; t < N; t++)
    y[t] = 0.1 * (double)t + (t % 12 < 6 ? 2 : -2);
}

/* A line with a season and no noise goes on in every model that has trends. */
static void trend_and_season_go_on(void **state)
{
  const enum pl_forecast_model models[] = {PL_FORECAST_COMBINED, PL_FORECAST_HOLT, PL_FORECAST_ETS, PL_FORECAST_DOTM, PL_FORECAST_ARIMA, PL_FORECAST_SEASONAL_ETS, PL_FORECAST_MSTL};
  double y[N], f[H];
  (void)state;
  make(y);
  for (size_t i = 0; i < sizeof models / sizeof *models; i++) {
    forecast_of(models[i], 12, y, N, f);
    for (size_t k = 0; k < H; k++)
      assert_true(fabs(f[k] - (0.1 * (double)(N + k) + ((N + k) % 12 < 6 ? 2 : -2))) < 0.25);
  }
}

static void naive_repeats(void **state)
{
  double y[N], f[H];
  (void)state;
  make(y);
  forecast_of(PL_FORECAST_SEASONAL_NAIVE, 12, y, N, f);
  assert_true(f[0] == y[N - 12] && f[23] == y[N - 1]);
  pl_naive(y, N, 0, H, f);
  assert_true(f[0] == y[N - 1] && f[23] == y[N - 1]);
  pl_naive(y, 5, 12, H, f);
  assert_true(f[0] == y[4] && f[23] == y[4]);
}

/* Inverse squared errors; the median where there are none. */
static void weights_are_by_errors(void **state)
{
  const double squares[] = {1, 4, 4, 4, 4, 4}, none[] = {1, 0, 1, 1, 1, 1}, each[] = {7, 0, 0, 2, 0, 2};
  pl_pool p = {.model = PL_FORECAST_COMBINED};
  double f;
  (void)state;
  pl_pool_weigh(&p, squares);
  pl_pool_combine(&p, each, 1, &f);
  assert_true(fabs(f - (7 + 1) / 2.25) < 1e-12);
  pl_pool_weigh(&p, none);
  pl_pool_combine(&p, each, 1, &f);
  assert_true(f == 1);
  p.seasons[0] = 4;
  assert_int_equal(pl_pool_size(&p), PL_POOL_MODELS - 1);
  p.seasons[1] = 24;
  assert_int_equal(pl_pool_size(&p), PL_POOL_MODELS);
}

/* A series without a season has the standard theta method and an autoregression beside the others. */
static void models_of_no_season(void **state)
{
  static const enum pl_forecast_model models[PL_POOL_ALONE] = {PL_FORECAST_ETS,  PL_FORECAST_CES,   PL_FORECAST_ARIMA,
                                                               PL_FORECAST_DOTM, PL_FORECAST_THETA, PL_FORECAST_SAR};
  double y[N], f[H], each[PL_POOL_MODELS * H];
  pl_pool p = {.model = PL_FORECAST_COMBINED};
  (void)state;
  make(y);
  p.scratch = calloc(pl_pool_scratch(N, H, p.seasons), sizeof *p.scratch);
  assert_non_null(p.scratch);
  assert_int_equal(pl_pool_size(&p), PL_POOL_ALONE);
  pl_pool_each(&p, y, N, H, each);
  free(p.scratch);
  for (size_t i = 0; i < PL_POOL_ALONE; i++) {
    forecast_of(models[i], 0, y, N, f);
    assert_memory_equal(f, each + i * H, sizeof f);
  }
}

/* A season that is not in the series twice is left alone. */
static void short_series_go_without_their_season(void **state)
{
  double y[N], f[H], without[H];
  (void)state;
  make(y);
  forecast_of(PL_FORECAST_ETS, 12, y, 23, f);
  forecast_of(PL_FORECAST_ETS, 0, y, 23, without);
  assert_memory_equal(f, without, sizeof f);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(trend_and_season_go_on),
      cmocka_unit_test(naive_repeats),
      cmocka_unit_test(weights_are_by_errors),
      cmocka_unit_test(models_of_no_season),
      cmocka_unit_test(short_series_go_without_their_season),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
