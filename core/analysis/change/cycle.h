/* A season of a history, which is no change: found, and taken off. */
#ifndef PL_ANALYSIS_CHANGE_CYCLE_H
#define PL_ANALYSIS_CHANGE_CYCLE_H

#include <stddef.h>

enum { PL_CYCLE_MOST = 400 /* values of a season */, PL_CYCLE_LOOK = 8192 /* the last values, where seasons are looked for */ };

/* The length of y's season: the shortest peak of the autocorrelation of differences of neighbours, steps drawn in, that is three quarters of the highest
 * one, if that is above 1/2 and above 2.5 standard errors of noise, each 1 over the root of the products that it rests on (Bartlett 1946), and comes after
 * one of 0 or less; seasons have 3 to n / 3 values. 0: there is none (of a constant, all 0, noise), or fewer than 24 values. Finite values; ours. scratch:
 * 2 n. Time: PL_CYCLE_LOOK PL_CYCLE_MOST at most. */
size_t pl_cycle_find(const double *y, size_t n, double *scratch);

/* Takes a season of m values off y: at each place the median of what is above the centred moving average over m, about 0 in all; a level that changes stays
 * where it was. A season may slip (slip.h). A constant stays as it is. Finite values, n >= 3 m; ours. scratch: 3 n. Time: n m at most, for each slip. */
void pl_cycle_take(double *y, size_t n, size_t m, double *scratch);

#endif
