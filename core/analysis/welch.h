/* Whether two means differ, of samples whose variances may differ (Welch 1947). */
#ifndef PL_ANALYSIS_WELCH_H
#define PL_ANALYSIS_WELCH_H

#include <stdbool.h>
#include <stddef.h>

typedef struct pl_welch {
  double difference; /* mean of b minus mean of a */
  double t, freedom;
  double p;          /* two-sided */
  double lo, hi;     /* 95 % interval of the difference */
} pl_welch;

/* Welch's t-test. Two constants: p = 1 where they are equal, else 0, t = 0, and the interval is the difference. Values of any magnitude and sign; a
 * difference beyond DBL_MAX counts as that. False, and nothing written: fewer than 2 values a side, or one that is not finite. O(n + m). */
bool pl_welch_test(const double *a, size_t n, const double *b, size_t m, pl_welch *out);

#endif
