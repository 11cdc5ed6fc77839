/* DDSketch: quantiles of values of any size with a bounded relative error (Masson, Rim and Lee 2019, "DDSketch: A Fast and Fully-Mergeable
 * Quantile Sketch with Relative-Error Guarantees"). Unlike the histogram it has no largest value and takes negative ones. Every bucket
 * is kept, none is collapsed: the bound holds for every quantile of every input and in any order of merging. */
#ifndef PL_ANALYSIS_DDSKETCH_H
#define PL_ANALYSIS_DDSKETCH_H

#include <stddef.h>
#include <stdint.h>

#include "base/alloc.h"
#include "perilune/error.h"

/* Counts of buckets from `first` on. */
typedef struct pl_ddsketch_side {
  uint64_t *counts;
  size_t n;
  int32_t first;
} pl_ddsketch_side;

typedef struct pl_ddsketch {
  const pl_allocator *alloc;
  double accuracy;   /* the relative error a: |estimate - x| <= a |x| */
  double multiplier; /* buckets in a unit of the approximated logarithm */
  pl_ddsketch_side above, below; /* values above 0, and what is below without its sign */
  uint64_t zeros;    /* magnitudes below the smallest normal double (2.2e-308) count as 0 */
  uint64_t count;
} pl_ddsketch;

/* An empty sketch; it allocates when values come. accuracy: 0.001 to 0.5, usually 0.01. Eight bytes a bucket: values that span 1e-308 .. 1e308 take 0.6 MB
 * a side at 0.01, those within six decades 6 KB. PL_EINVAL: the accuracy is outside. O(1). */
int pl_ddsketch_init(pl_ddsketch *s, double accuracy, const pl_allocator *a) PL_MUSTCHECK;
/* Frees the buckets of a sketch that was initialised; it is empty then and may be filled again. */
void pl_ddsketch_fini(pl_ddsketch *s);

/* Adds n values. PL_EINVAL: one is NaN or infinite; PL_ENOMEM. Then those before it are in, it and what follows are not; *added says how many (may be
 * NULL). Constants, zeros and negative values are as others; n = 0: nothing. O(1) a value, and O(buckets) where the range grows. */
int pl_ddsketch_add(pl_ddsketch *s, const double *x, size_t n, size_t *added) PL_MUSTCHECK;

/* Adds all of another sketch of the same accuracy, exactly: the same counts as if all values had come here. PL_EINVAL: another accuracy; PL_ENOMEM: s is
 * unchanged. An empty one changes nothing. O(buckets). */
int pl_ddsketch_merge(pl_ddsketch *s, const pl_ddsketch *other) PL_MUSTCHECK;

/* The nearest-rank quantile p in [0, 1], within the accuracy; NaN where the sketch is empty; of one value that value. O(buckets). */
double pl_ddsketch_quantile(const pl_ddsketch *s, double p);

#endif
