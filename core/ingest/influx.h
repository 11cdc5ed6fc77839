/* Receives InfluxDB's line protocol by its HTTP write endpoints, those of versions 1 and 2. */
#ifndef PL_INGEST_INFLUX_H
#define PL_INGEST_INFLUX_H

#include "ingest/message.h"

/* A pl_message_fn: takes lines, plain or gzip. A field is the series measurement_field, one that is called value the measurement's own;
 * the database says nothing here. Lines that are malformed are refused, the others kept: 204, or 400 with what version 1 has for that. */
void pl_influx_take_v1(pl_intake *in, const pl_message *m, pl_reply *reply);
/* The same; bucket and organisation say nothing either, and errors are those of version 2. */
void pl_influx_take_v2(pl_intake *in, const pl_message *m, pl_reply *reply);

#endif
