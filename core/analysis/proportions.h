/* Whether two shares differ, such as the error ratios of two runs. */
#ifndef PL_ANALYSIS_PROPORTIONS_H
#define PL_ANALYSIS_PROPORTIONS_H

#include <stdbool.h>
#include <stdint.h>

typedef struct pl_proportions {
  double difference; /* share of b minus share of a */
  double lo, hi;     /* its 95 % interval: Wilson's of each side put together (Newcombe 1998, method 10) */
  double p;          /* two-sided */
  bool exact;        /* Fisher's test, else the two-proportion test */
} pl_proportions;

/* Fisher's exact test of hits of n and hits of m: all tables at most as likely as this one (Fisher 1935). Work grows with the standard deviation of the
 * hits alone. Hits are at most their counts, which are below 2^53. 1 without hits, and without tries. */
double pl_fisher_p(uint64_t hits_a, uint64_t n, uint64_t hits_b, uint64_t m);

/* Fisher's test where fewer than 10 hits or misses are expected on a side, else the pooled two-proportion z test. False, and nothing written: an empty
 * side, or more hits than tries. No hits at all, or nothing else: p = 1; one try a side: 1. O(1), Fisher's as above. */
bool pl_proportions_test(uint64_t hits_a, uint64_t n, uint64_t hits_b, uint64_t m, pl_proportions *out);

#endif
