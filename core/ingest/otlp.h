/* Receives OpenTelemetry's metrics (OTLP over HTTP and gRPC), under the names that Prometheus gives them. */
#ifndef PL_INGEST_OTLP_H
#define PL_INGEST_OTLP_H

#include "ingest/message.h"

/* Takes an ExportMetricsServiceRequest in protobuf or JSON, plain or gzip. Answered with 200, which says how many points were
 * refused, 400, 413, 415, 503; in the encoding of the request. A pl_message_fn. */
void pl_otlp_take(pl_intake *in, const pl_message *m, pl_reply *reply);

#endif
