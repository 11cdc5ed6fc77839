/* Where the cuts between levels lie, by what noise about them remembers: the likeliest place of each one between its neighbours. */
#ifndef PL_ANALYSIS_CHANGE_LOCATE_H
#define PL_ANALYSIS_CHANGE_LOCATE_H

#include <stdbool.h>
#include <stddef.h>

#include "analysis/change/noise.h"

enum { PL_LOCATE_LEAST = PL_CHANGE_NOISE_ORDER /* values of a stretch, at least */ };

/* Moves the k cuts of y[n], in order, to where what is new in autoregressive noise about the levels has the least sum of squares; its coefficients are
 * `noise`'s. Least squares of the values themselves place a cut where sums differ, and a mean of noise that remembers wanders; what is new at a change is the
 * whole of the step at once. Levels are means of the stretches; both are found in turn, a few rounds or until nothing moves (Bai 1994, on the change of a mean
 * in a linear process). Stretches keep `least` values or more, the last one what it has where that is less. Noise of order 0 has nothing to tell: no cut moves.
 * y: finite, of a size of about 1; constants have no cuts. True: some cut moved. Time: n for each round. */
bool pl_change_locate(const double *y, size_t n, const pl_change_noise *noise, size_t least, size_t *cuts, size_t k);

#endif
