/* OpenTelemetry's metrics, written: ExportMetricsServiceRequest of OTLP in protobuf, put together from its points outwards. Where memory runs out, or a
 * buffer is full, the buffer is left bad. Pure. */
#ifndef PL_FORMAT_OTLP_WRITE_H
#define PL_FORMAT_OTLP_WRITE_H

#include "base/buf.h"
#include "base/str.h"
#include "format/otlp.h"

/* What a point of a summary says. */
typedef struct pl_otlp_totals {
  uint64_t count;
  double sum;
  const double *quantiles, *values; /* n of each */
  size_t n;
} pl_otlp_totals;

/* Appends an attribute of points. */
void pl_otlp_put_attribute(pl_buf *attributes, pl_str name, pl_str value);
/* Appends a point with these attributes. start_ns: where its totals begin. */
void pl_otlp_put_number(pl_buf *points, pl_str attributes, int64_t start_ns, int64_t ts_ns, double value);
/* The same of a summary. */
void pl_otlp_put_summary(pl_buf *points, pl_str attributes, int64_t start_ns, int64_t ts_ns, const pl_otlp_totals *t);
/* Appends a metric of a kind (gauge; sum: cumulative and monotonic; summary) with its points, and empties them. */
void pl_otlp_put_metric(pl_buf *metrics, pl_str name, pl_str unit, enum pl_otlp_kind kind, pl_buf *points);
/* Appends to the request all metrics as those of one service, measured by the scope. */
void pl_otlp_put_request(pl_buf *out, pl_str service, pl_str scope, const pl_buf *metrics);

#endif
