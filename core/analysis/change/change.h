/* Changes in a history: what all methods of this folder give. */
#ifndef PL_ANALYSIS_CHANGE_CHANGE_H
#define PL_ANALYSIS_CHANGE_CHANGE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/alloc.h"
#include "perilune/error.h"

enum { PL_CHANGES_VALUES = 1 << 24 /* values of a history */ };

/* What is another one, and so what before and after are. */
typedef enum pl_change_kind {
  PL_CHANGE_LEVEL,  /* means of the stretches on both sides, outliers drawn in; of lines their values at the change */
  PL_CHANGE_TREND,  /* slopes of the lines on both sides, a value */
  PL_CHANGE_SPREAD, /* standard deviations about the level or line */
} pl_change_kind;

/* One change: from index on it is another one. */
typedef struct pl_change {
  pl_change_kind kind;
  size_t index;         /* of its first value, from 0 */
  double before, after;
  double effect;        /* after - before */
  double relative;      /* effect / |before|; 0 where before is 0 */
  double lo, hi;        /* effect, with 95 % confidence (Welch, with as many values as independent ones would be) */
  double p;             /* of no difference, two-sided */
  double noise;         /* standard deviation of values about the levels or lines on both sides, outliers drawn in; 0 of changes of spread */
  bool lines;           /* both sides are straight lines */
  double slope_before, slope_after; /* of lines, a value; else 0 */
} pl_change;

/* Changes in order of their index; {0} is empty. */
typedef struct pl_changes {
  const pl_allocator *alloc;
  pl_change *list;
  size_t n, cap;
} pl_changes;

/* What long computations ask now and then. */
typedef struct pl_change_ask {
  bool (*stopped)(void *of); /* NULL: nobody stops it */
  void *of;
} pl_change_ask;

/* Whether somebody wants it to stop. O(1). */
static inline bool pl_change_is_stopped(const pl_change_ask *ask)
{
  return ask && ask->stopped && ask->stopped(ask->of);
}

/* Appends one; false: no memory. O(1) on the whole. */
bool pl_changes_add(pl_changes *c, const pl_change *change) PL_MUSTCHECK;

/* Makes its numbers `scale` > 0 times as large, and finite: at most 1e308. O(1). */
void pl_change_scale(pl_change *c, double scale);

/* Puts them in order of their index. O(n log n). */
void pl_changes_sort(pl_changes *c);

/* Frees what it holds; empty afterwards. */
void pl_changes_fini(pl_changes *c);

/* Fills in what lies on both sides of index: before[n_before] and after[n_after] are values without NaN, each of which counts as much as `independent` (0
 * to 1) of an independent one. Where a side of 5 or more has fewer than 5 independent ones, the variance is taken as one of both sides (Student's t, which
 * small samples bear where Welch's loses power: de Winter 2013). Too few (one value, or none, which counts as 0) or no variance (constants, all 0): the
 * interval is the effect alone, p 1 where there is none, else 0. Negative values are as others; numbers beyond 1e308 count as that. Welch 1947. O(n). */
void pl_change_measure(const double *before, size_t n_before, const double *after, size_t n_after, double independent, pl_change *out);

/* The same of straight lines by least squares, 3 values or more each: a change of level where the step at the change is the clearer one, by its distance
 * from 0 in standard errors, else of trend. What constants and large values give: as above. O(n). */
void pl_change_measure_lines(const double *before, size_t n_before, const double *after, size_t n_after, double independent, pl_change *out);

/* The same of spreads: deviations about 0. The interval takes their fourth moments for the variance of their squares (the delta method; Kendall, Stuart
 * 1977, chapter 10). p is left as it is. What one value, constants and large values give: as of pl_change_measure. O(n). */
void pl_change_measure_spread(const double *before, size_t n_before, const double *after, size_t n_after, double independent, pl_change *out);

#endif
