/* Middles of values that are not trusted one by one. */
#ifndef PL_ANALYSIS_FORECAST_MEDIAN_H
#define PL_ANALYSIS_FORECAST_MEDIAN_H

#include <stddef.h>

/* The p-th quantile (0..1) of x[n], linear between order statistics (Hyndman and Fan 1996, type 7); x is put into another order.
 * NaN for n = 0; x holds no NaN. O(n) on the whole. */
double pl_quantile_in(double *x, size_t n, double p);

/* pl_quantile_in(x, n, 0.5). */
double pl_median_in(double *x, size_t n);

/* 1.4826 times the median distance from the median: the standard deviation of a normal distribution (Hampel 1974). x is destroyed.
 * NaN for n = 0, 0 where more than half the values are equal. */
double pl_mad_in(double *x, size_t n);

#endif
