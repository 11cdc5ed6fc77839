/* Irregular stamps onto a regular grid: what forecasts are made of. */
#ifndef PL_ANALYSIS_FORECAST_GRID_H
#define PL_ANALYSIS_FORECAST_GRID_H

#include <stddef.h>

#include "base/alloc.h"

/* The longest grid, in cells: four times a million values. */
#define PL_GRID_MAX 4000000

typedef struct pl_grid {
  double *y;     /* n values, NaN where there is none; freed by pl_grid_free */
  size_t n;
  double start;  /* s since 1970, of the first cell */
  double step;   /* s */
  size_t missing; /* cells without a value */
  size_t repeated; /* values that fell into a cell which had one: the cell has their mean */
  size_t ignored; /* values that are not finite */
} pl_grid;

/* Puts value[i] of stamp time[i] (s since 1970, any order, repeated ones allowed) onto a grid whose step is the median spacing of different stamps, refined
 * over the whole span, and a whole number of seconds where it is within 0.1 % of one. A stamp goes to the nearest cell, and cells are counted by time, so
 * that gaps do not shift the phase and jitter does not add up. The first and last cells have a value. step > 0 says the step instead. Values may be of any
 * sign and size, all the same, all 0; ours. Errors: PL_EINVAL for fewer than two different stamps with finite values (one, where a step is given),
 * PL_ELIMIT for more than PL_GRID_MAX cells (a stamp is wrong), PL_ENOMEM. O(n log n). */
int pl_grid_of(const pl_allocator *a, const double *time, const double *value, size_t n, double step, pl_grid *out) PL_MUSTCHECK;

/* Frees the values; a zeroed grid is fine. */
void pl_grid_free(const pl_allocator *a, pl_grid *g);

#endif
