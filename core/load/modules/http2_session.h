/* HTTP/2 sessions by nghttp2: what the module http2 is made of, and modules that speak another protocol over HTTP/2 (gRPC). Each
 * function is explained at the member of its name of pl_http2. */
#ifndef PL_LOAD_MODULES_HTTP2_SESSION_H
#define PL_LOAD_MODULES_HTTP2_SESSION_H

#include "load/http2.h"

int pl_http2_context_new(const pl_allocator *a, void **out) PL_MUSTCHECK;
void pl_http2_context_free(void *context);
int pl_http2_open(void *context, void **session) PL_MUSTCHECK;
void pl_http2_close(void *session);
int pl_http2_request(void *session, pl_http2_stream *s, pl_str scheme, pl_str head, pl_buf *out) PL_MUSTCHECK;
int pl_http2_send(void *session, pl_buf *out, size_t enough) PL_MUSTCHECK;
int pl_http2_receive(void *session, const char *data, size_t n, uint64_t now_ns) PL_MUSTCHECK;
pl_http2_stream *pl_http2_over(void *session);
void pl_http2_drop(void *session, pl_http2_stream *s);
void pl_http2_resume(void *session, pl_http2_stream *s);
uint32_t pl_http2_limit(const void *session);
bool pl_http2_going(const void *session);
bool pl_http2_ended(const void *session);
const char *pl_http2_why(const void *session);
const char *pl_http2_code_name(uint32_t code);

#endif
