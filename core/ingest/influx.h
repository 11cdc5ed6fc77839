/* Receives InfluxDB's line protocol by its HTTP write endpoints, those of versions 1 and 2. */
#ifndef PL_INGEST_INFLUX_H
#define PL_INGEST_INFLUX_H

#include "ingest/message.h"

/* Takes lines, plain or gzip. A field is the series measurement_field, one that is called value the measurement's own; database, bucket and
 * organisation say nothing here. Lines that are malformed are refused, the others kept: 204, or 400 with what version 1 or 2 has
 * for that. Both are pl_message_fn. */
void pl_influx_take_v1(pl_intake *in, const pl_message *m, pl_reply *reply);
void pl_influx_take_v2(pl_intake *in, const pl_message *m, pl_reply *reply);

#endif
