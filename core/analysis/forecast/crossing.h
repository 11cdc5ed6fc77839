/* When a limit is reached: from many paths that the future may take. */
#ifndef PL_ANALYSIS_FORECAST_CROSSING_H
#define PL_ANALYSIS_FORECAST_CROSSING_H

#include <stdbool.h>
#include <stddef.h>

#include "base/alloc.h"

typedef struct pl_crossing {
  double p10, p50, p90; /* steps after the last value, from 1 on, between whole ones where the path crosses between two; INFINITY: not within the horizon */
  double chance;        /* share of paths that cross within the horizon */
  double *at;           /* the first crossing of each path, sorted; INFINITY: none; n values, freed by pl_crossing_free */
  size_t n;
} pl_crossing;

/* First crossings of paths[n * h], row by row, the series having been `last` before. falls: the limit is a floor, and what comes down to it crosses; else
 * what comes up to it. To reach it is enough: free space, which is never below 0, ends at 0. The limit lies between lo and hi with a chance of 95 % (lo =
 * hi: it is known): each path has its own, from the normal distribution of that interval by its quantiles in an order that paths do not depend on
 * (multiples of the golden ratio; Kuipers, Niederreiter 1974, chapter 2), so that the answer is deterministic. Quantiles are nearest ranks: of one path
 * all are its own. A path that begins at the limit (constant, all 0) or beyond it crosses at step 1; a NaN of a path is not beyond. Errors: PL_EINVAL for
 * no path, h = 0 or a limit that is not finite; PL_ENOMEM. O(n h + n log n). */
int pl_crossing_of(const pl_allocator *a, const double *paths, size_t n, size_t h, double last, double lo, double hi, bool falls,
                   pl_crossing *out) PL_MUSTCHECK;

/* The chance that the limit is crossed within d steps; 0 without a path, and for d below 0 and NaN. O(log n). */
double pl_crossing_within(const pl_crossing *c, double d);

/* Frees the crossings; a zeroed one is fine. */
void pl_crossing_free(const pl_allocator *a, pl_crossing *c);

#endif
