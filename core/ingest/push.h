/* Receives what would be pushed to Prometheus' Pushgateway. */
#ifndef PL_INGEST_PUSH_H
#define PL_INGEST_PUSH_H

#include "ingest/message.h"

/* Takes Prometheus text or OpenMetrics whose labels the path adds to: job/NAME{/LABEL/VALUE}, a label@base64 with its value in base64url.
 * A push is one moment: the samples are of now, and one with a time of its own is refused, as there. It is taken as a whole or not
 * at all: 200, or 400 with the line. A pl_message_fn. */
void pl_push_take(pl_intake *in, const pl_message *m, pl_reply *reply);

#endif
