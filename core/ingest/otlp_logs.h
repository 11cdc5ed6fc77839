/* Receives OpenTelemetry's logs. */
#ifndef PL_INGEST_OTLP_LOGS_H
#define PL_INGEST_OTLP_LOGS_H

#include "ingest/message.h"

/* Takes an ExportLogsServiceRequest in protobuf or JSON, plain or gzip. Answered with 200, which says how many records were refused, 400,
 * 413, 415, 503; in the encoding of the request. A pl_message_fn. */
void pl_otlp_logs_take(pl_intake *in, const pl_message *m, pl_reply *reply);

#endif
