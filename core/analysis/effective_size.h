/* How many independent values a series is worth. */
#ifndef PL_ANALYSIS_EFFECTIVE_SIZE_H
#define PL_ANALYSIS_EFFECTIVE_SIZE_H

#include <stddef.h>

/* n / (1 + 2 sum of autocorrelations), summed while those of two lags together are above 0 and do not grow (the initial monotone
 * sequence; Geyer 1992, section 3.3), between 1 and n. x: n finite values in their order. 0 for n = 0; n for fewer than 4, for a
 * constant. O(n k), k <= 1,000 lags. */
double pl_effective_size(const double *x, size_t n);

#endif
