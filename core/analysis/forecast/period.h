/* Which periods a series has: the day and the week of hours, the day of five minutes. */
#ifndef PL_ANALYSIS_FORECAST_PERIOD_H
#define PL_ANALYSIS_FORECAST_PERIOD_H

#include <stddef.h>

#include "base/alloc.h"

/* The most seasons of a series. */
#define PL_PERIODS_MAX 3

/* The periods of y[n] (NaN: a gap) in steps, shortest first, into out; how many there are into *count. A period is the least lag at which the
 * autocorrelation (without the robust trend, wild values clipped; by the periodogram, Wiener and Khinchin) has a peak that stands out, whose
 * form in the first half of the series is that in the second (correlation above 0.3), and which lies at least three times in the series and is
 * half as high again at twice the lag; its form is taken away and the next one looked for. With step_s > 0 (the length of a step) a period near
 * an hour, a day, a week or a year, where the autocorrelation is nearly as high, is that; it need lie in the series twice only. Of longer series the last 65,536 values count. Constant, short and all-NaN series have none. PL_ENOMEM. O(n log n). */
int pl_periods_find(const pl_allocator *a, const double *y, size_t n, double step_s, size_t out[PL_PERIODS_MAX], size_t *count) PL_MUSTCHECK;

/* Autocorrelation of x[n] (no NaN; its mean is taken away) at the lags 0 ... n - 1, each over the pairs that there are; all 0 for a constant. PL_ENOMEM.
 * O(n log n). */
int pl_autocorrelations(const pl_allocator *a, const double *x, size_t n, double *out) PL_MUSTCHECK;

#endif
