/* A gRPC call and its method: messages are tables as they are described, and what is not as it should be is a status. Part of the module
 * grpc. */
#ifndef PL_LOAD_MODULES_GRPC_TALK_H
#define PL_LOAD_MODULES_GRPC_TALK_H

#include "format/protobuf.h"
#include "load/modules/grpc_call.h"

typedef struct pl_grpc_talk {
  pl_grpc_call call;             /* first */
  const pl_proto_method *method; /* of the schema */
  char label[64];                /* "grpc package.Service/Method" */
  bool full;                     /* metadata and trailers are asked for, too */
  uint64_t limit_ns, due_ns;     /* of a batch's part: what it may take, 0: as the batch; until when, once it is on its way; */
  bool late;                     /*   that was too long */
  int now_status;                /* its answer is known already: 0: it is not */
  char why[240];
} pl_grpc_talk;

/* An idle one; t must not move while its call has a stream. */
void pl_grpc_talk_init(pl_grpc_talk *t, const pl_allocator *a);
/* Frees its buffers; its stream must be over or dropped. */
void pl_grpc_talk_fini(pl_grpc_talk *t);

/* Its answer is that. */
void pl_grpc_talk_answer(pl_grpc_talk *t, int status, const char *why);

/* Appends a message to the call's. Errors: PL_EINVAL (it does not fit its description), PL_ENOMEM. */
int pl_grpc_talk_say(pl_grpc_talk *t, const pl_proto_schema *schema, const pl_tree *v, pl_error *err) PL_MUSTCHECK;
/* What is said at the begin: one message, all of a list where the client streams. whole: the call is made at once, else a client that
 * streams says nothing yet. Errors: as above. */
int pl_grpc_talk_begin(pl_grpc_talk *t, const pl_proto_schema *schema, const pl_tree *v, bool whole, pl_error *err) PL_MUSTCHECK;

/* Whether a whole message waits. */
bool pl_grpc_talk_has_message(const pl_grpc_talk *t);
/* Whether it ended, and not well. */
bool pl_grpc_talk_failed(const pl_grpc_talk *t);

/* The next message that waits, nil: there is none. Values borrow from the call. Errors: PL_EPROTO with *why, PL_ENOMEM. */
int pl_grpc_talk_next(pl_grpc_talk *t, const pl_proto_schema *schema, pl_arena *arena, pl_tree *value, const char **why) PL_MUSTCHECK;
/* All messages that wait: a list where the server streams, else the one. Errors: as above. */
int pl_grpc_talk_rest(pl_grpc_talk *t, const pl_proto_schema *schema, pl_arena *arena, pl_tree *value, const char **why) PL_MUSTCHECK;
/* Puts a value into { message, metadata, trailers }. Errors: PL_ENOMEM. */
int pl_grpc_talk_wrap(const pl_grpc_talk *t, pl_arena *arena, pl_tree *value) PL_MUSTCHECK;
/* Of one that failed: { code, status, message, trailers }. *why: "NOT_FOUND: no such item", a text of t's. Errors: PL_ENOMEM. */
int pl_grpc_talk_report(pl_grpc_talk *t, pl_arena *arena, pl_tree *value, int *status, const char **why) PL_MUSTCHECK;

#endif
