/* The form of seasons: what an hour of the day and a day of the week are above the level. */
#ifndef PL_ANALYSIS_FORECAST_PROFILE_H
#define PL_ANALYSIS_FORECAST_PROFILE_H

#include <stddef.h>

#include "base/alloc.h"

/* Adds to out[total] the seasonal part of y[n] (NaN: a gap), repeated to total >= n values; sums to about 0 over each season. seasons[count], shortest
 * first; each is taken from what the ones before leave: from y the mean of one season about each value and the slope within it are taken away (so that
 * growth is no season), and the medians by phase over the last 21 seasons remain. A season longer than n / 2 is left out; so is one of which a phase has no
 * value. A constant, all 0, gaps alone and n < 4 (one value, two, none) add nothing. Values are NaN or of a size that n of can be added up. Ours. Errors:
 * PL_ENOMEM. O(n) a season. */
int pl_profile(const pl_allocator *a, const double *y, size_t n, const size_t *seasons, size_t count, size_t total, double *out) PL_MUSTCHECK;

#endif
