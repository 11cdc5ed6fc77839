/* See pool.h. */
#include "analysis/forecast/pool.h"

#include <stdint.h>
#include <string.h>

#include "analysis/forecast/arima.h"
#include "analysis/forecast/ces.h"
#include "analysis/forecast/ets.h"
#include "analysis/forecast/median.h"
#include "analysis/forecast/sar.h"
#include "analysis/forecast/seasonal_arima.h"
#include "analysis/forecast/seasonal_ets.h"
#include "analysis/forecast/stl.h"
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

static void autoregression(const double *y, size_t n, size_t h, double *f, pl_model_memory *memory, double *scratch)
{
  static const size_t none[PL_FORECAST_SEASONS] = {0};
  (void)memory;
  pl_sar(y, n, none, h, f, scratch);
}

/* The first PL_POOL_PLAIN of them where there is a season. */
static const pl_model combined[PL_POOL_ALONE] = {pl_ets, pl_ces, pl_arima, pl_dotm, pl_theta, autoregression};

static const pl_model alone[PL_FORECAST_MODELS] = {
    [PL_FORECAST_SES] = ses,         [PL_FORECAST_HOLT] = holt,     [PL_FORECAST_DAMPED] = damped,  [PL_FORECAST_ETS] = pl_ets,
    [PL_FORECAST_THETA] = pl_theta,  [PL_FORECAST_DOTM] = pl_dotm,  [PL_FORECAST_ARIMA] = pl_arima, [PL_FORECAST_CES] = pl_ces,
};

/* The longest season that lies in n values; 1: none does. */
static size_t longest(const pl_pool *p, size_t n)
{
  size_t m = 1;
  for (size_t i = 0; i < PL_FORECAST_SEASONS; i++)
    m = p->seasons[i] > m && p->seasons[i] <= n ? p->seasons[i] : m;
  return m;
}

void pl_naive(const double *y, size_t n, size_t m, size_t h, double *f)
{
  if (m < 1 || m > n)
    m = 1;
  for (size_t k = 0; k < h; k++)
    f[k] = y[n - m + k % m];
}

/* Models that see the series with its seasons. */
typedef void (*seasonal_model)(const pl_pool *p, const double *y, size_t n, size_t h, double *f, pl_model_memory *memory, double *scratch);

static void seasonal_ets(const pl_pool *p, const double *y, size_t n, size_t h, double *f, pl_model_memory *memory, double *scratch)
{
  pl_seasonal_ets_fit(y, n, p->seasons[0], h, f, memory, scratch);
}

static void sar(const pl_pool *p, const double *y, size_t n, size_t h, double *f, pl_model_memory *memory, double *scratch)
{
  (void)memory;
  pl_sar(y, n, p->seasons, h, f, scratch);
}

static void naive(const pl_pool *p, const double *y, size_t n, size_t h, double *f, pl_model_memory *memory, double *scratch)
{
  (void)memory;
  (void)scratch;
  pl_naive(y, n, longest(p, n), h, f);
}

static void seasonal_arima(const pl_pool *p, const double *y, size_t n, size_t h, double *f, pl_model_memory *memory, double *scratch)
{
  pl_sarima_fit(y, n, p->seasons[0], h, f, memory, scratch);
}

static void mstl(const pl_pool *p, const double *y, size_t n, size_t h, double *f, pl_model_memory *memory, double *scratch)
{
  pl_mstl_fit(y, n, p->seasons, h, f, memory, scratch);
}

static const seasonal_model combined_seasonal[PL_POOL_MODELS - PL_POOL_PLAIN] = {sar, naive, seasonal_ets, seasonal_arima, mstl};

static const seasonal_model alone_seasonal[PL_FORECAST_MODELS] = {
    [PL_FORECAST_SEASONAL_NAIVE] = naive, [PL_FORECAST_SAR] = sar, [PL_FORECAST_SEASONAL_ETS] = seasonal_ets,
    [PL_FORECAST_MSTL] = mstl,            [PL_FORECAST_SEASONAL_ARIMA] = seasonal_arima,
};

/* Values of the seasons' shapes. */
static size_t shapes_of(const size_t seasons[PL_FORECAST_SEASONS])
{
  size_t n = 0;
  for (size_t i = 0; i < PL_FORECAST_SEASONS; i++)
    n += seasons[i];
  return n;
}

