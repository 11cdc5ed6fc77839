/* A series as models want it: without gaps, of a size of about 1. */
#ifndef PL_ANALYSIS_FORECAST_PREPARE_H
#define PL_ANALYSIS_FORECAST_PREPARE_H

#include <stdbool.h>
#include <stddef.h>

typedef struct pl_prepared {
  double *z;            /* n values: (y / unit - shift) / scale; the caller's memory */
  size_t n;
  double unit, shift, scale; /* scale 0: a constant, whose value is shift * unit */
  size_t ahead;         /* gaps behind the last value, which z has not */
  size_t missing;       /* gaps that were filled */
} pl_prepared;

/* Takes the newest values of y, at most `most` steps, into z (of as many): gaps (NaN, infinities) at both ends are cut off, those between are filled along
 * a straight line. Then the middle of the range becomes 0 and the mean distance from step to step (else the range) 1. A constant (one value, all 0) has
 * scale 0; two values become -1/2 and 1/2. Sizes from 1e-300 to the largest double; negative ones are as others. False: there is no finite value. Linear. */
bool pl_prepare(const double *y, size_t n, size_t most, double *z, pl_prepared *p);

/* Fills gaps again, now along a line through the series without the season m, by `y` as it was given: the line keeps the season's shape. shape: m values,
 * of z's first step. Nothing where no gap was filled. Linear. */
void pl_prepare_season(pl_prepared *p, const double *y, size_t n, const double *shape, size_t m);

/* A value of z's scale in the series' own. Finite, at most DBL_MAX; z is not NaN. O(1). */
double pl_prepared_value(const pl_prepared *p, double z);

#endif
