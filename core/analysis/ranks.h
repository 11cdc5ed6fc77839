/* Values of any sign and size with how often each came: quantiles by nearest rank in bounded memory. They are exact while fewer than
 * PL_RANKS_MAX differ; then all are rounded to as many binary digits as leave half of these places free, which is three decimal digits
 * of values within a factor of ten. */
#ifndef PL_ANALYSIS_RANKS_H
#define PL_ANALYSIS_RANKS_H

#include <stdint.h>

#include "base/alloc.h"

enum { PL_RANKS_MAX = 8192 };

typedef struct pl_rank {
  double value;
  uint64_t count;
} pl_rank;

/* {0} is empty. */
typedef struct pl_ranks {
  pl_rank *list; /* by value */
  size_t n, cap;
  uint64_t count;   /* of all values */
  unsigned rounded; /* binary digits that values are without */
} pl_ranks;

/* Values may be of any sign and size, infinite too, all the same, all 0; NaN is none.
 *
 * Which of count values in order the quantile p is: ceil(p count), between 1 and count; 0 for count 0. What rounding puts p count above a whole number
 * (0.07 * 100 is 7.000000000000001) does not count. */
uint64_t pl_nearest_rank(double p, uint64_t count);

/* Frees its memory with the allocator that the adding functions were given; empty afterwards. */
void pl_ranks_fini(pl_ranks *r, const pl_allocator *a);
/* Empty, and exact again; its memory is kept. */
void pl_ranks_clear(pl_ranks *r);

/* Adds a value, no NaN, count times. PL_ENOMEM: r is unchanged. O(log n), and O(n) for a value that is new. */
int pl_ranks_add(pl_ranks *r, double value, uint64_t count, const pl_allocator *a) PL_MUSTCHECK;
/* Adds all of from. After PL_ENOMEM parts of it may be missing. O(n) for each value of it that is new. */
int pl_ranks_join(pl_ranks *r, const pl_ranks *from, const pl_allocator *a) PL_MUSTCHECK;

/* The ceil(p count)-th smallest value, p in [0, 1]; p = 0: the smallest. NaN when empty. O(n). */
double pl_ranks_quantile(const pl_ranks *r, double p);

#endif
