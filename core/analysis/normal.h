/* The normal distribution. Both are exact to double precision where the C library's erfc is. */
#ifndef PL_ANALYSIS_NORMAL_H
#define PL_ANALYSIS_NORMAL_H

/* P(Z <= z); NaN gives NaN, infinities 0 and 1. O(1). */
double pl_normal_cdf(double z);

/* The z with P(Z <= z) = p; -inf and inf at 0 and 1 and beyond. NaN gives NaN. By halving on the tail: about 1e-14, some hundred steps at most. */
double pl_normal_inverse(double p);

#endif
