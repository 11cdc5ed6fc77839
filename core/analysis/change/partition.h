/* Optimal partitioning of a history into stretches of one level: PELT (Killick, Fearnhead, Eckley 2012), over the places where a change can be. */
#ifndef PL_ANALYSIS_CHANGE_PARTITION_H
#define PL_ANALYSIS_CHANGE_PARTITION_H

#include <stddef.h>

#include "base/alloc.h"

enum { PL_PARTITION_ALL = 4096 /* up to so many values each place is looked at */ };

/* Where the n values y, finite and of variance 1 about their level, are best cut: the cuts (first values of new stretches, in order) that make the sum of
 * squares about the stretches' means plus penalty for each cut least, no stretch shorter than `least`. cuts has room for n; *cost is that sum. Above
 * PL_PARTITION_ALL values places are those where some stretch of the seeded intervals (Kovacs et al. 2023) has its largest CUSUM, if that gains half a
 * penalty. Errors: PL_ENOMEM. Time: n log n for the places, about the places times a stretch's for the cuts. */
int pl_partition(const pl_allocator *a, const double *y, size_t n, double penalty, size_t least, size_t *cuts, size_t *n_cuts, double *cost)
    PL_MUSTCHECK;

#endif
