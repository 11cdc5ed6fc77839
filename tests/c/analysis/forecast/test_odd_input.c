/* Every routine of the folder on series that break what was not thought through (odd_series.h): no crash under sanitisers, and no NaN in what a header does
 * not allow it in. */
#include <string.h>

#include "analysis/forecast/arima.h"
#include "analysis/forecast/ces.h"
#include "analysis/forecast/crossing.h"
#include "analysis/forecast/daily.h"
#include "analysis/forecast/drift.h"
#include "analysis/forecast/ets.h"
#include "analysis/forecast/forecast.h"
#include "analysis/forecast/interval.h"
#include "analysis/forecast/logistic.h"
#include "analysis/forecast/median.h"
#include "analysis/forecast/outlook.h"
#include "analysis/forecast/period.h"
#include "analysis/forecast/pool.h"
#include "analysis/forecast/prepare.h"
#include "analysis/forecast/profile.h"
#include "analysis/forecast/resolution.h"
#include "analysis/forecast/sar.h"
#include "analysis/forecast/seasonal_arima.h"
#include "analysis/forecast/seasonal_ets.h"
#include "analysis/forecast/stl.h"
#include "analysis/forecast/theil_sen.h"
#include "analysis/forecast/theta.h"
#include "analysis/odd_series.h"
#include "support/failing.h"

#define A &pl_alloc_default

enum { H = 9, SEASON = 7 };

static const size_t lengths[] = {1, 2, 3, 4, 5, 6, 11, 12, 14, 21, 24, ODD_MOST};
enum { LENGTHS = sizeof lengths / sizeof *lengths };

static double scratch[PL_SARIMA_SCRATCH(ODD_MOST, H) + PL_MSTL_SCRATCH(ODD_MOST, H)];

static void with_seasonal_ets(const double *y, size_t n, size_t h, double *f, pl_model_memory *m, double *s) { pl_seasonal_ets_fit(y, n, SEASON, h, f, m, s); }

static void with_sarima(const double *y, size_t n, size_t h, double *f, pl_model_memory *m, double *s) { pl_sarima_fit(y, n, SEASON, h, f, m, s); }

static void with_sar(const double *y, size_t n, size_t h, double *f, pl_model_memory *m, double *s)
{
  const size_t seasons[PL_SEASONS_MAX] = {SEASON};
  (void)m;
  pl_sar(y, n, seasons, h, f, s);
}

static void with_mstl(const double *y, size_t n, size_t h, double *f, pl_model_memory *m, double *s)
{
  const size_t seasons[PL_SEASONS_MAX] = {SEASON, 2 * SEASON};
  pl_mstl_fit(y, n, seasons, h, f, m, s);
}

static void with_naive(const double *y, size_t n, size_t h, double *f, pl_model_memory *m, double *s)
{
  (void)m;
  (void)s;
  pl_naive(y, n, SEASON, h, f);
}

static const struct {
  const char *name;
  pl_model fit;
} models[] = {{"arima", pl_arima}, {"ces", pl_ces}, {"ets", pl_ets}, {"theta", pl_theta}, {"dotm", pl_dotm}, {"seasonal_ets", with_seasonal_ets},
              {"seasonal_arima", with_sarima}, {"sar", with_sar}, {"mstl", with_mstl}, {"snaive", with_naive}};

/* Fitted from nothing, and again from what that left. A constant goes on, one value and two give what lies between them or on their line. */
static void models_take_any_finite_series(void **state)
{
  (void)state;
  for (size_t m = 0; m < sizeof models / sizeof *models; m++) {
    for (int which = 0; which < ODD_FINITE; which++) {
      for (size_t l = 0; l < LENGTHS; l++) {
        double y[ODD_MOST], f[H];
        pl_model_memory memory = {0};
        odd_fill((odd_series)which, y, lengths[l]);
        for (int round = 0; round < 2; round++) {
          models[m].fit(y, lengths[l], H, f, &memory, scratch);
          if (!odd_all_finite(f, H))
            fail_msg("%s of series %d, %zu values: not finite", models[m].name, which, lengths[l]);
          for (size_t k = 0; which <= ODD_NEGATIVE && k < H; k++) {
            if (!(fabs(f[k] - y[0]) <= 1e-3))
              fail_msg("%s of the constant %g, %zu values: %g at step %zu", models[m].name, y[0], lengths[l], f[k], k + 1);
          }
        }
      }
    }
  }
}

