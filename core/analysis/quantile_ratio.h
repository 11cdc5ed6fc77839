/* How many times the quantile of one set of runs is that of another, with an interval that knows run-to-run noise: whole runs are drawn
 * first, then values in them (Kalibera and Jones 2013, "Rigorous Benchmarking in Reasonable Time", section 9; 2012, "Quantifying
 * Performance Changes with Effect Size Confidence Intervals"). */
#ifndef PL_ANALYSIS_QUANTILE_RATIO_H
#define PL_ANALYSIS_QUANTILE_RATIO_H

#include "analysis/resample.h"

/* Runs one after another: run i has length[i] > 0 values, those of all together lie in x. */
typedef struct pl_run_values {
  const double *x;
  const size_t *length;
  size_t runs;
} pl_run_values;

/* The ratio candidate / base of the quantile p in [0, 1] (nearest rank over all values of a side), with the percentile interval of the
 * hierarchical bootstrap. One run a side: values alone are drawn, which is blind to run-to-run noise. A ratio whose base is 0 is 1
 * where both are 0 and DBL_MAX else. PL_EINVAL: no run, an empty one, more than 10 million values, a value that is negative or not
 * finite, options out of range; PL_ENOMEM. O(rounds * n log n). */
int pl_quantile_ratio(const pl_allocator *a, const pl_run_values *base, const pl_run_values *candidate, double p,
                      const pl_resample_options *o, pl_resampled *out) PL_MUSTCHECK;

/* The number of repetitions of an inner level that costs least for the precision it gives: ceil(sqrt(cost_outer / cost_inner * variance_inner /
 * variance_outer)), 1 to 1,000,000; 1 where a cost or variance is not above 0, also NaN (Kalibera and Jones 2013, equation 3). O(1). */
size_t pl_repetitions(double cost_outer, double cost_inner, double variance_outer, double variance_inner);

#endif
