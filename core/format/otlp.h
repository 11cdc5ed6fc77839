/* OpenTelemetry's metrics, traces and logs (OTLP 1, the requests of the three services' Export): bytes in, points, spans and records out. Pure.
 * Buckets of exponential histograms come as bounds and counts, like those of the other kind. */
#ifndef PL_FORMAT_OTLP_H
#define PL_FORMAT_OTLP_H

#include "base/buf.h"
#include "format/exemplar.h"
#include "format/lines.h"
#include "format/log_record.h"
#include "format/trace_span.h"

enum { PL_OTLP_TAGS = 64, PL_OTLP_BUCKETS = 1024, PL_OTLP_QUANTILES = 64 }; /* most that are told */

enum pl_otlp_kind { PL_OTLP_NONE, PL_OTLP_GAUGE, PL_OTLP_SUM, PL_OTLP_HISTOGRAM, PL_OTLP_EXPONENTIAL, PL_OTLP_SUMMARY };

typedef struct pl_otlp_metric {
  pl_str name, description, unit;
  enum pl_otlp_kind kind;
  bool monotonic; /* a sum that only grows */
  bool delta;     /* what came since the last point, not since the begin */
} pl_otlp_metric;

typedef struct pl_otlp_quantile {
  double quantile, value;
} pl_otlp_quantile;

/* One point; all of it is valid during the call. */
typedef struct pl_otlp_point {
  const pl_tag *tags; /* attributes; a value that is no text is written as JSON */
  size_t n_tags;      /* more than PL_OTLP_TAGS: only so many are in `tags` */
  int64_t time_ns;    /* since 1970; 0: none is said */
  bool no_value;      /* there was nothing to record: the series has ended */
  bool good;          /* its buckets fit together, and are not too many */
  double value;       /* GAUGE, SUM */
  uint64_t count;     /* the others, as are these: */
  double sum;
  bool has_sum;
  const double *bounds;   /* rising: a bucket ends with its bound */
  const uint64_t *counts; /* n_bounds + 1: the last bucket has no bound */
  size_t n_bounds;
  const pl_otlp_quantile *quantiles; /* SUMMARY */
  size_t n_quantiles;
} pl_otlp_point;

/* Who is told. What other than 0 `point` or `exemplar` returns ends the reading and is its result. */
typedef struct pl_otlp_events {
  void (*resource)(void *user, const pl_tag *tags, size_t n_tags); /* of the points that follow */
  int (*point)(void *user, const pl_otlp_metric *m, const pl_otlp_point *p);
  void *user;
  int (*exemplar)(void *user, const pl_otlp_metric *m, const pl_otlp_point *p, const pl_exemplar *e); /* of the point told last; NULL: none is told */
} pl_otlp_events;

/* Reads a message that is well-formed as a whole: one that is not is PL_EPROTO, and nothing of it is told. PL_ENOMEM. */
int pl_otlp_read(const pl_allocator *a, pl_str message, const pl_otlp_events *events) PL_MUSTCHECK;

/* The same for spans. */
int pl_otlp_read_spans(const pl_allocator *a, pl_str message, pl_trace_span_fn fn, void *user) PL_MUSTCHECK;

/* The same for records of logs. */
int pl_otlp_read_logs(const pl_allocator *a, pl_str message, pl_log_record_fn fn, void *user) PL_MUSTCHECK;

/* What a message is about. */
enum pl_otlp_signal { PL_OTLP_METRICS, PL_OTLP_TRACES, PL_OTLP_LOGS, PL_OTLP_SIGNALS };

/* Spans, points and records of logs that were left out, each for a value in it of another kind than its name wants. */
typedef struct pl_otlp_faults {
  uint64_t n;
  const char *name; /* of the first such value; constant */
} pl_otlp_faults;

/* The same message as OTLP/JSON writes it becomes protobuf's bytes, appended to out. Names that are not known are passed over; an identifier
 * that is not hexadecimal becomes an empty one, which is none. Errors: PL_EPARSE (no JSON; err says where), PL_EPROTO (a value of what heads
 * a message is of another kind than its name wants; err has the name), PL_ELIMIT, PL_ENOMEM. */
int pl_otlp_from_json(const pl_allocator *a, enum pl_otlp_signal signal, pl_str text, pl_buf *out, pl_otlp_faults *faults, pl_error *err) PL_MUSTCHECK;

#endif
