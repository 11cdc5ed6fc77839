/* How Prometheus calls what OpenTelemetry measures (OpenTelemetry's "Prometheus and OpenMetrics compatibility"; as Prometheus' own receiver
 * does): http.server.duration in s is http_server_duration_seconds, a counter ends with _total. Pure. */
#ifndef PL_FORMAT_OTLP_NAME_H
#define PL_FORMAT_OTLP_NAME_H

#include "base/buf.h"
#include "format/otlp.h"

/* Appends the name of a metric, without what its kind adds to it (_bucket, _sum, _count). Returns 0, or what the buffer gave. */
int pl_otlp_metric_name(const pl_otlp_metric *m, pl_buf *out);
/* Appends the name of the label that an attribute becomes. */
int pl_otlp_label_name(pl_str attribute, pl_buf *out);

#endif
