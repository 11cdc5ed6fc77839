/* Growth towards a ceiling that is known: g(t) = C / (1 + exp(-k (t - m))) (Verhulst 1838; as in Taylor and Letham 2018, section 3.1.1). */
#ifndef PL_ANALYSIS_FORECAST_LOGISTIC_H
#define PL_ANALYSIS_FORECAST_LOGISTIC_H

#include <stddef.h>

#include "base/alloc.h"

typedef struct pl_logistic {
  double ceiling; /* C */
  double rate;    /* k, a step; negative where the series falls */
  double middle;  /* m, in steps from the first value: where half the ceiling is reached */
  double scale;   /* standard deviation of the residuals, n - 2 in the denominator */
} pl_logistic;

/* Least squares for k and m with C given, by Gauss and Newton from the straight line of log(y / (C - y)), with halved steps. Values that are not finite are
 * left out; those at or beyond the ends (0, negative) count in the fit, not in the start. Errors: PL_EINVAL where the ceiling is not above 0, fewer than 3
 * values lie between 0 and it (none, two, all 0), the values are constant, or squares are beyond the numbers; PL_ENOMEM. O(n) for each of 100 rounds at
 * most, and 30 halvings. */
int pl_logistic_fit(const pl_allocator *a, const double *y, size_t n, double ceiling, pl_logistic *out) PL_MUSTCHECK;

/* g(t), t in steps from the first value: from 0 to the ceiling for every t but NaN. O(1). */
double pl_logistic_at(const pl_logistic *g, double t);

#endif
