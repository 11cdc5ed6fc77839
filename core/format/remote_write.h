/* Prometheus' remote write: the message prometheus.WriteRequest of 1.0, both ways, and io.prometheus.write.v2.Request of 2.0, whose texts are
 * numbers of a table. Reading allocates nothing but that. Pure. */
#ifndef PL_FORMAT_REMOTE_WRITE_H
#define PL_FORMAT_REMOTE_WRITE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "format/exemplar.h"
#include "format/lines.h"
#include "perilune/error.h"

enum { PL_REMOTE_LABELS = 64 }; /* most of a series that are told */

enum pl_remote_type {
  PL_REMOTE_UNKNOWN, PL_REMOTE_COUNTER, PL_REMOTE_GAUGE, PL_REMOTE_HISTOGRAM, PL_REMOTE_GAUGE_HISTOGRAM, PL_REMOTE_SUMMARY,
  PL_REMOTE_INFO, PL_REMOTE_STATE_SET, PL_REMOTE_TYPES
};

/* What the sender knows of the metrics of a family. */
typedef struct pl_remote_metadata {
  enum pl_remote_type type;
  pl_str family, help, unit;
} pl_remote_metadata;

/* A series of a message, before its samples. */
typedef struct pl_remote_series {
  const pl_tag *labels; /* as they stand there, the metric's name is __name__; the receiver checks them */
  size_t n_labels;               /* those that are there; more than PL_REMOTE_LABELS: only so many are in `labels` */
  size_t samples, exemplars, histograms; /* how many follow; histograms are not told */
  pl_remote_metadata metadata; /* of 2.0, where each series has its own; it names no family */
} pl_remote_series;

/* Who is told; strings are pieces of the message. `series` says whether it wants the samples and exemplars of this one. What other than 0
 * `sample`, `exemplar` or `metadata` returns ends the reading and is its result. */
typedef struct pl_remote_events {
  bool (*series)(void *user, const pl_remote_series *s);
  int (*sample)(void *user, int64_t ts_ms, double value);
  int (*metadata)(void *user, const pl_remote_metadata *m); /* of 1.0 */
  void *user;
  int (*exemplar)(void *user, const pl_exemplar *e); /* a time of 0 is none, one below 0 too late; NULL: none is told */
} pl_remote_events;

/* Reads a message that is well-formed as a whole: one that is not is PL_EPROTO, and nothing of it is told. */
int pl_remote_write_read(pl_str message, const pl_remote_events *events) PL_MUSTCHECK;
/* The same for a message of 2.0. symbols: empty; where its table goes. PL_ELIMIT and PL_ENOMEM: there is no room for that. */
int pl_remote_write_read_v2(pl_str message, pl_buf *symbols, const pl_remote_events *events) PL_MUSTCHECK;

/* Writing: a series is put together in a buffer of its own, its labels before its samples, and then goes into the message. Where memory runs
 * out, or a buffer is full, it is left bad. Labels are to come sorted by name, samples in the order of time. */
void pl_remote_put_label(pl_buf *series, pl_str name, pl_str value);
/* At a time in ms since 1970. */
void pl_remote_put_sample(pl_buf *series, int64_t ts_ms, double value);
/* Appends the series, and empties its buffer; one that is bad makes the message so. */
void pl_remote_put_series(pl_buf *message, pl_buf *series);
/* Appends what is known of a family; empty texts are left out. */
void pl_remote_put_metadata(pl_buf *message, const pl_remote_metadata *m);

#endif