/* Whatever came: an answer without NaN, or PL_EINVAL where there is no finite value. */
static void forecasts_of_any_series_have_no_nan(void **state)
{
  (void)state;
  for (int which = 0; which < ODD_SERIES; which++) {
    for (size_t l = 0; l <= LENGTHS; l++) {
      for (int m = 0; m < PL_FORECAST_MODELS; m++) {
        size_t n = l ? lengths[l - 1] : 0;
        double y[ODD_MOST];
        pl_forecast_options o = {.alloc = A, .horizon = H, .levels = {0.5, 0.95}, .n_levels = 2, .model = (enum pl_forecast_model)m, .seasons = {l % 2 ? SEASON : 0}};
        pl_forecast_result r = {0};
        odd_fill((odd_series)which, y, n);
        int code = pl_forecast(y, n, &o, &r);
        assert_int_equal(code, n == 0 || which == ODD_ALL_NAN ? PL_EINVAL : PL_OK);
        if (code == PL_OK && !(odd_all_finite(r.mean, H) && odd_all_finite(r.lo, 2 * H) && odd_all_finite(r.hi, 2 * H)))
          fail_msg("%s of series %d, %zu values: not finite", pl_forecast_model_name(o.model), which, n);
        for (size_t k = 0; code == PL_OK && k < 2 * H; k++)
          assert_true(r.lo[k] <= r.mean[k % H] && r.mean[k % H] <= r.hi[k]);
        for (size_t k = 0; code == PL_OK && which <= ODD_NEGATIVE && k < H; k++)
          assert_true(r.mean[k] == y[0]);
        pl_forecast_result_fini(&r);
      }
    }
  }
}

static void outlooks_of_any_series_have_no_nan(void **state)
{
  (void)state;
  for (int which = 0; which < ODD_SERIES; which++) {
    for (size_t l = 0; l <= LENGTHS; l += l < 2 ? 1 : 4) {
      size_t n = l ? lengths[l - 1] : 0;
      double y[ODD_MOST], lo[H], hi[H];
      pl_outlook_spec spec = {.horizon = H, .level = 0.9, .seasons = {SEASON}, .n_seasons = l % 2};
      pl_outlook o = {0};
      odd_fill((odd_series)which, y, n);
      for (size_t i = 0; i < n; i++)
        y[i] = isinf(y[i]) ? NAN : y[i]; /* grid.h takes them for none */
      int code = pl_outlook_of(A, y, n, &spec, &o);
      assert_int_equal(code, n == 0 || which == ODD_ALL_NAN ? PL_EINVAL : PL_OK);
      if (code)
        continue;
      assert_int_equal(pl_outlook_interval(A, &o, 0.5, lo, hi), PL_OK);
      if (!(odd_all_finite(o.mean, H) && odd_all_finite(o.lo, H) && odd_all_finite(o.hi, H) && odd_all_finite(o.paths, o.n_paths * H) && odd_all_finite(lo, H) && odd_all_finite(hi, H)))
        fail_msg("outlook of series %d, %zu values: not finite", which, n);
      pl_crossing c = {0};
      assert_int_equal(pl_crossing_of(A, o.paths, o.n_paths, H, y[0], -1e300, 1e300, false, &c), PL_OK);
      assert_true(c.chance >= 0 && c.chance <= 1 && c.p10 <= c.p50 && c.p50 <= c.p90);
      pl_crossing_free(A, &c);
      pl_outlook_free(A, &o);
    }
  }
}

