/* Where the spread of noise changes while its level stays. */
#ifndef PL_ANALYSIS_CHANGE_SPREAD_H
#define PL_ANALYSIS_CHANGE_SPREAD_H

#include <stdbool.h>
#include <stddef.h>

#include "base/alloc.h"

enum { PL_SPREAD_LEAST = 15 /* values of a stretch */ };

/* One place: from `index` on the variance is another one; p: that it is none, of the largest of all places in its stretch. */
typedef struct pl_spread_change {
  size_t index;
  double p;
} pl_spread_change;

/* Looks in rest[n], noise about 0 whose outliers are drawn in, for changes of its variance, p at most 0.001 each: the largest distance of the cumulated
 * squares from their straight line (Inclan, Tiao 1994), over the long-run deviation of the squares, which holds for heavy tails and for noise that hangs on
 * what it was before (kappa 2 of Sanso, Arago, Carrion 2004: Bartlett's weights, 4 (n/100)^(2/9) lags); then the same on both sides. out: room for n /
 * PL_SPREAD_LEAST, in order of their index. Constant ones, all 0, and fewer than 30 values have none; values are finite. False: no memory. Time: n for each
 * change in a row. */
bool pl_spread_changes(const pl_allocator *a, const double *rest, size_t n, pl_spread_change *out, size_t *n_out) PL_MUSTCHECK;

#endif
