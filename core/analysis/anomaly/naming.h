/* What kind an alert is of, told when rows have come after it: at an alert nobody knows whether a far value is a spike or the first of a new level.
 * After 24, 96 and 256 rows the rows after the alert are held against those before it by their medians and median absolute deviations (F. Hampel, "The
 * influence curve and its role in robust estimation", JASA 69, 1974): a level that stays away is a level shift, or a slow leak where two straight
 * lines that meet fit the rows better than two levels; another spread is of the variance, of what the season as it learns on leaves; equal values are a flat
 * line; what no longer goes with the
 * profile of the season, neither by rows nor by means of six, has lost its season; the rest came and went, a spike, as does what leaves more than half of
 * the rows at the one value that they had before. The last word counts. Memory is constant: the last 512 rows. */
#ifndef PL_ANALYSIS_ANOMALY_NAMING_H
#define PL_ANALYSIS_ANOMALY_NAMING_H
#include <stdint.h>

#include "analysis/anomaly/kind.h"

enum { PL_NAMING_ROWS = 512, PL_NAMING_AFTER = 256 };

/* The last rows, and the alert that is being named. A memset of zero is an empty one. */
typedef struct pl_naming {
  double value[PL_NAMING_ROWS], rest[PL_NAMING_ROWS]; /* rings: as the rows are, and without their season */
  double held[PL_NAMING_ROWS];                        /* without the season as it was at the alert before them */
  uint64_t n;                                         /* rows seen */
  uint64_t after;                                     /* rows since the alert, its own counted; 0: none is open */
  pl_anomaly_kind first;                              /* what raised it */
  int seasonal;                                       /* whether a season was known then */
} pl_naming;

/* Keeps a row: value; what is left of it without its season (the value itself where none is known); and held, the same without the season as it was at the
 * alert that waits for its name, which has learnt nothing of what began there: the rest where none waits. Finite. O(1). */
void pl_naming_add(pl_naming *w, double value, double rest, double held);

/* An alert begins at the row that was added last; an alert before it is left. O(1), as is the next. */
void pl_naming_begin(pl_naming *w, pl_anomaly_kind first, int seasonal);

/* Whether an alert waits for its name that began where a season was known. O(1). */
int pl_naming_is_seasonal(const pl_naming *w);

/* Whether it is time to name the alert. */
int pl_naming_is_due(const pl_naming *w);

/* The kind by the rows so far: what raised it while they are fewer than 8, NONE where no alert is open. O(rows log rows). */
pl_anomaly_kind pl_naming_of(const pl_naming *w);
#endif
