/* What of a series is not its steady level: a beginning that has not settled, and a trend to its end. */
#ifndef PL_ANALYSIS_WARMUP_H
#define PL_ANALYSIS_WARMUP_H

#include <stdbool.h>
#include <stddef.h>

#include "base/alloc.h"
#include "perilune/error.h"

/* How many of the first values are warm-up: MSER-5 (White 1997; White, Cobb and Spratt 2000) cuts, in batches of five, where the mean of
 * what is left is known best, and at most half of them; that cut counts only where the values before it differ from those behind it
 * (Student's test over batches with the spread of the latter, p < 0.001), for the rule alone cuts somewhere in a steady series, too. *unsettled: the best cut was at
 * the half: no steady level is seen. n finite values; 0 below 20, for a constant, and where one is not finite. O(n). */
size_t pl_warmup(const double *x, size_t n, bool *unsettled);

typedef struct pl_trend {
  double slope;  /* per value: the median of the pairs' slopes (Theil 1950, Sen 1968) */
  double change; /* slope times n - 1: from begin to end */
  double p;      /* two-sided, that there is no trend (Mann 1945, Kendall 1975), with the variance of dependent values (Hamed and Rao
                  * 1998, by the effective sample size) */
} pl_trend;

/* The trend of n finite values; above 1,000 they are averaged into so many stretches first. A constant (all 0): slope 0, p 1; negative values are as
 * others. PL_EINVAL: fewer than 4 values, or one that is not finite; PL_ENOMEM. O(min(n, 1000)^2). */
int pl_trend_of(const pl_allocator *a, const double *x, size_t n, pl_trend *out) PL_MUSTCHECK;

#endif
