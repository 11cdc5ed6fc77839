/* Changes in a history, robustly: the default method.
 *
 * Values above 0 are looked at as their logarithms, so that noise in percent is the same at each level. A season is taken off (cycle.h). Outliers are drawn
 * in to 3 robust standard deviations about the median of the 7 values around. Then the best model of levels or straight lines with autoregressive noise says
 * where changes are (model.h), those of p above 0.01 left out, and what it leaves says where the spread alone changes
 * (spread.h), 15 values or more from another change. */
#ifndef PL_ANALYSIS_CHANGE_SHIFT_H
#define PL_ANALYSIS_CHANGE_SHIFT_H

#include "analysis/change/change.h"
#include "analysis/change/model.h"

enum { PL_SHIFT_LEAST = 2 * PL_MODEL_LEAST /* values; fewer have no change */ };

/* Finds the changes of x[n]. NaN are missing: counted in the index and in seasons, otherwise left out. Fewer than PL_SHIFT_LEAST values, constant and all-zero
 * ones have none; negative ones are taken as they are. ask: whether somebody wants it to stop, now and then; NULL: nobody. out is made here. Errors: PL_EINVAL
 * (an infinity), PL_ELIMIT, PL_ENOMEM, PL_ECANCELED; *out is then empty. Time: model.h's. */
int pl_shift_find(const pl_allocator *a, const double *x, size_t n, const pl_change_ask *ask, pl_changes *out, pl_error *err) PL_MUSTCHECK;

#endif
