/* Whether a series holds its level. */
#ifndef PL_ANALYSIS_STEADY_H
#define PL_ANALYSIS_STEADY_H

#include <stddef.h>

/* Above this a series that holds its level lies in 5 % of cases. */
#define PL_KPSS_LIMIT 0.463

/* The statistic of Kwiatkowski, Phillips, Schmidt and Shin (1992) for stationarity around a level: the squared partial sums of the deviations from the mean
 * over n^2 times the long-run variance (Bartlett's window of 12 (n / 100)^(1/4) lags). x: n values in their order. NaN for n < 10; 0 for a constant
 * (exactly: also 0.1, which is none in binary, and all 0). O(n lags). */
double pl_kpss(const double *x, size_t n);

/* The same with a window of so many lags (less than n are taken). NaN for n < 2 and where a value is not finite; of values of any scale, 1e300 and
 * 1e-300 too. Two values: 1/2. O(n lags). */
double pl_kpss_of(const double *x, size_t n, size_t lags);

#endif
