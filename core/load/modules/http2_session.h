/* HTTP/2 sessions by nghttp2: what the module http2 is made of, and modules that speak another protocol over HTTP/2 (gRPC). The
 * contract of each function is at the member of its name of pl_http2; here is what this implementation adds. One thread. */
#ifndef PL_LOAD_MODULES_HTTP2_SESSION_H
#define PL_LOAD_MODULES_HTTP2_SESSION_H

#include "load/http2.h"

/* Callbacks and options of nghttp2, made heads, and memory that streams take in turn. */
int pl_http2_context_new(const pl_allocator *a, void **out) PL_MUSTCHECK;
/* Gives back the memory that was kept for further streams. */
void pl_http2_context_free(void *context);
/* Its first bytes are SETTINGS (no push) and the widest windows: we always read. */
int pl_http2_open(void *context, void **session) PL_MUSTCHECK;
/* Frees the session, without a word to the server. */
void pl_http2_close(void *session);
/* scheme and head need not outlive the call: the head's bytes are in out when it returns. */
int pl_http2_request(void *session, pl_http2_stream *s, pl_str scheme, pl_str head, pl_buf *out) PL_MUSTCHECK;
/* Calls the streams' body. */
int pl_http2_send(void *session, pl_buf *out, size_t enough) PL_MUSTCHECK;
/* Grows the streams' buffers, and calls nobody. */
int pl_http2_receive(void *session, const char *data, size_t n, uint64_t now_ns) PL_MUSTCHECK;
/* In the order in which they ended. */
pl_http2_stream *pl_http2_over(void *session);
/* Also of a stream that is over and was not taken yet. RST_STREAM with CANCEL goes with the next send. */
void pl_http2_drop(void *session, pl_http2_stream *s);
/* Its body is asked again by the next send. */
void pl_http2_resume(void *session, pl_http2_stream *s);
/* 100 before the server's SETTINGS. */
uint32_t pl_http2_limit(const void *session);
/* Streams that stand go on. */
bool pl_http2_going(const void *session);
/* nghttp2 wants neither to read nor to write. When that is can depend on how the server's bytes are cut: of a stream that is reset here
 * it knows until the next send, and what the server says on it breaks the session until then, and is ignored afterwards. */
bool pl_http2_ended(const void *session);
/* Never NULL; valid until the next receive, or for ever. */
const char *pl_http2_why(const void *session);
/* "REFUSED_STREAM"; a constant, "unknown" for a code that RFC 9113 has not. */
const char *pl_http2_code_name(uint32_t code);

#endif
