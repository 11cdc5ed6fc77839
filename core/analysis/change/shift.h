/* Changes of level in a history, robustly: the default method.
 *
 * Values above 0 are looked at as their logarithms, so that noise in percent is the same at each level. Their noise is measured by differences of
 * neighbours, which a level does not touch, drawn in at 3 robust standard deviations (by the median, Rousseeuw, Croux 1993); how much a value hangs on the
 * one before (AR(1)) by how much larger differences over two are. Outliers are drawn in to 3.5 standard deviations about the median of the 7 values
 * around. Then optimal partitioning (partition.h) with penalty 2.6 log n, times what an AR(1)'s long-run variance is larger by, (1 + phi) / (1 - phi); and twice
 * more, with noise measured about the levels that were found, over 6 lags. Where differences go on growing with their lag, or levels would last fewer than 15 values,
 * there is no noise about levels: then cuts are what takes a good part of the whole variance away. A straight line through all, and what is cut about it, takes the
 * place of stairs where it costs less. */
#ifndef PL_ANALYSIS_CHANGE_SHIFT_H
#define PL_ANALYSIS_CHANGE_SHIFT_H

#include "analysis/change/change.h"

enum { PL_SHIFT_LEAST = 5 /* values of a stretch */ };

/* Finds the changes of x[n]. NaN are missing: left out, and counted in the index. Fewer than 2 * PL_SHIFT_LEAST values, constant and all-zero ones have none;
 * negative ones are taken as they are. out is made here. Errors: PL_EINVAL (an infinity), PL_ELIMIT, PL_ENOMEM; *out is then empty. Time: partition.h's. */
int pl_shift_find(const pl_allocator *a, const double *x, size_t n, pl_changes *out, pl_error *err) PL_MUSTCHECK;

#endif
