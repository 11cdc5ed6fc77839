/* Middles of values that are not trusted one by one. */
#ifndef PL_ANALYSIS_FORECAST_MEDIAN_H
#define PL_ANALYSIS_FORECAST_MEDIAN_H

#include <stddef.h>

/* The p-th quantile (0..1) of x[n], the nearest rank ceil(p n) as everywhere (pl_nearest_rank); of p = 1/2 and an even n the mean of the two in the middle.
 * x is put into another order; it holds finite values of any sign and size, no NaN. NaN for n = 0; a constant gives itself. O(n) on the whole, O(n^2) at
 * worst (Hoare 1961). */
double pl_quantile_in(double *x, size_t n, double p);

/* pl_quantile_in(x, n, 0.5); as that. */
double pl_median_in(double *x, size_t n);

/* 1.4826 times the median distance from the median: the standard deviation of a normal distribution (Hampel 1974). x is destroyed. NaN for n = 0, 0 where
 * more than half the values are equal; of two values .7413 times their distance. As pl_quantile_in. */
double pl_mad_in(double *x, size_t n);

#endif
