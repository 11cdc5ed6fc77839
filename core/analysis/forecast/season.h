/* A season of a series: whether it is there, how strong, and its shape. */
#ifndef PL_ANALYSIS_FORECAST_SEASON_H
#define PL_ANALYSIS_FORECAST_SEASON_H

#include <stdbool.h>
#include <stddef.h>

/* Whether y of n finite values has a season of m steps. Either its autocorrelation at m is beyond the 90 % limit 1.645 sqrt((1 + 2 sum of the squared ones
 * before) / n), as in the benchmarks of M4 (Makridakis, Spiliotis, Assimakopoulos 2020, after Bartlett's formula); or, as a trend makes all those before
 * large and the limit wide, its steps repeat by QS at 95 %. False for m < 2, n < 3 m, a constant (also all 0), a straight line, and squares that no double
 * holds. Time: n m. */
bool pl_has_season(const double *y, size_t n, size_t m);

/* QS (Maravall 2011; X-13ARIMA-SEATS): Ljung and Box's statistic of the first differences of y at m and 2 m, of which only positive autocorrelations count,
 * and none where that at m is not; of noise at most about chi squared with two degrees of freedom. 0 of n < 2 m + 2 values, m 0, a constant, and a line to a
 * millionth of its step. Finite values. Time: n. */
double pl_season_qs(const double *y, size_t n, size_t m);

/* The classical additive decomposition (Makridakis, Wheelwright, Hyndman 1998, section 3/4): the trend is a centred moving average of m, season[i] the mean
 * deviation from it at the places i, i + m, ... of the series, centred around 0. Then the shape is pulled towards 0 by James and Stein's factor (Miller,
 * Williams 2003), which is near 1 where the season is clear. A constant has a shape of 0. Finite values, n >= 2 m >= 4. scratch: n values. Time: n. */
void pl_season_shape(const double *y, size_t n, size_t m, double *season, double *scratch);

enum { PL_SEASONS_MAX = 4 }; /* of a series */

/* How much of y's variance around its moving average a season of m explains, each cycle told by the others: 1 less the sum of squared errors of the mean of
 * the other cycles at each place, over that of the deviations. Below 0 for noise, near 1 for a clear season, 0 of a constant. Finite values, n >= 2 m;
 * scratch: n + m. Ours. Time: n. */
double pl_season_strength(const double *y, size_t n, size_t m, double *scratch);

/* Takes the season's shape off y, any values; NaN stays. This and those below: linear, and nothing where n is 0. */
void pl_season_take(double *y, size_t n, size_t m, const double *season);
/* Puts it on n values that begin at the place `at` of the season. */
void pl_season_put(double *y, size_t n, size_t m, const double *season, size_t at);

/* How a season grows with the level: its shape is times 1 + rate (level - centre). rate 0: it does not. */
typedef struct pl_season_growth {
  double rate, centre;
} pl_season_growth;

/* The growth that the series' deviations from its moving average show, by least squares over shape times level; a rate of less than twice its standard
 * error is 0. It is what a multiplicative season is with its origin found rather than taken for 0, so that shifted series have the same one. Within the
 * series the factor stays above 1/10. 0 of a constant, and of fewer than 4 places with an average. Finite values, n >= 2 m; scratch: n. Ours. Time: n. */
pl_season_growth pl_season_growth_of(const double *y, size_t n, size_t m, const double *season, double *scratch);

/* As pl_season_take, of a season that grows. */
void pl_season_take_growing(double *y, size_t n, size_t m, const double *season, pl_season_growth g);
/* As pl_season_put, of a season that grows. */
void pl_season_put_growing(double *y, size_t n, size_t m, const double *season, pl_season_growth g, size_t at);

#endif
