/* The kinds of anomalies. */
#ifndef PL_ANALYSIS_ANOMALY_KIND_H
#define PL_ANALYSIS_ANOMALY_KIND_H

/* What is odd. */
typedef enum pl_anomaly_kind {
  PL_ANOMALY_NONE,
  PL_ANOMALY_SPIKE,
  PL_ANOMALY_SHIFT,
  PL_ANOMALY_VARIANCE,
  PL_ANOMALY_FLAT,
  PL_ANOMALY_MISSING,
  PL_ANOMALY_SEASON, /* the season is lost, or out of step */
  PL_ANOMALY_LEAK,
} pl_anomaly_kind;
#endif
