/* Regression whose level wanders: y[t] = x[t] b + m[t-1] + e[t], m[t] = m[t-1] + alpha e[t]. With alpha = 0 it is plain regression, with a
 * trend among the columns and alpha > 0 exponential smoothing with drift, which is what the Theta method comes to (Hyndman and Billah 2003);
 * with alpha = 1 a random walk with drift. Holidays and events are further columns. */
#ifndef PL_ANALYSIS_FORECAST_DRIFT_H
#define PL_ANALYSIS_FORECAST_DRIFT_H

#include <stddef.h>

#include "analysis/forecast/huber.h"
#include "base/random.h"

typedef struct pl_drift {
  double alpha;
  size_t k;
  double end_y, end_x[PL_HUBER_COLUMNS]; /* smoothed values and columns at the end: the level is end_y - end_x b */
  double root[PL_HUBER_COLUMNS * PL_HUBER_COLUMNS]; /* Cholesky's root of b's covariance */
  double sd;         /* of e */
  double centre;     /* mean of e, values beyond three robust standard deviations counting as those: what is skewed drifts by alpha times it */
  double *innovation; /* e where it is known, with that mean, n_innovation values; freed by pl_drift_free */
  size_t n, n_innovation;
  pl_huber fit; /* b */
} pl_drift;

/* Fits b by Huber's estimator for each of eleven alphas and takes the one with the least mean absolute e. y[n] with NaN for gaps, over which the level
 * stays; x[n * k] row by row, the first column 1. A perfect fit (a constant, all 0; two values and a trend) has an sd of 0 or of rounding; negative values
 * are as others. Sizes whose squares add up. Errors as pl_huber_fit's (no value, gaps alone). O(n k^2) times the rounds of eleven regressions. */
int pl_drift_fit(const pl_allocator *a, const double *y, const double *x, size_t n, size_t k, pl_drift *out) PL_MUSTCHECK;

/* Mean and variance of h values after the end; x[h * k] are their rows. Either may be NULL. Hyndman, Koehler, Ord, Snyder 2008, chapter 6. O(h k^2). */
void pl_drift_ahead(const pl_drift *d, const double *x, size_t h, double *mean, double *variance);

/* One path: b from its distribution, e from the innovations, both `wider` times as wide. O(h k + k^2). */
void pl_drift_path(const pl_drift *d, const double *x, size_t h, double wider, pl_rng *rng, double *out);

/* Frees the innovations; a zeroed one is fine. */
void pl_drift_free(const pl_allocator *a, pl_drift *d);

#endif
