/* Receives spans as Zipkin does (v2, JSON). */
#ifndef PL_INGEST_ZIPKIN_H
#define PL_INGEST_ZIPKIN_H

#include "ingest/message.h"

/* Takes an array of spans, plain or gzip. Answered with 202, as Zipkin does: spans that are refused are counted here alone. 400, 413, 415, 503
 * as others. A pl_message_fn. */
void pl_zipkin_take(pl_intake *in, const pl_message *m, pl_reply *reply);

#endif
