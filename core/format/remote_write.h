/* Prometheus' remote write 1.0: the message prometheus.WriteRequest, bytes in, series and samples out. Nothing is allocated. Pure. */
#ifndef PL_FORMAT_REMOTE_WRITE_H
#define PL_FORMAT_REMOTE_WRITE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "format/lines.h"
#include "perilune/error.h"

enum { PL_REMOTE_LABELS = 64 }; /* most of a series that are told */

/* The value of a sample that says: the series has ended (a NaN of these bits). */
#define PL_REMOTE_STALE UINT64_C(0x7ff0000000000002)
/* Whether a value is that one; another NaN is a value. */
bool pl_remote_is_stale(double value);

/* A series of a message, before its samples. */
typedef struct pl_remote_series {
  const pl_tag *labels; /* as they stand there, the metric's name is __name__; the receiver checks them */
  size_t n_labels;               /* those that are there; more than PL_REMOTE_LABELS: only so many are in `labels` */
  size_t samples, exemplars, histograms; /* how many follow, and what is not told */
} pl_remote_series;

enum pl_remote_type {
  PL_REMOTE_UNKNOWN, PL_REMOTE_COUNTER, PL_REMOTE_GAUGE, PL_REMOTE_HISTOGRAM, PL_REMOTE_GAUGE_HISTOGRAM, PL_REMOTE_SUMMARY,
  PL_REMOTE_INFO, PL_REMOTE_STATE_SET, PL_REMOTE_TYPES
};

/* What the sender knows of the metrics of a family. */
typedef struct pl_remote_metadata {
  enum pl_remote_type type;
  pl_str family, help, unit;
} pl_remote_metadata;

/* Who is told; strings are pieces of the message. `series` says whether it wants the samples of this one. What other than 0
 * `sample` or `metadata` returns ends the reading and is its result. */
typedef struct pl_remote_events {
  bool (*series)(void *user, const pl_remote_series *s);
  int (*sample)(void *user, int64_t ts_ms, double value);
  int (*metadata)(void *user, const pl_remote_metadata *m);
  void *user;
} pl_remote_events;

/* Reads a message that is well-formed as a whole: one that is not is PL_EPROTO, and nothing of it is told. */
int pl_remote_write_read(pl_str message, const pl_remote_events *events) PL_MUSTCHECK;

#endif
