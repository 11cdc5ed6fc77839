/* Anomalies of several series that belong together, as those of one host: one score a row for all, and the series that contributed most. Each series has a
 * detector of its own (detector.h). What they have in common is judged by two sums over the series: of the squared deviations of a row from the local
 * level, and of those of a fast average from a slow one, each by the series' own mean deviation and clipped at 8 of them (as P. Huber, "Robust statistics",
 * 1981, bounds the influence of one). How rare a sum is says the empirical tail of the sums before it (tail.h): series that move together have a wide one,
 * so correlation needs no model. Beside them stands the rarest series alone, less log10 of how many independent series there are: of the many one is
 * always odd (Šidák's allowance); independent ones are counted by the variance of the sum, k * sum of variances / variance of the sum.
 *
 * A series whose values begin PL_ANOMALY_WARM rows or more after the group's counts alone until it has as many of its own; then what it adds is counted from its
 * mean on, so that the sums are those they were.
 *
 * Causal: the score of a row depends on rows up to it. A value that is not finite is missing: it adds nothing. O(series) a row, 55 KiB a series. */
#ifndef PL_ANALYSIS_ANOMALY_GROUP_H
#define PL_ANALYSIS_ANOMALY_GROUP_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "analysis/anomaly/detector.h"
#include "base/alloc.h"
#include "perilune/error.h"

enum { PL_GROUP_MOST = 64 };

/* The detectors of a group. */
typedef struct pl_group pl_group;

/* What a row got. */
typedef struct pl_group_row {
  double score, rarity;
  pl_anomaly_kind kind;  /* of the alert that begins here: what the series that contributed most seems to be; NONE at other rows */
  size_t series;         /* that one, from 0 */
  double share;          /* of it in what is odd, in [0, 1] */
  pl_anomaly_kind named; /* what is known by now of the alert `ago` rows before, as in pl_anomaly */
  uint64_t ago;
} pl_group_row;

/* A group of n series, 1 to PL_GROUP_MOST, that is freed by pl_group_free; NULL: no memory, or n is none of these. O(n). */
pl_group *pl_group_new(const pl_allocator *alloc, size_t n);

/* One more series, the last, which begins with the next row; *g may move. False: no memory, or there are PL_GROUP_MOST; nothing has changed. */
bool pl_group_join(pl_group **g) PL_MUSTCHECK;

/* NULL is fine. */
void pl_group_free(pl_group *g);

/* Scores a row of n values at time_ns (ns since 1970, not before the row before). */
void pl_group_add(pl_group *g, int64_t time_ns, const double *values, pl_group_row *out);

/* What the alert in force is by the rows so far, as pl_detector_name. O(512 log 512). */
pl_anomaly_kind pl_group_name(const pl_group *g, uint64_t *ago);
#endif
