/* How finely a series is written: in ones, hundredths, steps of 4 KiB. */
#ifndef PL_ANALYSIS_FORECAST_RESOLUTION_H
#define PL_ANALYSIS_FORECAST_RESOLUTION_H

#include <stddef.h>

/* The largest number of which all differences of y[n] are multiples (Euclid's algorithm), NaN and infinities left out. 0: there is none of at least a
 * millionth of the range, as in what is measured finely, or all values are the same, or there is none. An interval of forecasts that is narrower than this
 * may hold no value that can come. Shifts do not change it; it scales with the series, and counts as DBL_MAX where it would be more. Of two values their
 * distance. O(n), each value a few steps. */
double pl_resolution(const double *y, size_t n);

#endif
