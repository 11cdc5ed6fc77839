/* A series by the day: what planners count in. */
#ifndef PL_ANALYSIS_FORECAST_DAILY_H
#define PL_ANALYSIS_FORECAST_DAILY_H

#include <stddef.h>

#include "analysis/forecast/grid.h"

typedef enum pl_daily_kind {
  PL_DAILY_MEAN,
  PL_DAILY_MAX,
  PL_DAILY_MIN,
  PL_DAILY_P95 /* 95th percentile of the day's values, the nearest rank */
} pl_daily_kind;

/* One value for each day of g, from midnight to midnight of a zone that is offset_s east of Greenwich; a day of which less than half the
 * cells have a value is NaN, and such days at both ends are left out. With a step above half a day a day's one value is that of the day, whatever
 * the kind. Constant, all-zero and negative values are as others. Errors: PL_EINVAL for an empty grid, a step longer than a day, and where no day has
 * a value; PL_ENOMEM. O(n). */
int pl_daily(const pl_allocator *a, const pl_grid *g, pl_daily_kind kind, double offset_s, pl_grid *out) PL_MUSTCHECK;

#endif
