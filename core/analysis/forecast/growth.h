/* Growth by a share: where the values would lie that such a series grows away from, or falls to. */
#ifndef PL_ANALYSIS_FORECAST_GROWTH_H
#define PL_ANALYSIS_FORECAST_GROWTH_H

#include <stddef.h>

#include "base/error.h"

/* The offset a of y = a + b exp(c t) with b > 0, from y[n] without gaps, seasons and wild values: by the means of its thirds, whose differences have the
 * ratio exp(c n / 3) (the modified exponential by partial sums; Gregg, Hossell, Richardson 1964). It lies at least a tenth of most - least below
 * `least`, the ends of what its logarithm will be taken of. Of u y + v it is u a + v for u > 0. PL_EINVAL where the thirds do not bend upwards so much that
 * what is above the offset becomes 1.5 times as much, or as little, over the series: of a constant (all 0, one value, two, n < 6), a straight line, of what
 * turns and what bends downwards. Negative values are as others; NaN gives PL_EINVAL. O(n). */
int pl_growth_offset(const double *y, size_t n, double least, double most, double *offset) PL_MUSTCHECK;

#endif
