/* Many tests at once. */
#ifndef PL_ANALYSIS_BENJAMINI_HOCHBERG_H
#define PL_ANALYSIS_BENJAMINI_HOCHBERG_H

#include <stddef.h>

/* Benjamini and Hochberg (1995): q[i] is the least false discovery rate at which test i is still a discovery; min over the larger p of n p / rank. A p that
 * is NaN counts as 1. p and q: n values, two arrays. Where all are true to the null, the chance that any q is at most alpha is alpha. n = 0: nothing.
 * O(n^2), n in the hundreds. */
void pl_benjamini_hochberg(const double *p, size_t n, double *q);

#endif
