/* Whether two samples come from one distribution, by the largest distance of what lies below (Smirnov 1939). */
#ifndef PL_ANALYSIS_KOLMOGOROV_SMIRNOV_H
#define PL_ANALYSIS_KOLMOGOROV_SMIRNOV_H

#include <stdbool.h>
#include <stddef.h>

#include "base/alloc.h"
#include "perilune/error.h"

typedef struct pl_kolmogorov_smirnov {
  double d;   /* the largest distance */
  double p;   /* two-sided; with ties it is too large, never too small */
  bool exact;
} pl_kolmogorov_smirnov;

/* The test of sorted a (n) and b (m). Exact up to n m = 1,000,000 (paths on a grid; Hodges 1957), else Kolmogorov's limit with the correction of Stephens
 * (1970). Equal constants (all 0): d = 0, p = 1; other constants: d = 1. Negative and infinite values count by their order. PL_EINVAL: an empty side or a
 * NaN; PL_ENOMEM. O(n + m), exact O(n m). */
int pl_kolmogorov_smirnov_test(const pl_allocator *alloc, const double *a, size_t n, const double *b, size_t m, pl_kolmogorov_smirnov *out) PL_MUSTCHECK;

/* The chance that two samples of n and m independent values of one distribution are d or farther apart, as that test counts it: for samples of which more
 * values are known that depend on each other. 1 for d <= 0 and where n or m is 0. PL_ENOMEM. O(n m) while it is exact, else O(1). */
int pl_kolmogorov_smirnov_chance(const pl_allocator *alloc, double d, size_t n, size_t m, double *p) PL_MUSTCHECK;

#endif
