/* Whether one sample tends to lie above another (Mann and Whitney 1947), and by how much. */
#ifndef PL_ANALYSIS_MANN_WHITNEY_H
#define PL_ANALYSIS_MANN_WHITNEY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/alloc.h"
#include "perilune/error.h"

typedef struct pl_mann_whitney {
  double u;     /* pairs in which a is above b; a tie counts half */
  double p;     /* two-sided: twice the smaller tail, at most 1 */
  bool exact;
  double shift, lo, hi; /* Hodges and Lehmann's shift b - a, and its 95 % interval */
} pl_mann_whitney;

/* The test. Exact, from all ways of dealing the ranks out: up to 50 a side without ties, up to 25 a side with them; else the normal approximation with the
 * correction for ties and for continuity. The interval is made of the pairs' differences (Hollander and Wolfe, section 4.3), from the same distribution;
 * where so few values cannot bound it (below 4 a side) it is that of all differences. Constants that are equal (all 0): p = 1, shift 0. One and two values
 * a side are tested, too; negative ones are as others. O((n + m) log) and O(50 N^3) exact. PL_EINVAL: an empty side, or a value that is not finite;
 * PL_ENOMEM. a: n values, b: m, in any order. */
int pl_mann_whitney_test(const pl_allocator *alloc, const double *a, size_t n, const double *b, size_t m, pl_mann_whitney *out) PL_MUSTCHECK;

#endif
