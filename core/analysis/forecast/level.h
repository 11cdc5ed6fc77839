/* Steps in a level that a forecast respects: what came before one counts as if it had been at the level that followed. */
#ifndef PL_ANALYSIS_FORECAST_LEVEL_H
#define PL_ANALYSIS_FORECAST_LEVEL_H

#include <stdbool.h>
#include <stddef.h>

#include "base/alloc.h"

enum { PL_LEVEL_STEPS = 16 }; /* of a series; one with more is a series of steps, and no model may forget them */

typedef struct pl_level_steps {
  size_t n;
  size_t index[PL_LEVEL_STEPS];  /* of the first value behind each, ascending */
  double size[PL_LEVEL_STEPS];   /* what it added to the level */
  size_t quiet;                  /* steps ahead within which none is expected; behind them each step brings one with `chance`, as large, up or down */
  double chance;
} pl_level_steps;

/* Finds the steps in y[n] (NaN: a gap) by the changes of level, of lines too, that change/shift.h tells, seasons apart: those that it finds, and before the
 * n_seasons that are known, shortest first. They count where all are clear (each four standard deviations or more of the noise about the levels around it;
 * below one it is passed over), and rare, as what comes is taken to bring none: levels of 20 values on the average, at most half a step to be expected within
 * the horizon by how many came, and the last level held for half of it. One alone in 160 values and more, of which a series that jumps would show more, counts
 * once its level held for 20, and none is expected within as many values as there are; behind them one in so many. No steps in fewer than 40 values, in series
 * whose trend changes, in constants and all-zero ones. Of u y + v, u > 0, they are u times as large. stopped: asked now and then, NULL: nobody. Infinities are
 * not asked. Level shifts as interventions: Chen, Liu 1993; which ones count is ours. PL_ENOMEM, PL_ECANCELED. Time: that of shift.h. */
int pl_level_steps_find(const pl_allocator *a, const double *y, size_t n, const size_t *seasons, size_t n_seasons, size_t horizon,
                        bool (*stopped)(void *of), void *of, pl_level_steps *out) PL_MUSTCHECK;

/* Variance that steps to come give the level k steps ahead. 0 within the quiet ones, and without steps. O(1). */
double pl_level_steps_variance(const pl_level_steps *s, size_t k);

/* Brings y[n] to its last level; NaN stays. O(n). */
void pl_level_steps_align(const pl_level_steps *s, double *y, size_t n);

#endif
