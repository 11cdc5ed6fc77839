/* One gRPC call over a stream of HTTP/2 (github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md): messages out and in, status. Part of
 * the module grpc. */
#ifndef PL_LOAD_MODULES_GRPC_CALL_H
#define PL_LOAD_MODULES_GRPC_CALL_H

#include "base/tree.h"
#include "load/http2.h"

enum { PL_GRPC_MESSAGE_MAX = 64 << 20 };

typedef struct pl_grpc_call {
  pl_http2_stream s;  /* first */
  const pl_allocator *alloc;
  bool begun, over;   /* it has a stream; the stream ended */
  pl_buf up;          /* messages to send; */
  size_t up_at;       /* so many bytes of them are taken */
  bool up_end;        /* no further message follows */
  bool compress;      /* they are compressed as gzip where that makes them shorter */
  pl_buf down;        /* messages from the server; */
  size_t down_at;     /* so many bytes of them are read */
  bool packed;        /* the message that was taken last is compressed: see pl_grpc_call_unpack */
  pl_buf plain;       /* what the last of these stands for; for the time of a seal, a message compressed */
  pl_buf trailers;
  pl_buf head;        /* of the request */
  uint64_t first_byte_ns;
  int status;         /* when it is over: 0 to 16 */
  char message[160];  /* of the status */
} pl_grpc_call;

/* An idle call; c must not move while it has a stream. Nothing is allocated yet, so it cannot fail. */
void pl_grpc_call_init(pl_grpc_call *c, const pl_allocator *a);
/* Frees its buffers; its stream must be over or dropped. */
void pl_grpc_call_fini(pl_grpc_call *c);
/* Forgets the call before; its stream must be over or dropped. */
void pl_grpc_call_reset(pl_grpc_call *c);

/* The request's head; compress is set. metadata: map of texts or lists of them, or NULL; keys that end in -bin are coded as base64. deadline_s: 0: none.
 * Errors: PL_EINVAL, PL_ENOMEM. */
int pl_grpc_call_head(pl_grpc_call *c, pl_str authority, pl_str path, const pl_tree *metadata, double deadline_s, pl_error *err) PL_MUSTCHECK;

/* Begins a message behind those that wait; what is appended to c->up until pl_grpc_call_sealed is it. Gives its place, for that. */
size_t pl_grpc_call_message(pl_grpc_call *c);
/* Ends the message that began at `from`: compresses it where that is asked for, writes its length. Where c->up is bad, nothing: its writer was told. */
void pl_grpc_call_sealed(pl_grpc_call *c, size_t from);
/* Takes it back instead: the messages before it stay. */
void pl_grpc_call_unsaid(pl_grpc_call *c, size_t from);

/* Gives it to the session. Errors: as pl_http2.request. */
int pl_grpc_call_begin(pl_grpc_call *c, void *session, bool secure, pl_buf *out) PL_MUSTCHECK;

/* Takes the next whole message. 1: *message is it, a piece of c->down that lives until the next receive, compressed where c->packed;
 * 0: there is none (yet); PL_EPROTO with *why. */
int pl_grpc_call_next(pl_grpc_call *c, pl_str *message, const char **why);
/* Where the message that was taken last is compressed, as the head's grpc-encoding says (gzip, deflate): *message becomes what it
 * stands for, a piece of c->plain that lives until the next call. Errors, with *why: PL_EPROTO, PL_ENOMEM. */
int pl_grpc_call_unpack(pl_grpc_call *c, pl_str *message, const char **why) PL_MUSTCHECK;

/* The stream ended: finds status and message. */
void pl_grpc_call_ended(pl_grpc_call *c, const char *session_why);

/* Metadata of the answer (initial or, trailing, behind it) as a map of texts, of bytes where a key ends in -bin. False: no memory. */
bool pl_grpc_call_metadata(const pl_grpc_call *c, bool trailing, pl_arena *arena, pl_tree *out);

/* The name of a status ("NOT_FOUND"), a constant; "UNKNOWN" for a number that gRPC has not. */
const char *pl_grpc_status_name(int status);

#endif
