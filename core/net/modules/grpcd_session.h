/* Calls of gRPC over one connection, as HTTP/2 by nghttp2: bytes in, bytes out, and no socket. A call has one message and one answer; it is told
 * as a request of httpd.h: its path is /SERVICE/METHOD, its body the message, its headers Content-Type and Content-Encoding, and an answer's
 * status becomes one of gRPC. One thread. */
#ifndef PL_NET_MODULES_GRPCD_SESSION_H
#define PL_NET_MODULES_GRPCD_SESSION_H

#include "base/buf.h"
#include "net/httpd.h"

typedef struct pl_grpcd_session pl_grpcd_session;
typedef struct pl_grpcd_call pl_grpcd_call;

/* What all connections of a server share. */
typedef struct pl_grpcd {
  pl_httpd_options o;
  size_t bodies;          /* bytes of all messages */
  pl_grpcd_call *orphans; /* were told, and have lost their connection before they were answered */
} pl_grpcd;

/* Frees calls that lost their connection: none of them may be answered any more. */
void pl_grpcd_fini(pl_grpcd *g);

/* g outlives it. Errors: PL_ENOMEM. */
int pl_grpcd_session_new(pl_grpcd *g, pl_grpcd_session **out) PL_MUSTCHECK;
/* Ends it without a word to the client. Calls that wait for an answer may still be given one, which nobody hears. */
void pl_grpcd_session_free(pl_grpcd_session *s);
/* Takes what came; `begin`, `request` and `refused` are called from inside. PL_EPROTO: it is no HTTP/2; PL_ENOMEM. What is to be sent then says
 * so to the client. */
int pl_grpcd_session_take(pl_grpcd_session *s, pl_str bytes) PL_MUSTCHECK;
/* Appends what is to be sent, until out has so many bytes. */
int pl_grpcd_session_give(pl_grpcd_session *s, pl_buf *out, size_t most) PL_MUSTCHECK;
/* Answers all calls that wait with 503. */
void pl_grpcd_session_put_off(pl_grpcd_session *s);
/* Tells the client that the connection ends; answers that were not given out yet are lost. */
void pl_grpcd_session_end(pl_grpcd_session *s);
/* Whether a call waits for its answer. */
bool pl_grpcd_session_waits(const pl_grpcd_session *s);
/* Whether nothing is left to be read and to be sent. */
bool pl_grpcd_session_over(pl_grpcd_session *s);

/* A header of a request, as httpd.h has it: its Content-Type or Content-Encoding. */
pl_str pl_grpcd_header(const pl_http_request *r, const char *name);
/* Answers a request, as httpd.h has it, also one whose client has gone. */
void pl_grpcd_answer(pl_http_request *r, const pl_http_answer *a);

#endif
