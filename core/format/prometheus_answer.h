/* Answers of Prometheus' HTTP API to query and query_range (data of the types vector, matrix and scalar), as Thanos, Mimir and
 * VictoriaMetrics give them, too: bytes in, series and samples out. Pure. */
#ifndef PL_FORMAT_PROMETHEUS_ANSWER_H
#define PL_FORMAT_PROMETHEUS_ANSWER_H

#include "base/alloc.h"
#include "format/lines.h"
#include "perilune/error.h"

enum { PL_PROMETHEUS_LABELS = 64 }; /* most of a series */

/* Who is told; strings are valid during the call. What other than 0 they return ends the reading and is its result. */
typedef struct pl_prometheus_events {
  int (*series)(void *user, const pl_tag *labels, size_t n); /* the metric's name is __name__ */
  int (*sample)(void *user, int64_t ts_ms, double value);    /* of the series that was told last; NaN and infinities, too */
  void (*histogram)(void *user);                             /* native ones are not told */
  void (*warning)(void *user, pl_str text);                  /* what the server wants to be known */
  void *user;
} pl_prometheus_events;

/* Reads an answer. Errors: PL_EPARSE (no JSON), PL_EPROTO (none of these answers; or it tells an error: its text is the message),
 * PL_ELIMIT (labels), PL_ENOMEM, or what a function returned; what came before is told. */
int pl_prometheus_answer_read(const pl_allocator *a, pl_str text, const pl_prometheus_events *events, pl_error *err) PL_MUSTCHECK;

#endif