/* Gaps may stay gaps here; what is found of the rest is none. */
static void parts_of_a_forecast_take_any_series(void **state)
{
  (void)state;
  for (int which = 0; which < ODD_SERIES; which++) {
    for (size_t l = 0; l < LENGTHS; l++) {
      size_t n = lengths[l], periods[PL_SEASONS_MAX], count;
      double y[ODD_MOST], z[ODD_MOST], time[ODD_MOST];
      odd_fill((odd_series)which, y, n);
      pl_prepared p;
      assert_true(pl_prepare(y, n, ODD_MOST, z, &p) == (which != ODD_ALL_NAN));
      assert_true(which == ODD_ALL_NAN || odd_all_finite(z, p.n));
      assert_true(isfinite(pl_resolution(y, n)) && pl_resolution(y, n) >= 0);
      for (size_t i = 0; i < n; i++)
        time[i] = (double)(i / 2) * 3600; /* repeated stamps */
      pl_grid g = {0}, d = {0};
      int code = pl_grid_of(A, time, y, n, 0, &g);
      if (code == PL_OK) {
        for (size_t i = 0; i < g.n; i++)
          assert_true(!isinf(g.y[i]));
        assert_int_not_equal(pl_daily(A, &g, PL_DAILY_P95, 0, &d), PL_ENOMEM);
        assert_int_equal(pl_periods_find(A, g.y, g.n, g.step, 0, periods, &count), PL_OK);
        pl_grid_free(A, &d);
        pl_grid_free(A, &g);
      }
      pl_line line = {0};
      if (pl_theil_sen(A, y, n, &line) == PL_OK)
        assert_true(isfinite(line.slope) && isfinite(line.intercept));
      pl_logistic growth;
      if (pl_logistic_fit(A, y, n, 1e6, &growth) == PL_OK)
        assert_true(isfinite(growth.rate) && isfinite(growth.middle) && isfinite(growth.scale) && isfinite(pl_logistic_at(&growth, 1e9)));
      const size_t season = SEASON;
      double out[ODD_MOST] = {0};
      for (size_t i = 0; i < n; i++) /* as outlook.h scales them */
        y[i] = isfinite(y[i]) ? y[i] / (which == ODD_HUGE || which == ODD_HUGEST ? 1e308 : 1) : NAN;
      assert_int_equal(pl_profile(A, y, n, &season, 1, n, out), PL_OK);
      assert_true(odd_all_finite(out, n));
    }
  }
}

static void regressions_take_any_series(void **state)
{
  (void)state;
  for (int which = 0; which < ODD_SERIES; which++) {
    for (size_t l = 0; l < LENGTHS; l++) {
      size_t n = lengths[l];
      double y[ODD_MOST], x[(ODD_MOST + H) * 2], mean[H], variance[H], path[H];
      odd_fill((odd_series)which, y, n);
      for (size_t i = 0; i < ODD_MOST + H; i++) {
        x[2 * i] = 1;
        x[2 * i + 1] = (double)i;
      }
      for (size_t i = 0; i < n; i++)
        y[i] = isfinite(y[i]) ? y[i] / (which == ODD_HUGE || which == ODD_HUGEST ? 1e308 : 1) : NAN; /* outlook.h scales */
      pl_huber fit;
      if (pl_huber_fit(A, x, y, n, 2, 1e-6, &fit) == PL_OK)
        assert_true(odd_all_finite(fit.coefficient, 2) && odd_all_finite(fit.covariance, 4) && isfinite(fit.scale) && isfinite(fit.absolute));
      pl_drift d = {0};
      if (pl_drift_fit(A, y, x, n, 2, &d))
        continue;
      pl_rng rng;
      pl_rng_init(&rng, 1, 0, 0, 0);
      pl_drift_ahead(&d, x + 2 * n, H, mean, variance);
      pl_drift_path(&d, x + 2 * n, H, 1, &rng, path);
      assert_true(odd_all_finite(mean, H) && odd_all_finite(variance, H) && odd_all_finite(path, H));
      pl_drift_free(A, &d);
    }
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(models_take_any_finite_series), cmocka_unit_test(forecasts_of_any_series_have_no_nan),
                                     cmocka_unit_test(outlooks_of_any_series_have_no_nan), cmocka_unit_test(parts_of_a_forecast_take_any_series),
                                     cmocka_unit_test(regressions_take_any_series)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
