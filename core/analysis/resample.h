/* Intervals and tests by drawing again from what was seen. Every function takes a seed: the same one gives the same numbers everywhere. */
#ifndef PL_ANALYSIS_RESAMPLE_H
#define PL_ANALYSIS_RESAMPLE_H

#include <stddef.h>
#include <stdint.h>

#include "base/alloc.h"
#include "perilune/error.h"

/* A figure of n values; it may put them into another order. It gives a finite number for any drawing. */
typedef double (*pl_statistic_fn)(double *x, size_t n, void *user);

/* The arithmetic mean; user is not looked at. These take n >= 1 finite values of any sign. O(n). */
double pl_statistic_mean(double *x, size_t n, void *user);
/* The median, the mean of the two in the middle where n is even; user is not looked at. O(n log n), as the next. */
double pl_statistic_median(double *x, size_t n, void *user);
/* user: double *, the p of a nearest-rank quantile. */
double pl_statistic_quantile(double *x, size_t n, void *user);

typedef struct pl_resample_options {
  size_t rounds;  /* 100 to 100,000; 0: 2,000 */
  double level;   /* of the interval, e.g. 0.95 */
  uint64_t seed;
} pl_resample_options;

typedef struct pl_resampled {
  double value;   /* the figure of the values themselves */
  double lo, hi;
  double error;   /* standard error: of the rounds' figures */
} pl_resampled;

/* The bias-corrected and accelerated interval (Efron 1987) of independent values; the acceleration from the jackknife, of 200 groups
 * where there are more values. A constant, or a single value, gives itself. PL_EINVAL: n = 0, more than 10 million, a value that is not
 * finite, options out of range; PL_ENOMEM. O(rounds * n). */
int pl_bootstrap_bca(const pl_allocator *a, const double *x, size_t n, pl_statistic_fn statistic, void *user, const pl_resample_options *o,
                     pl_resampled *out) PL_MUSTCHECK;

/* The percentile interval of values that depend on those before them: circular blocks (Politis and Romano 1992). block 0: its length from the
 * autocorrelation (pl_block_length). Odd values, errors and time as above. */
int pl_bootstrap_blocks(const pl_allocator *a, const double *x, size_t n, size_t block, pl_statistic_fn statistic, void *user,
                        const pl_resample_options *o, pl_resampled *out) PL_MUSTCHECK;

/* Whether the means of a and b differ by more than dealing all values out at random gives: the share of rounds that are at least as far apart, the values
 * themselves counted as one (Phipson and Smyth 2010), two-sided. Constants: 1 where equal. Errors as above, of either side. O(rounds (n + m)). */
int pl_permutation_p(const pl_allocator *alloc, const double *a, size_t n, const double *b, size_t m, size_t rounds, uint64_t seed,
                     double *p) PL_MUSTCHECK;

#endif
