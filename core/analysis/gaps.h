/* Missing values of a series. */
#ifndef PL_ANALYSIS_GAPS_H
#define PL_ANALYSIS_GAPS_H

#include <stddef.h>

/* y[n] with its gaps (NaN) filled into out: linearly between neighbours, the nearest value at the ends; where season > 1 and one or more seasons before or
 * behind there is a value, by those instead, so that a gap of a day keeps the day's form. Returns how many were filled; all-NaN input is left as it
 * is and gives n; 0 where nothing is missing and for n = 0. O(n). */
size_t pl_gaps_fill(const double *y, size_t n, size_t season, double *out);

#endif
