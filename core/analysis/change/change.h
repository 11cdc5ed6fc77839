/* Changes of level in a history: what all methods of this folder give. */
#ifndef PL_ANALYSIS_CHANGE_CHANGE_H
#define PL_ANALYSIS_CHANGE_CHANGE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/alloc.h"
#include "perilune/error.h"

enum { PL_CHANGES_VALUES = 1 << 24 /* values of a history */ };

/* One change: from index on the level is another one. */
typedef struct pl_change {
  size_t index;         /* of its first value, from 0 */
  double before, after; /* means of the stretches on both sides, outliers drawn in */
  double effect;        /* after - before */
  double relative;      /* effect / |before|; 0 where before is 0 */
  double lo, hi;        /* effect, with 95 % confidence (Welch, with as many values as independent ones would be) */
  double p;             /* of no difference, two-sided */
} pl_change;

/* Changes in order of their index; {0} is empty. */
typedef struct pl_changes {
  const pl_allocator *alloc;
  pl_change *list;
  size_t n, cap;
} pl_changes;

/* Appends one; false: no memory. */
bool pl_changes_add(pl_changes *c, const pl_change *change) PL_MUSTCHECK;

/* Frees what it holds; empty afterwards. */
void pl_changes_fini(pl_changes *c);

/* Fills in what lies on both sides of index: before[n_before] and after[n_after] are values without NaN, each of which counts as much as
 * `independent` (0 to 1) of an independent one. Too few or no variance: the interval is the effect alone, p 1 where there is none, else 0. */
void pl_change_measure(const double *before, size_t n_before, const double *after, size_t n_after, double independent, pl_change *out);

#endif
