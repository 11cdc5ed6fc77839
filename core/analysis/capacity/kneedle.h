/* The knee of a curve: Satopaa, Albrecht, Irwin and Raghavan, Finding a "Kneedle" in a Haystack (ICDCS workshops 2011). */
#ifndef PL_ANALYSIS_CAPACITY_KNEEDLE_H
#define PL_ANALYSIS_CAPACITY_KNEEDLE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/alloc.h"
#include "base/error.h"

/* Most points of a curve. */
#define PL_KNEE_MAX 1000000

/* What curve it is. */
typedef struct pl_curve {
  const double *x, *y; /* n each, in any order of x */
  size_t n;
  bool convex;     /* it bends upwards: an elbow; else downwards: a knee */
  bool decreasing; /* it falls; else it rises */
  double s;        /* sensitivity, >= 0: how many mean steps below a maximum the difference must fall; 1 is the paper's */
} pl_curve;

/* The knee: the first in the order of the normalised curve. */
typedef struct pl_knee {
  bool found;
  double x, y;     /* NaN where none was found */
  const char *why; /* where none was found: why, a constant text */
  size_t n_all;    /* how many there are in all */
} pl_knee;

/* Normalises both axes to 0 ... 1, turns the curve to a rising one that bends downwards, and looks where the difference from the diagonal has
 * fallen from a local maximum below its threshold before the next one; a local minimum sets the threshold to 0. Points at both ends count as
 * extrema, and so do all of a plateau. all: room for n knees (their x, rising, each once), or NULL. No knee (found is false): fewer than 3
 * points, a constant x or y (also all 0), a difference that never falls enough. Negative values are as others. Errors, PL_EINVAL: a value that is not
 * finite or beyond 1e150 in size, s < 0, no or too many points;
 * PL_ENOMEM. O(n log n); memory 48 n bytes. */
int pl_kneedle(const pl_allocator *a, const pl_curve *curve, pl_knee *out, double *all, pl_error *err) PL_MUSTCHECK;

#endif
