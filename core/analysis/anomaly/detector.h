/* Anomalies of one series, online and causal: the score of a row depends on the rows up to it alone. Each row gives magnitudes of what is odd: the
 * residual of the local level (spike), differences of a fast and a slow average at three scales (level shift, slow leak), the spread of late against
 * that of long (variance), runs of one value (flat line), gaps of the stamps (missing data); the first three also of what is left when the profile of the
 * day, the week or a period learnt from the rows is taken away, where there is one (lost season; season.h). The empirical tail of each magnitude over the history says how rare it is (tail.h),
 * so one threshold serves all series. Where rows are plain noise (plain.h) the law of the difference of two averages is known, and says of a slow leak what a
 * tail of few independent values cannot. Alerts have hysteresis: after one, scores stay below one half for a while unless it gets much worse.
 *
 * Ideas: anomaly likelihood over a long window (Lavin, Ahmad, "Evaluating real-time anomaly detection algorithms", ICMLA 2015, section III), tails by
 * extreme values (Siffer et al., "Anomaly detection in streams with extreme value theory", KDD 2017), residuals at several scales.
 *
 * NaN and infinite values are scored 0 and taken for missing. Constant and all-zero series score 0. The first PL_ANOMALY_WARM rows are
 * judged by young.h, the first 24 score 0.
 * Stamps that repeat or go back count as no time passed. 1e308 and 1e-300 are no special cases. O(1) a row, constant memory below 64 KiB. */
#ifndef PL_ANALYSIS_ANOMALY_DETECTOR_H
#define PL_ANALYSIS_ANOMALY_DETECTOR_H
#include <stddef.h>
#include <stdint.h>

#include "analysis/anomaly/alarm.h"
#include "analysis/anomaly/kind.h"
#include "analysis/anomaly/naming.h"
#include "analysis/anomaly/plain.h"
#include "analysis/anomaly/season.h"
#include "analysis/anomaly/tail.h"
#include "analysis/anomaly/young.h"

enum { PL_ANOMALY_WARM = 100, PL_ANOMALY_SCALES = 3 };

/* The word for a kind: "spike", "level shift" and so on; "" for none. */
const char *pl_anomaly_kind_name(pl_anomaly_kind kind);

/* Values are kept in parts of 64: what the largest ones differ by is a number too, and no size is cut. A power of 2 changes no score. */
#define PL_ANOMALY_UNIT 0.015625

/* Averages and tails of one view of the series: as it is, or without its season. In parts of 64. */
typedef struct pl_anomaly_view {
  double level, spread, late;                               /* local level; mean deviation, long and late */
  double square;                                            /* mean square of deviations by the mean one, clipped */
  double fast[PL_ANOMALY_SCALES], slow[PL_ANOMALY_SCALES]; /* averages of each scale */
  double level_before; /* the level without the last row, */
  int far;             /* and whether that row was far from it */
  int leapt; /* whether the last row alone brought most of the difference of the slowest averages: then that tells of no leak */
  uint64_t n;
  pl_tail spike, shift[PL_ANOMALY_SCALES], variance;
} pl_anomaly_view;

typedef struct pl_detector {
  pl_anomaly_view raw, rest;
  pl_seasons seasons;
  pl_tail run, gap;
  pl_plain off, steps, news; /* residuals of the local level, steps from row to row, residuals less what the row before foretells */
  pl_plain rest_off;         /* residuals of the local level without the season */
  double off_last;           /* the last residual */
  double last;      /* the last value, and how often it came */
  uint64_t same;
  int64_t last_ns;
  double step_ns;   /* usual distance of stamps */
  uint64_t n;       /* rows */
  pl_alarm alarm;   /* the alert in force */
  pl_young young;   /* judges the first rows */
  pl_naming naming; /* what the alert in force is */
} pl_detector;

/* What a row got: score in [0, 1], whether an alert begins here (score >= 0.5), what kind it seems to be of; -log10 of the chance as it was before
 * suppression. And what is known by now of an alert `ago` rows before this one: the kind that it is of, NONE at most rows. The last word counts. */
typedef struct pl_anomaly {
  double score, rarity;
  pl_anomaly_kind kind, named;
  uint64_t ago;
} pl_anomaly;

/* A detector that knows nothing yet. Writes all of its 55 KiB. */
void pl_detector_init(pl_detector *d);

/* Scores a row and learns from it. time_ns: ns since 1970, or the row's number times a second where there are no stamps. */
pl_anomaly pl_detector_add(pl_detector *d, int64_t time_ns, double value);

/* An alert that others raised begins at the row that was added last: from then on it is named like one of its own. kind: what raised it. O(1). */
void pl_detector_raise(pl_detector *d, pl_anomaly_kind kind);

/* What the alert in force is by the rows so far, where there are no more to come; `ago` rows before the last one. NONE where no alert waits for its name.
 * O(512 log 512). */
pl_anomaly_kind pl_detector_name(const pl_detector *d, uint64_t *ago);
#endif
