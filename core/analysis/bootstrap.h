/* Intervals from seconds that are not independent: the block bootstrap (Kuensch 1989; circular blocks, Politis and Romano 1992). */
#ifndef PL_ANALYSIS_BOOTSTRAP_H
#define PL_ANALYSIS_BOOTSTRAP_H

#include <stdbool.h>
#include <stddef.h>

typedef struct pl_interval {
  double value, lo, hi;
  size_t block;    /* length of a block, in seconds */
  double blocks;   /* n / block: how many independent stretches there are */
  bool too_few;    /* fewer than 10 of them: the interval is a guess */
} pl_interval;

/* Interval of sum(part) / sum(all) at the level given, e.g. 0.95. The block length comes from the autocorrelation of the
 * residuals part - ratio * all. Deterministic. Returns false for n < 5, a zero denominator or NaN. */
bool pl_bootstrap_ratio(const double *part, const double *all, size_t n, double level, pl_interval *out);

/* Autocorrelation of x at a lag; 0 for a constant. */
double pl_autocorrelation(const double *x, size_t n, size_t lag);

#endif
