/* The combination of forecast.h as a model of an outlook: its mean, its calibrated widths, and paths that keep to both. */
#ifndef PL_ANALYSIS_FORECAST_COMBINATION_H
#define PL_ANALYSIS_FORECAST_COMBINATION_H

#include "analysis/forecast/forecast.h"
#include "base/random.h"

typedef struct pl_combination {
  pl_forecast_result r; /* at the levels 50, 80, 95 and 99 % */
} pl_combination;

/* Forecasts y[n] (NaN: a gap) h steps ahead with the seasons of o; o's horizon, levels and model are set here, what its past asks for is answered. What odd
 * values give, errors and time as pl_forecast's. */
int pl_combination_fit(const pl_forecast_options *o, const double *y, size_t n, size_t h, pl_combination *out) PL_MUSTCHECK;

/* Mean and standard deviation (NULL: not wanted) of the h steps, the latter a normal distribution's with the same 80 % interval: 0 of a constant. O(h). */
void pl_combination_ahead(const pl_combination *c, double *mean, double *sd);

/* One path, `wider` times as wide as the intervals: deviations of unit size, each step's correlated with the one before as the errors of the back-test were
 * (an autoregression of order one), laid upon the intervals, whose levels are normal quantiles there; straight between and beyond them. Ours. Of a constant
 * all paths are its value. O(h). */
void pl_combination_path(const pl_combination *c, double wider, pl_rng *rng, double *out);

/* Frees it; a zeroed one is fine. */
void pl_combination_free(pl_combination *c);

#endif
