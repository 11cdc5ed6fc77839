/* Asking a server what it speaks (github.com/grpc/grpc/blob/master/doc/server-reflection.md), v1 or v1alpha. Part of the module grpc. */
#ifndef PL_LOAD_MODULES_GRPC_REFLECTION_H
#define PL_LOAD_MODULES_GRPC_REFLECTION_H

#include "format/protobuf.h"
#include "load/modules/grpc_call.h"

typedef struct pl_grpc_reflection {
  pl_grpc_call call;
  bool active;    /* it asks now */
  bool alpha;     /* v1 is not there */
  pl_buf service; /* that is asked for */
  char why[160];
} pl_grpc_reflection;

/* Nothing is asked yet, and nothing allocated. */
void pl_grpc_reflection_init(pl_grpc_reflection *r, const pl_allocator *a);
/* Frees its buffers; its stream must be over or dropped. */
void pl_grpc_reflection_fini(pl_grpc_reflection *r);

/* Begins to ask for a service. Errors: as pl_http2.request. */
int pl_grpc_reflection_begin(pl_grpc_reflection *r, pl_str service, pl_str authority, bool secure, void *session, pl_buf *out) PL_MUSTCHECK;

/* Goes on with what the session received. 1: the service and all that it stands on is in the schema; 0: not yet; negative: it cannot be
 * had, see why. */
int pl_grpc_reflection_step(pl_grpc_reflection *r, pl_proto_schema *schema, pl_str authority, bool secure, void *session, pl_buf *out);

#endif
