/* Whether two samples come from one distribution, with more weight on the tails than Kolmogorov and Smirnov give (Anderson and Darling;
 * Scholz and Stephens 1987, "K-Sample Anderson-Darling Tests", for two). */
#ifndef PL_ANALYSIS_ANDERSON_DARLING_H
#define PL_ANALYSIS_ANDERSON_DARLING_H

#include <stdbool.h>
#include <stddef.h>

typedef struct pl_anderson_darling {
  double statistic; /* A^2 with midranks (their equation 7), less its mean, over its standard deviation */
  double p;         /* between their table's points (25 % to 0.1 %), 0.001 and 0.25 beyond them */
  bool at_most, at_least; /* p is 0.001 and the true one lower, or 0.25 and the true one higher */
} pl_anderson_darling;

/* The test of sorted a (n) and b (m). False, and nothing written: fewer than 2 values a side, a NaN, or all values equal (all 0). Negative and large values
 * count by their order alone. O(n + m). */
bool pl_anderson_darling_test(const double *a, size_t n, const double *b, size_t m, pl_anderson_darling *out);

#endif
