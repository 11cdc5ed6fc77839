/* Whether a series changed with a window that is marked bad, how sure that is, and how long before or after. Values in the window against those
 * before it by the Kolmogorov–Smirnov test of two samples; each side counts for as many values as are
 * independent, by the autocorrelation of those before it (effective_size.h; that a test of distributions holds its level so: M. Weiss, "Modification of the
 * Kolmogorov-Smirnov statistic for use with correlated data", JASA 73, 1978). The lag is the shift of the window, at most max_lag rows each way, at which
 * what is odd
 * (the distance from the median before) goes with it best: cross-correlation with the window's indicator. */
#ifndef PL_ANALYSIS_ANOMALY_CORRELATE_H
#define PL_ANALYSIS_ANOMALY_CORRELATE_H
#include <stddef.h>

#include "base/alloc.h"
#include "perilune/error.h"

typedef struct pl_correlation {
  double d, p;           /* of the test: the largest distance of the two distributions, its chance */
  double before, during; /* medians */
  double correlation;    /* at the lag, in [-1, 1] */
  long lag;              /* rows: negative where the series changed before the window began */
} pl_correlation;

/* Judges values (n rows at equal steps) by the window of rows [from, to). Compared with are the rows before `from` less max_lag, or all before it where
 * that leaves fewer than 8. Values that are not finite are left out. Constant series (all 0): d = 0, p = 1, correlation 0; negative values are as others.
 * PL_EINVAL: the window is empty or outside, or either side has fewer than 4 values; PL_ENOMEM. O(n log n). */
int pl_correlate(const pl_allocator *alloc, const double *values, size_t n, size_t from, size_t to, size_t max_lag, pl_correlation *out) PL_MUSTCHECK;
#endif
