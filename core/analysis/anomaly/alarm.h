/* When a rarity is an alert: its score, with hysteresis and suppression. An alert begins at a score of one half; after it scores stay below one half for a
 * fifteenth of the rows so far (20 to 500), unless it gets twice as rare: an episode is one alert. After 64 rows in a row of which none would have been an
 * alert the episode is over for what is clear, a score of 0.8 or more. */
#ifndef PL_ANALYSIS_ANOMALY_ALARM_H
#define PL_ANALYSIS_ANOMALY_ALARM_H
#include <stdint.h>

/* A memset of zero is one without an alert. */
typedef struct pl_alarm {
  uint64_t n, quiet; /* rows; rows that are left of the silence after an alert */
  uint64_t calm;     /* rows since the last one whose rarity was that of an alert */
  uint64_t at;       /* the row (from 0) of the alert in force */
  double worst;      /* its rarity */
} pl_alarm;

/* -log10 of the chance at which the score is one half. */
#define PL_ALARM_LEVEL 2.3

/* Of a rarity so much counts where the rows are plain noise: of independent values ever larger ones must come. */
#define PL_ALARM_PLAIN 0.65

/* The score in [0, 1] of the next row, of rarity >= 0; whether an alert begins with it. An infinite rarity scores 1; none is NaN. Ours. O(1). */
int pl_alarm_add(pl_alarm *a, double rarity, double *score);
#endif
