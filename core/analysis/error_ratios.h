/* Two groups of runs by their shares of failures: how far apart, and whether that is more than chance and more than runs differ anyway. */
#ifndef PL_ANALYSIS_ERROR_RATIOS_H
#define PL_ANALYSIS_ERROR_RATIOS_H

#include <stdint.h>

#include "analysis/compare.h"

/* Failures of a run, and of how many. */
typedef struct pl_tally {
  uint64_t failed, total;
} pl_tally;

/* The share that a change is measured by where the baseline's is less: the objective that a run without one has. A limit of 5 % is then 0.05
 * points. */
#define PL_ERROR_RATIO_FLOOR 0.01

/* Failures of all runs of a side are one count: Fisher's exact test or the two-proportion test (proportions.h). Where the runs of a side, or
 * of the history, differ among themselves by more than chance (Pearson's chi-squared over its degrees of freedom, the dispersion, above 1),
 * the standard error grows with its root, and Student's t judges (McCullagh and Nelder, Generalized Linear Models, 1989, 4.5). The larger p
 * counts. history: earlier runs of which nothing has changed, n_history of them, for the dispersion where the sides are too few; may be NULL.
 * out: baseline and candidate are shares; effect, lo and hi are relative, or differences where the baseline is 0; noise_known as pl_compare
 * has it, or with PL_NOISE_RUNS_MIN runs of history; p is there without it, too. Regressed: worse by more than limit times the baseline or
 * the floor, p < 0.05 and the interval clear of 0. A change that may be chance is inconclusive where the candidate's share is above the
 * floor, and else the same. more: runs a side as large as these. False: a side without any total, or more failures than total. O(n). */
bool pl_compare_error_ratios(const pl_tally *base, size_t n_base, const pl_tally *candidate, size_t n_candidate, const pl_tally *history, size_t n_history,
                             double limit, pl_comparison *out);

#endif
