/* Widths of intervals from errors that were made. */
#ifndef PL_ANALYSIS_FORECAST_INTERVAL_H
#define PL_ANALYSIS_FORECAST_INTERVAL_H

#include <stddef.h>

enum { PL_ORIGINS_MAX = 24 };

/* Errors of forecasts from several moments; errors[i * h + k] is that of step k from moment i, NaN where nothing is known of it. */
typedef struct pl_past_errors {
  const double *errors;
  size_t origins, h;
  size_t stride; /* steps from one moment to the next */
} pl_past_errors;

/* The typical error of each step, never smaller than that of a step before: the root of the mean squares, made monotonous by pooling neighbours (isotonic
 * regression: Ayer, Brunk, Ewing, Reid, Silverman 1955). Steps without an error go on with the root of the step's number. All 0 where there is none, and
 * where all are 0. Errors whose squares add up; NaN is none. weight: h doubles of scratch. O(origins h + h^2), usually O(origins h). */
void pl_error_scale(const pl_past_errors *p, double *scale, double *weight);

/* The half width, in those scales, that holds a share `level` of errors to come: the conformal quantile ceil((n + 1) level) of the errors over their
 * scales; beyond what so few errors can say, Student's t of as many degrees of freedom as there are independent moments: what they span by the mean
 * horizon, at least 2. It is never narrower than that, and that alone where no error is known or all are 0. 0 < level < 1. Lei, G'Sell, Rinaldo,
 * Tibshirani, Wasserman 2018, section 2. scratch: origins * h doubles. O(m log m) of m errors. */
double pl_error_quantile(const pl_past_errors *p, const double *scale, double level, double *scratch);

#endif
