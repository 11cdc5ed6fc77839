/* Prometheus' text format 0.0.4 and OpenMetrics 1.0, text in, samples out. Nothing is allocated for a sample. Pure; one thread at a time.
 *
 * A line that is malformed is refused alone; what the others say stands. An exposition of OpenMetrics is valid as a whole or not at all
 * (OpenMetrics 1.0, "ABNF"): who scrapes one drops it when a line was refused, who imports one may keep what is good.
 *
 * Looked at: each line; metadata before the samples, said once; in OpenMetrics also families in one piece, the names, labels and values that
 * each type allows, exemplars, units, the end. Not looked at is what needs several samples: whether buckets add up, and whether a
 * series comes twice. */
#ifndef PL_FORMAT_PROMETHEUS_TEXT_H
#define PL_FORMAT_PROMETHEUS_TEXT_H

#include "base/alloc.h"
#include "format/exemplar.h"
#include "format/lines.h"

enum pl_prometheus_dialect {
  PL_PROMETHEUS_TEXT,        /* text/plain; version=0.0.4 */
  PL_PROMETHEUS_OPENMETRICS, /* application/openmetrics-text; version=1.0.0 */
};

#define PL_PROMETHEUS_TYPE_MAP(X) /* X(symbol, name) */ \
  X(UNKNOWN, "unknown") /* "untyped" in text format */    \
  X(COUNTER, "counter")                                   \
  X(GAUGE, "gauge")                                       \
  X(HISTOGRAM, "histogram")                               \
  X(SUMMARY, "summary")                                   \
  X(GAUGE_HISTOGRAM, "gaugehistogram")                    \
  X(INFO, "info")                                         \
  X(STATE_SET, "stateset")

#define PL_PROMETHEUS_ENUM(symbol, name) PL_PROMETHEUS_##symbol,
enum pl_prometheus_type { PL_PROMETHEUS_TYPE_MAP(PL_PROMETHEUS_ENUM) PL_PROMETHEUS_TYPES };
#undef PL_PROMETHEUS_ENUM

/* The name of a type, as TYPE lines of that dialect say it. */
const char *pl_prometheus_type_name(enum pl_prometheus_dialect d, enum pl_prometheus_type t);
/* The type of a name, or -1. Text format knows the first five. */
int pl_prometheus_type_of(enum pl_prometheus_dialect d, pl_str name);

/* What the lines TYPE, UNIT and HELP said; UNKNOWN and empty where there was none. */
typedef struct pl_prometheus_family {
  pl_str name;
  pl_str unit;
  pl_str help; /* unescaped */
  enum pl_prometheus_type type;
} pl_prometheus_family;

/* A sample; all of it is valid during the call. */
typedef struct pl_prometheus_sample {
  const pl_prometheus_family *family;
  pl_str series; /* name and labels as they stand in the text: a key for what is known of them */
  pl_str name;   /* [a-zA-Z_:][a-zA-Z0-9_:]*, with the suffix of its type */
  const pl_tag *labels; /* as they stand, unescaped; no name twice */
  size_t n_labels;
  double value;
  bool has_time;
  int64_t time_ns; /* since 1970 */
  const pl_exemplar *exemplar; /* NULL: none */
  uint64_t line;
} pl_prometheus_sample;

/* Whether its value only grows: a counter's, a histogram's, the sum and count of a summary. */
bool pl_prometheus_counts(const pl_prometheus_sample *s);

/* Who is told. A negative code that a function returns ends the reading and is its result. */
typedef struct pl_prometheus_events {
  int (*sample)(void *user, const pl_prometheus_sample *s);
  int (*refused)(void *user, const pl_refused *r);
  void *user;
} pl_prometheus_events;

typedef struct pl_prometheus pl_prometheus;

/* A parser of one exposition. Errors: PL_ENOMEM. */
int pl_prometheus_new(const pl_allocator *a, enum pl_prometheus_dialect dialect, const pl_prometheus_events *events, pl_prometheus **out) PL_MUSTCHECK;
/* NULL is fine. */
void pl_prometheus_free(pl_prometheus *p);

/* Reads whole lines off *text; what is left of it then comes again in front of what follows (pl_lines_next). last: nothing does, and the
 * exposition is complete. Returns 0, what an event gave, or PL_ENOMEM, PL_ELIMIT (more than 2^20 families of OpenMetrics). */
int pl_prometheus_read(pl_prometheus *p, pl_str *text, bool last) PL_MUSTCHECK;

#endif
