/* Optimal partitioning of a history into levels or lines: PELT (Killick, Fearnhead, Eckley 2012), over the places where a change can be. */
#ifndef PL_ANALYSIS_CHANGE_PARTITION_H
#define PL_ANALYSIS_CHANGE_PARTITION_H

#include "analysis/change/pieces.h"

enum { PL_PARTITION_ALL = 2048 /* up to so many values each place is looked at */ };

/* Where a history is best cut: the cuts (first values of new stretches, in order) that make the sum of squares about the stretches' pieces plus penalty for
 * each cut least, no stretch shorter than `least`, but the last one, which has `last` <= `least` values or more. cuts has room for n. Above PL_PARTITION_ALL
 * values places are those where some stretch of the seeded intervals (Kovacs et al. 2023) is best cut in two, if that gains a penalty. Equal costs: the earlier
 * cut. A constant, and fewer than `least` + `last` values have none; n >= 1. False: no memory. Time: n log n for the places, about the places times a stretch's
 * for the cuts. */
bool pl_partition(const pl_pieces *y, double penalty, size_t least, size_t last, size_t *cuts, size_t *n_cuts) PL_MUSTCHECK;

#endif
