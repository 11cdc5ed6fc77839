/* What all messages of OTLP have in common, over HTTP and gRPC: two encodings, of which gRPC has the one, and answers in that of the request. */
#ifndef PL_INGEST_OTLP_MESSAGE_H
#define PL_INGEST_OTLP_MESSAGE_H

#include "format/otlp.h"
#include "ingest/message.h"
#include "perilune/error.h"

/* A message while it is taken. */
typedef struct pl_otlp_request {
  pl_intake *in;
  const pl_message *m;
  pl_str body;           /* as protobuf's bytes; valid as long as the message */
  pl_otlp_faults faults; /* what of JSON did not get there */
  pl_error err;          /* what is said of a body that cannot be read, where there is more to say than the reason */
} pl_otlp_request;

/* Begins with a message. PL_EINVAL: another type or encoding; errors of pl_message_body and pl_otlp_from_json. Whatever it gives, *out is to
 * be ended by one of the two below. */
int pl_otlp_begin(pl_intake *in, const pl_message *m, enum pl_otlp_signal signal, pl_otlp_request *out) PL_MUSTCHECK;
/* Refuses the whole message, whose reading gave this code, with a google.rpc.Status; over gRPC with its
 * message alone. */
void pl_otlp_fail(const pl_otlp_request *r, pl_reply *reply, int code);
/* What was taken of it: 200, with a partial success where some was refused: what its taker refused, the first for this reason, and its faults,
 * which are counted here. what: the name of their number in JSON. */
void pl_otlp_answer(const pl_otlp_request *r, pl_reply *reply, const char *what, uint64_t refused, enum pl_reason why);

#endif
