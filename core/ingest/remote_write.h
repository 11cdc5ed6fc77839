/* Receives Prometheus' remote write 1.0 and 2.0. */
#ifndef PL_INGEST_REMOTE_WRITE_H
#define PL_INGEST_REMOTE_WRITE_H

#include "ingest/message.h"

/* Takes a prometheus.WriteRequest, or an io.prometheus.write.v2.Request where the type says so, compressed by Snappy. Answered with 204, with
 * 400 where samples were refused (the others are kept, and the sender must not send it again), 413, 415; of 2.0 with how much is kept. A
 * pl_message_fn. */
void pl_remote_write_take(pl_intake *in, const pl_message *m, pl_reply *reply);

#endif
