/* What the models of this folder have in common. */
#ifndef PL_ANALYSIS_FORECAST_MODEL_H
#define PL_ANALYSIS_FORECAST_MODEL_H

#include <math.h>
#include <stdbool.h>
#include <stddef.h>

#include "analysis/forecast/optimise.h"

/* What a fit leaves for the next one to a part of the same series: its form stays, and its search begins where this one ended. {0}: a fit
 * from nothing. */
typedef struct pl_model_memory {
  bool warm;
  int form;                  /* the model's own */
  double x[PL_MINIMISE_MAX]; /* parameters */
} pl_model_memory;

/* Doubles of scratch that a model needs for n values and h steps. */
#define PL_MODEL_SCRATCH(n, h) (4 * ((n) + (h)) + 64)

/* Fits itself to y, n >= 1 finite values of a size of about 1 (prepare.h makes such; none, NaN and infinities are not asked), and writes the h steps that
 * follow. It never fails: a series too short for the model gives what it can (at worst the last value; each model's header says what two values give). One
 * value, and values that are all the same, also all 0, go on to 1e-5; of -y the forecast is -f. Forecasts are finite where y is. */
typedef void (*pl_model)(const double *y, size_t n, size_t h, double *f, pl_model_memory *memory, double *scratch);

/* Akaike's criterion with Hurvich and Tsai's correction (1989), of n errors with this sum of squares and k parameters, the variance among them. Infinite
 * where n is too short for k, also 0. The floor is far below what values of a size of 1 can be told apart by, so that a perfect fit is finite. O(1). */
static inline double pl_aicc(double squares, size_t n, size_t k)
{
  double m = (double)n, p = (double)k;
  return m - p - 1 <= 0 ? INFINITY : m * log(squares / m + 1e-14) + 2 * p * m / (m - p - 1);
}

#endif
