/* The models of a forecast, together, on a series with seasons. */
#ifndef PL_ANALYSIS_FORECAST_POOL_H
#define PL_ANALYSIS_FORECAST_POOL_H

#include "analysis/forecast/forecast.h"
#include "analysis/forecast/model.h"
#include "analysis/forecast/season.h"

enum {
  PL_POOL_PLAIN = 4,  /* models of what seasons leave */
  PL_POOL_ALONE = 6,  /* models of series that have no season: these, the standard theta method and an autoregression */
  PL_POOL_MODELS = 9, /* with those of series with seasons */
  PL_POOL_SHORT = 12, /* steps of seasons of which MSTL is not asked: their form is learnt better by smoothing (R's forecast draws this line, too) */
};

typedef struct pl_pool {
  enum pl_forecast_model model;
  size_t seasons[PL_FORECAST_SEASONS];
  pl_model_memory memory[PL_POOL_MODELS];
  double weights[PL_POOL_MODELS]; /* of the combination; all 0: the median */
  double *scratch;                /* pl_pool_scratch doubles */
} pl_pool;

/* Doubles that a pool needs for n values and h steps with these seasons. O(1), as pl_pool_size. */
size_t pl_pool_scratch(size_t n, size_t h, const size_t seasons[PL_FORECAST_SEASONS]);

/* How many models a pool has: one that is named; else six, or where there is a season eight, and MSTL where one is longer than PL_POOL_SHORT. */
size_t pl_pool_size(const pl_pool *p);

/* The h steps behind y of n >= 1 values of a size of about 1, of each model: pl_pool_size rows of h. Seasons that lie in y twice are taken off for the
 * plain models, and put on again. What a call learns of a model's form and parameters, the next one begins with. What odd values give: model.h. Time: that
 * of the models. */
void pl_pool_each(pl_pool *p, const double *y, size_t n, size_t h, double *each);

/* Rows of h steps as one forecast: their weighted mean, or their median. Finite rows. O(h) for each model. */
void pl_pool_combine(const pl_pool *p, const double *each, size_t h, double *f);

/* Weights by errors: each model's is the inverse of its mean squared error (Bates, Granger 1969). errors: sums of squares, one a model. All equal where one
 * makes none, or a sum that is not finite. O(1) for each model. */
void pl_pool_weigh(pl_pool *p, const double *squares);

/* The (seasonal) naive forecast: the values one season before; m 0, 1 or above n: the last one. n >= 1 values of any kind, which go on as they are. O(h). */
void pl_naive(const double *y, size_t n, size_t m, size_t h, double *f);

#endif
