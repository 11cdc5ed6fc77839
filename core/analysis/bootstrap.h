/* Intervals from seconds that are not independent: the block bootstrap (Kuensch 1989; circular blocks, Politis and Romano 1992). */
#ifndef PL_ANALYSIS_BOOTSTRAP_H
#define PL_ANALYSIS_BOOTSTRAP_H

#include <stdbool.h>
#include <stddef.h>

typedef struct pl_interval {
  double value, lo, hi;        /* the ratio, and where the true one may lie */
  double at_least, at_most;    /* where the ratio of such seconds lies if the true one is `value`: what quantiles are inverted with */
  size_t block;    /* length of a block, in seconds */
  double stretches;/* how many independent stretches the rarer side of the ratio is worth */
  bool too_few;    /* fewer than 7 of them, or than 10 blocks: the interval is a guess */
} pl_interval;

/* Interval of sum(part) / sum(all) at the level given, e.g. 0.95; part[i] <= all[i]. The variance of the sum is that of the block bootstrap, in closed
 * form: no round is drawn. The least block length comes from the autocorrelation of the residuals part - ratio * all; longer ones, up to a tenth of the
 * seconds, are tried as well, for a short series shows its autocorrelation badly, and the largest variance counts. What lies on the rarer side is taken as
 * gamma distributed with that variance (values beyond a quantile come in bursts, so that the resampled sum is far from normal), with Student's t for what
 * is known of the variance. Deterministic. A ratio that is the same at every second, also 0 and 1, has no width. Returns false for n < 5, a zero
 * denominator (all 0) or NaN. O(n) for each lag of the block (1,000 at most) and each of log n block lengths. */
bool pl_bootstrap_ratio(const double *part, const double *all, size_t n, double level, pl_interval *out);

/* How long blocks of n values are between which the values hardly depend on each other: twice their integrated autocorrelation up to the first lag below
 * the noise (2 / sqrt n), between 1 and n / 4. correlation(of, lag) is asked for lags from 1 on and gives no NaN. n = 0, two values: 1. As many questions
 * as the block is long. */
size_t pl_block_length(size_t n, double (*correlation)(const void *of, size_t lag), const void *of);

/* Autocorrelation of x at a lag (Box, Jenkins 1976, section 2.1.5); 0 for a constant (exactly: also 0.1, which is none in binary), for n = 0 and where a value
 * is NaN or infinite. Any scale of finite values gives the same, but for what doubles below 1e-307 have lost. Two values at lag 1: -1/2. O(n). */
double pl_autocorrelation(const double *x, size_t n, size_t lag);

#endif
