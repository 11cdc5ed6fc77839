/* Changes as Apache Otava (Hunter) finds them: E-divisive means with a t-test instead of permutations (Fleming et al. 2023, arXiv 2301.03034). */
#ifndef PL_ANALYSIS_CHANGE_DIVISIVE_H
#define PL_ANALYSIS_CHANGE_DIVISIVE_H

#include "analysis/change/change.h"

enum { PL_DIVISIVE_WINDOW_MOST = 1000 /* values: the work is its square for half a window of values */ };

typedef struct pl_divisive {
  size_t window;        /* values that are looked at together, 2 to PL_DIVISIVE_WINDOW_MOST; Otava: 50 */
  double max_pvalue;    /* 0 to 1; Otava: 0.001 */
  double min_magnitude; /* the least relative change, 0.05: 5 %; Otava: 0 */
  pl_change_ask ask;    /* whether it is to stop */
} pl_divisive;

/* Finds the changes of x[n]. NaN take the value before (those in front the first one). Fewer than 4 values and constant ones (all 0, gaps alone) have none;
 * negative ones are as others. p is that of the t-test. Errors: PL_EINVAL (options; an infinity), PL_ELIMIT, PL_ENOMEM, PL_ECANCELED; *out is then empty.
 * Time: n times the window. */
int pl_divisive_find(const pl_allocator *a, const double *x, size_t n, const pl_divisive *o, pl_changes *out, pl_error *err) PL_MUSTCHECK;

#endif
