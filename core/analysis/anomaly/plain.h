/* Whether a stream of residuals is plain noise: its rows tell nothing of one another, neither by their sign nor by their size. The autocorrelation at one
 * row (two for the size) of clipped residuals and of their magnitudes must be that of independent values, within two standard errors, 1 / sqrt(n)
 * each (M. Bartlett, "On the theoretical specification and sampling properties of autocorrelated time-series", 1946), and a margin for a tail that is
 * clipped. What is odd in the figures of machines comes in clusters; the largest of independent values must be much rarer to be news.
 * The detector asks it of three views: what is left of a local level (independent values round a level), steps from row to row (a random walk), and
 * what is left of a local level when what the row before foretells is taken away (an autoregression). */
#ifndef PL_ANALYSIS_ANOMALY_PLAIN_H
#define PL_ANALYSIS_ANOMALY_PLAIN_H
#include <stdint.h>

/* Moments of one stream, of values in [-1, 1]. */
typedef struct pl_plain_moments {
  double mean, square, next, second; /* of z, z^2, and of the products with the row before and the one before that */
  double last, before;
} pl_plain_moments;

typedef struct pl_plain {
  pl_plain_moments sign, size; /* of residuals, of their magnitudes */
  double spread;               /* mean magnitude: what is beyond three times it is clipped */
  uint64_t n;
} pl_plain;

/* Counts a residual (finite, at most 1e307 in size). O(1). A memset of zero is an empty one. */
void pl_plain_add(pl_plain *p, double residual);

/* The autocorrelation of residuals at one row, in [-1, 1]; 0 of less than two, or where all are the same (all 0). O(1). */
double pl_plain_correlation(const pl_plain *p);

/* Whether they are plain, where independent values have `expected` as autocorrelation at one row. True while fewer than 16 are known; false where all are
 * 0. O(1). */
int pl_plain_is(const pl_plain *p, double expected);
#endif
