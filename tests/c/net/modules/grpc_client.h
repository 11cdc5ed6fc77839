/* A client of gRPC by nghttp2, whose bytes the test carries: one call at a time. */
#ifndef TEST_GRPC_CLIENT_H
#define TEST_GRPC_CLIENT_H

#include <nghttp2/nghttp2.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "support/failing.h"

typedef struct grpc_client {
  nghttp2_session *http2;
  pl_str message;      /* what is left to be sent of the call */
  bool stays_open;     /* it goes on after that */
  int32_t stream;
  char heard[512];     /* of the last call: its status, then grpc-status, grpc-message and content-type */
  char body[512];      /* of its answer, hexadecimal */
  bool over;
} grpc_client;

static inline int client_header(nghttp2_session *http2, const nghttp2_frame *frame, const uint8_t *name, size_t name_len, const uint8_t *value, size_t value_len,
                                uint8_t flags, void *client)
{
  grpc_client *c = client;
  size_t len = strlen(c->heard);
  (void)http2, (void)frame, (void)flags, (void)name_len;
  (void)snprintf(c->heard + len, sizeof c->heard - len, "%s=%.*s ", (const char *)name, (int)value_len, (const char *)value);
  return 0;
}

static inline int client_data(nghttp2_session *http2, uint8_t flags, int32_t stream, const uint8_t *data, size_t n, void *client)
{
  grpc_client *c = client;
  (void)http2, (void)flags, (void)stream;
  for (size_t i = 0; i < n; i++) {
    size_t len = strlen(c->body);
    (void)snprintf(c->body + len, sizeof c->body - len, "%02x", data[i]);
  }
  return 0;
}

static inline int client_closed(nghttp2_session *http2, int32_t stream, uint32_t code, void *client)
{
  (void)http2, (void)stream, (void)code;
  ((grpc_client *)client)->over = true;
  return 0;
}

static inline ssize_t client_read(nghttp2_session *http2, int32_t stream, uint8_t *out, size_t room, uint32_t *flags, nghttp2_data_source *source, void *client)
{
  grpc_client *c = client;
  size_t n = c->message.len < room ? c->message.len : room;
  (void)http2, (void)stream, (void)source;
  if (!n && c->stays_open)
    return NGHTTP2_ERR_DEFERRED;
  memcpy(out, c->message.data, n);
  c->message = (pl_str){c->message.data + n, c->message.len - n};
  if (!c->message.len && !c->stays_open)
    *flags |= NGHTTP2_DATA_FLAG_EOF;
  return (ssize_t)n;
}

static inline void client_init(grpc_client *c)
{
  nghttp2_session_callbacks *b;
  *c = (grpc_client){.http2 = NULL};
  assert_int_equal(nghttp2_session_callbacks_new(&b), 0);
  nghttp2_session_callbacks_set_on_header_callback(b, client_header);
  nghttp2_session_callbacks_set_on_data_chunk_recv_callback(b, client_data);
  nghttp2_session_callbacks_set_on_stream_close_callback(b, client_closed);
  assert_int_equal(nghttp2_session_client_new(&c->http2, b, c), 0);
  nghttp2_session_callbacks_del(b);
  assert_int_equal(nghttp2_submit_settings(c->http2, NGHTTP2_FLAG_NONE, NULL, 0), 0);
}

static inline void client_fini(grpc_client *c)
{
  nghttp2_session_del(c->http2);
}

static inline nghttp2_nv client_field(const char *name, const char *value)
{
  union {
    const char *in;
    uint8_t *out;
  } n = {name}, v = {value};
  return (nghttp2_nv){.name = n.out, .namelen = strlen(name), .value = v.out, .valuelen = strlen(value)};
}

/* Begins a call; message: with its prefix. */
static inline void client_call(grpc_client *c, const char *path, const char *type, const char *coding, pl_str message)
{
  const nghttp2_nv fields[] = {client_field(":method", "POST"), client_field(":scheme", "http"),  client_field(":path", path), client_field(":authority", "x"),
                               client_field("te", "trailers"),  client_field("content-type", type), client_field("grpc-encoding", coding)};
  const nghttp2_data_provider body = {.read_callback = client_read};
  c->message = message;
  c->heard[0] = c->body[0] = '\0';
  c->over = false;
  c->stream = nghttp2_submit_request(c->http2, NULL, fields, sizeof fields / sizeof *fields - !coding[0], &body, NULL);
  assert_true(c->stream > 0);
}

#endif
