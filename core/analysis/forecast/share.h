/* What grows, walks or has seasons by a share of its level, brought to where shares add up, which is what all models see of it. */
#ifndef PL_ANALYSIS_FORECAST_SHARE_H
#define PL_ANALYSIS_FORECAST_SHARE_H

#include "analysis/forecast/outlook.h"

typedef struct pl_share {
  double offset;       /* what is above it, or below where it is upside down, is what shares are of */
  double centre, size; /* of the logarithm of that; size 0: nothing is a share */
  bool upside_down;
} pl_share;

/* Whether steps or seasons of y[n] (-1 to 1, NaN: a gap) clearly are a share of the level, by how their spread goes with it (growth.h): a power
 * transformation's choice between 1 and 0 (Box, Cox 1964), by the spreads of parts of the series (as Guerrero 1993). spec: as candidate.h reads it. Of
 * constants (all 0), one value, two, and fewer than 8 none is; negative values are as others. PL_ENOMEM. O(n). */
int pl_share_find(const pl_allocator *a, const double *y, size_t n, const pl_outlook_spec *spec, pl_share *out) PL_MUSTCHECK;

/* y[n] as models see it: it rises with y, from -1 to 1; what lies beyond the offset becomes a gap. As it is where nothing is a share. O(n). */
void pl_share_take(const pl_share *s, double *y, size_t n);

/* A value of pl_share_take's as it was. Finite of finite ones. O(1). */
double pl_share_undo(const pl_share *s, double z);

#endif
