/* Which periods a series has: the day and the week of hours, the day of five minutes. */
#ifndef PL_ANALYSIS_FORECAST_PERIOD_H
#define PL_ANALYSIS_FORECAST_PERIOD_H

#include <stddef.h>

#include "analysis/forecast/season.h"
#include "base/alloc.h"

/* The periods of y[n] (NaN: a gap) in steps, shortest first, into out, 0 behind the last; how many there are into *count. Lengths that are tried: with
 * step_s > 0 (the length of a step) an hour, a day, a week and a year of such steps, two of each in the series; usual numbers of steps (of days, weeks and
 * years in minutes, hours, days, weeks, months and quarters), three of each; and the highest peaks that stand out of the autocorrelation of the series and
 * of its differences (by the periodogram, Wiener and Khinchin). Each must explain a tenth of its cycles by the others (pl_season_strength); what the clock
 * does not name one standard error of noise more, a peak two. Of these the period is the one that explains most, or a shorter one that explains nearly as
 * much, or the named one it is near; its shape is taken away, and named multiples that explain a tenth of the rest are periods, too. known: one that is
 * there, 0 for none: then its multiples alone are looked for. All this of the series without its robust trend, wild values clipped at six robust standard
 * deviations. Of longer series the last 65,536 values count. Constant, short (below 12) and all-NaN series have none. PL_ENOMEM. O(n log n). */
int pl_periods_find(const pl_allocator *a, const double *y, size_t n, double step_s, size_t known, size_t out[PL_SEASONS_MAX], size_t *count) PL_MUSTCHECK;

/* Autocorrelation of x[n] (no NaN; its mean is taken away) at the lags 0 ... n - 1, each over the pairs that there are; all 0 for a constant, and 1 and -1
 * of two values. Sizes whose squares add up. n = 0: nothing. Box, Jenkins 1976, section 2.1, by the power spectrum (Wiener, Khinchin). PL_ENOMEM. O(n log
 * n). */
int pl_autocorrelations(const pl_allocator *a, const double *x, size_t n, double *out) PL_MUSTCHECK;

#endif
