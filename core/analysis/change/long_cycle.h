/* A season of a long history that is longer than those that are looked for value by value. */
#ifndef PL_ANALYSIS_CHANGE_LONG_CYCLE_H
#define PL_ANALYSIS_CHANGE_LONG_CYCLE_H

#include <stddef.h>

enum { PL_LONG_CYCLE_BLOCKS = 256 /* means, at least: of fewer a correlation of 1/2 comes by itself */ };

/* The length of a season of y[n] above PL_CYCLE_MOST values and up to n / 3: that of means of 2, 4, 8 ... values (cycle.h), the finest that show one; its
 * length is then that of ever more seasons, by a parabola through the correlation of differences over a quarter of a season. 0: there is none (of a constant,
 * all 0, noise), a shorter one, or n is at most 3 PL_CYCLE_MOST. Finite values; ours. scratch: 3 n. Time: n, and PL_CYCLE_LOOK PL_CYCLE_MOST for each doubling. */
size_t pl_long_cycle_find(const double *y, size_t n, double *scratch);

#endif
