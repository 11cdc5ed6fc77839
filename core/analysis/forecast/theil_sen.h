/* The trend line of Theil (1950) and Sen (1968): the median of slopes, which up to 29 % of wild values do not move. */
#ifndef PL_ANALYSIS_FORECAST_THEIL_SEN_H
#define PL_ANALYSIS_FORECAST_THEIL_SEN_H

#include <stddef.h>

#include "base/alloc.h"

typedef struct pl_line {
  double slope;     /* a step */
  double intercept; /* at the first value: the median of y[i] - slope i */
} pl_line;

/* The line through y[n] at 0, 1 ... n - 1; values that are not finite are left out. Up to 512 values all pairs count, beyond that each value and the one
 * half the series later (Theil's incomplete method), so that it takes O(n), below that 512^2 / 2 slopes at most. A single value, a constant and all 0 give
 * slope 0, two values their line; what no double holds counts as DBL_MAX. Errors: PL_EINVAL without a value, PL_ENOMEM. */
int pl_theil_sen(const pl_allocator *a, const double *y, size_t n, pl_line *out) PL_MUSTCHECK;

#endif
