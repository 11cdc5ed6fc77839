/* Whether values come from a law. */
#ifndef PL_ANALYSIS_GOODNESS_H
#define PL_ANALYSIS_GOODNESS_H

#include <stddef.h>

/* The largest distance between the values' distribution and the exponential one of mean 1 (Kolmogorov 1933). Sorts x, which holds no NaN; negative values
 * lie below all of the law. 1 of all 0. NaN for n = 0. O(n log n). */
double pl_ks_exponential(double *x, size_t n);

/* Probability that n values of the law itself lie at least d from it, by Kolmogorov's limit with the correction of Stephens (1970): to three digits from n
 * = 10 on. 1 of d <= 0, NaN of NaN. At most 100 terms. */
double pl_ks_p(double d, size_t n);

#endif
