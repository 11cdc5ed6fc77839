/* The models of a forecast, together, on a series with seasons. */
#ifndef PL_ANALYSIS_FORECAST_POOL_H
#define PL_ANALYSIS_FORECAST_POOL_H

#include "analysis/forecast/forecast.h"
#include "analysis/forecast/model.h"
#include "analysis/forecast/season.h"

enum { PL_POOL_MODELS = 4 };

typedef struct pl_pool {
  enum pl_forecast_model model;
  size_t seasons[PL_FORECAST_SEASONS];
  size_t shapes; /* of all seasons together, steps */
  pl_model_memory memory[PL_POOL_MODELS];
  double *scratch; /* pl_pool_scratch doubles */
} pl_pool;

/* Doubles that a pool needs for n values and h steps with these seasons. */
size_t pl_pool_scratch(size_t n, size_t h, const size_t seasons[PL_FORECAST_SEASONS]);

/* The h steps behind y of n >= 1 values of a size of about 1: seasons that lie in them twice are taken off, models fitted to the rest, their median
 * taken, seasons put on again. What a call learns of a model's form and parameters, the next one begins with. */
void pl_pool_forecast(pl_pool *p, const double *y, size_t n, size_t h, double *f);

/* The (seasonal) naive forecast: the values one season before, m 0 or 1 the last one. */
void pl_naive(const double *y, size_t n, size_t m, size_t h, double *f);

#endif
