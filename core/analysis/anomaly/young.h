/* What is odd in a series of which little is known, before the tails of the detector (tail.h) rest on enough: from the 24th row on a value is odd that is ten
 * deviations from the mean of all rows so far and twice as far as any of them, or the third in a row that is four deviations away on the same side, and
 * half as far again as any before the three. Chebyshev's inequality bounds the first by a hundredth for any law, by
 * far less for one with a thin tail; three in a row beyond the largest of n independent values have a chance of 6 / n^3 at most.
 * Constant rows: any other value is odd. */
#ifndef PL_ANALYSIS_ANOMALY_YOUNG_H
#define PL_ANALYSIS_ANOMALY_YOUNG_H
#include <stdint.h>

#include "analysis/anomaly/kind.h"

/* All rows so far. A memset of zero is none. */
typedef struct pl_young {
  double mean, spread; /* mean; mean distance from it, as a standard deviation of normal values has it when divided by 0.8 */
  double most;         /* the largest distance of rows that are no longer among the last three */
  double recent[2];    /* distances of the last two rows, with their sign */
  double before[2];    /* the spread without the last row, and without the last two */
  uint64_t n;
} pl_young;

/* How odd a value (finite) is, 1 and more for an alert, and the kind; it then joins the rows (0, and kind untouched,
 * while it is not odd). O(1). */
double pl_young_add(pl_young *y, double value, pl_anomaly_kind *kind);
#endif
