/* See pool.h. */
#include "analysis/forecast/pool.h"

#include <string.h>

#include "analysis/forecast/arima.h"
#include "analysis/forecast/ces.h"
#include "analysis/forecast/ets.h"
#include "analysis/forecast/theta.h"

static void ses(const double *y, size_t n, size_t h, double *f, pl_model_memory *memory, double *scratch)
{
  pl_ets_form(PL_ETS_LEVEL, y, n, h, f, memory, scratch);
}

static void holt(const double *y, size_t n, size_t h, double *f, pl_model_memory *memory, double *scratch)
{
  pl_ets_form(PL_ETS_TREND, y, n, h, f, memory, scratch);
}

static void damped(const double *y, size_t n, size_t h, double *f, pl_model_memory *memory, double *scratch)
{
  pl_ets_form(PL_ETS_DAMPED, y, n, h, f, memory, scratch);
}

static const pl_model combined[PL_POOL_MODELS] = {pl_ets, pl_ces, pl_arima, pl_dotm};

static const pl_model alone[PL_FORECAST_MODELS] = {
    [PL_FORECAST_SES] = ses,         [PL_FORECAST_HOLT] = holt,     [PL_FORECAST_DAMPED] = damped,  [PL_FORECAST_ETS] = pl_ets,
    [PL_FORECAST_THETA] = pl_theta,  [PL_FORECAST_DOTM] = pl_dotm,  [PL_FORECAST_ARIMA] = pl_arima, [PL_FORECAST_CES] = pl_ces,
};

size_t pl_pool_scratch(size_t n, size_t h, const size_t seasons[PL_FORECAST_SEASONS])
{
  size_t shapes = 0;
  for (size_t i = 0; i < PL_FORECAST_SEASONS; i++)
    shapes += seasons[i];
  return n + shapes + PL_POOL_MODELS * h + PL_MODEL_SCRATCH(n, h);
}

void pl_naive(const double *y, size_t n, size_t m, size_t h, double *f)
{
  if (m < 1 || m > n)
    m = 1;
  for (size_t k = 0; k < h; k++)
    f[k] = y[n - m + k % m];
}

static double median_of(double *v, size_t n)
{
  for (size_t i = 1; i < n; i++) {
    double x = v[i];
    size_t k = i;
    for (; k > 0 && v[k - 1] > x; k--)
      v[k] = v[k - 1];
    v[k] = x;
  }
  return n % 2 ? v[n / 2] : (v[n / 2 - 1] + v[n / 2]) / 2;
}

/* All four models on z, and their median. */
static void combine(pl_pool *p, const double *z, size_t n, size_t h, double *f, double *each, double *scratch)
{
  for (size_t i = 0; i < PL_POOL_MODELS; i++)
    combined[i](z, n, h, each + i * h, &p->memory[i], scratch);
  for (size_t k = 0; k < h; k++) {
    double v[PL_POOL_MODELS];
    for (size_t i = 0; i < PL_POOL_MODELS; i++)
      v[i] = each[i * h + k];
    f[k] = median_of(v, PL_POOL_MODELS);
  }
}

void pl_pool_forecast(pl_pool *p, const double *y, size_t n, size_t h, double *f)
{
  double *z = p->scratch, *each = z + n, *scratch = each + PL_POOL_MODELS * h, *shapes = scratch + PL_MODEL_SCRATCH(n, h), *shape = shapes;
  if (p->model == PL_FORECAST_SEASONAL_NAIVE) {
    size_t m = 1;
    for (size_t i = 0; i < PL_FORECAST_SEASONS; i++)
      m = p->seasons[i] > m ? p->seasons[i] : m;
    pl_naive(y, n, m, h, f);
    return;
  }
  memcpy(z, y, n * sizeof *y);
  for (size_t i = 0; i < PL_FORECAST_SEASONS && p->seasons[i]; shape += p->seasons[i++]) {
    memset(shape, 0, p->seasons[i] * sizeof *shape);
    if (n < 2 * p->seasons[i])
      continue;
    pl_season_shape(z, n, p->seasons[i], shape, scratch);
    pl_season_take(z, n, p->seasons[i], shape);
  }
  if (p->model == PL_FORECAST_COMBINED)
    combine(p, z, n, h, f, each, scratch);
  else
    alone[p->model](z, n, h, f, &p->memory[0], scratch);
  shape = shapes;
  for (size_t i = 0; i < PL_FORECAST_SEASONS && p->seasons[i]; shape += p->seasons[i++])
    pl_season_put(f, h, p->seasons[i], shape, n % p->seasons[i]);
}
