/* Growth by a share: the offset that such a series grows away from, or falls to, and above which its seasons are a share of it. */
#ifndef PL_ANALYSIS_FORECAST_GROWTH_H
#define PL_ANALYSIS_FORECAST_GROWTH_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

/* The offset a of y = a + b exp(c t) with b > 0, from y[n] without gaps, seasons and wild values: by the means of its thirds, whose differences have the
 * ratio exp(c n / 3) (the modified exponential by partial sums; Gregg, Hossell, Richardson 1964). It lies four deviations of the noise below `least` or deeper,
 * a tenth of most - least at most, the ends of what its logarithm will be taken of. Of u y + v it is u a + v for u > 0. PL_EINVAL where the thirds do not bend
 * upwards so much that what is above the offset becomes 1.5 times as much, or as little, over the series: of a constant (all 0, one value, two, n < 6), a
 * straight line, of what turns and what bends downwards; and where two lines, one behind the other, fit clearly better than a curve does (a step, a ramp: by
 * the Bayesian information criterion; Schwarz 1978). Negative values are as others; NaN gives PL_EINVAL. deviate: the offset of a bend that many standard
 * errors stronger, at least of 1.05 times, lines or not; its error is the offset's by the delta method, values deviating from each third's line independently;
 * 0: the likeliest one. O(n). */
int pl_growth_offset(const double *y, size_t n, double least, double most, double deviate, double *offset) PL_MUSTCHECK;

/* The offset over which seasons are a share of the level: where their spread, the mean distance from the trend, would be none, by a line through the first
 * and the last third of y[n] (whole seasons of `season` steps each; no gaps and wild values). At least a fortieth of most - least below
 * `least`; it follows u y + v as above. Ours. PL_EINVAL where a third has no whole season, and where the spread does not go with the level, by a fifth over
 * the series: of a constant (all 0), one value, two, a straight line. Negative values are as others; NaN gives PL_EINVAL. clearly: whether it goes with the
 * level by three standard errors of independent values, too, to an offset that lies so far below. O(n). */
int pl_seasonal_offset(const double *y, size_t n, size_t season, double least, double most, bool *clearly, double *offset) PL_MUSTCHECK;

/* The offset over which the steps from value to value are a share of the level, as those of a walk of the logarithm are: where their mean size about the mean
 * step would be none, by a line through the first and the last third of y[n] (no gaps, seasons and wild values), as above. Ours. PL_EINVAL where thirds have
 * fewer than 20 values, where the size does not go with the level by three standard errors, steps being independent, where values deviate from a line and
 * from a curve as independent ones do, and where it is not a tenth of most - least below `least`, near which shares are no longer told from noise: of a
 * constant (all 0), one value, two, a straight line, a walk of steps of one size. Negative values are as others; NaN gives PL_EINVAL. O(n). */
int pl_walking_offset(const double *y, size_t n, double least, double most, double *offset) PL_MUSTCHECK;

/* The rate k of y = a + b exp(-k t), which levels out at a that is not known, of either sign of b (asymptotic regression: Stevens 1951): the one that leaves
 * the least squares, a and b given by linear regression (separable least squares: Golub, Pereyra 1973). y[n] as above. PL_EINVAL where b exp(-k t) does not
 * become 1.5 times less over the series, or so fast that a twentieth of them shows it, and where a line, or two lines, one behind the other, fit nearly as well
 * (as above): of a constant (all 0), one value, two, n < 12; NaN gives PL_EINVAL. It is the same of u y + v, u of either sign. deviate: the rate of a bend that
 * many standard errors stronger, its logarithm's by the curvature of the squares there, residuals being correlated as from one to the next. O(n). */
int pl_levelling_rate(const double *y, size_t n, double deviate, double *rate) PL_MUSTCHECK;

#endif