size_t pl_pool_scratch(size_t n, size_t h, const size_t seasons[PL_FORECAST_SEASONS])
{
  size_t shapes = shapes_of(seasons);
  return n + shapes + (shapes ? PL_MSTL_SCRATCH(n, h) : PL_MODEL_SCRATCH(n, h));
}

size_t pl_pool_size(const pl_pool *p)
{
  if (p->model != PL_FORECAST_COMBINED)
    return 1;
  if (!p->seasons[0])
    return PL_POOL_ALONE;
  return longest(p, SIZE_MAX) > PL_POOL_SHORT ? PL_POOL_MODELS : PL_POOL_MODELS - 1;
}

/* Takes the seasons off z, their shapes one behind the other; the first one may grow with the level. */
static pl_season_growth take_seasons(const pl_pool *p, double *z, size_t n, double *shape, double *scratch)
{
  pl_season_growth growth = {0, 0};
  for (size_t i = 0; i < PL_FORECAST_SEASONS && p->seasons[i]; shape += p->seasons[i++]) {
    memset(shape, 0, p->seasons[i] * sizeof *shape);
    if (n < 2 * p->seasons[i])
      continue;
    pl_season_shape(z, n, p->seasons[i], shape, scratch);
    pl_season_growth g = {0, 0};
    if (i == 0)
      growth = g = pl_season_growth_of(z, n, p->seasons[i], shape, scratch);
    pl_season_take_growing(z, n, p->seasons[i], shape, g);
  }
  return growth;
}

/* Puts them on again, the first one last, for its size is told by the level with the others. */
static void put_seasons(const pl_pool *p, double *f, size_t h, size_t n, const double *shapes, pl_season_growth growth)
{
  const double *shape = shapes + p->seasons[0];
  for (size_t i = 1; p->seasons[0] && i < PL_FORECAST_SEASONS && p->seasons[i]; shape += p->seasons[i++])
    pl_season_put(f, h, p->seasons[i], shape, n % p->seasons[i]);
  if (p->seasons[0])
    pl_season_put_growing(f, h, p->seasons[0], shapes, growth, n % p->seasons[0]);
}

void pl_pool_each(pl_pool *p, const double *y, size_t n, size_t h, double *each)
{
  double *z = p->scratch, *shapes = z + n, *scratch = shapes + shapes_of(p->seasons);
  bool all = p->model == PL_FORECAST_COMBINED;
  size_t plain = !all ? 1 : p->seasons[0] ? PL_POOL_PLAIN : PL_POOL_ALONE;
  if (alone_seasonal[p->model]) {
    alone_seasonal[p->model](p, y, n, h, each, p->memory, scratch);
    return;
  }
  memcpy(z, y, n * sizeof *y);
  pl_season_growth growth = take_seasons(p, z, n, shapes, scratch);
  for (size_t i = 0; i < plain; i++) {
    (all ? combined[i] : alone[p->model])(z, n, h, each + i * h, &p->memory[i], scratch);
    put_seasons(p, each + i * h, h, n, shapes, growth);
  }
  for (size_t i = plain; i < pl_pool_size(p); i++)
    combined_seasonal[i - PL_POOL_PLAIN](p, y, n, h, each + i * h, &p->memory[i], scratch);
}

void pl_pool_combine(const pl_pool *p, const double *each, size_t h, double *f)
{
  size_t n = pl_pool_size(p);
  double all = 0;
  for (size_t i = 0; i < n; i++)
    all += p->weights[i];
  for (size_t k = 0; k < h; k++) {
    double v[PL_POOL_MODELS], sum = 0;
    for (size_t i = 0; i < n; i++) {
      v[i] = each[i * h + k];
      sum += p->weights[i] * v[i];
    }
    f[k] = all > 0 ? sum / all : pl_median_in(v, n);
  }
}

void pl_pool_weigh(pl_pool *p, const double *squares)
{
  bool known = true;
  for (size_t i = 0; i < pl_pool_size(p); i++)
    known = known && squares[i] > 0 && isfinite(squares[i]);
  for (size_t i = 0; i < pl_pool_size(p); i++)
    p->weights[i] = known ? 1 / squares[i] : 0;
}
