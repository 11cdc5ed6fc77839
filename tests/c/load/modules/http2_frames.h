/* Frames of HTTP/2 (RFC 9113) as a server writes them. One header, used by the tests of this folder. */
#ifndef TEST_HTTP2_FRAMES_H
#define TEST_HTTP2_FRAMES_H

#include <string.h>

#include "base/buf.h"
#include "base/str.h"

enum { DATA = 0, HEADERS = 1, RESET = 3, SETTINGS = 4, GOAWAY = 7, END = 1, END_HEADERS = 4 };
#define OK_STATUS PL_STR("\x88") /* ":status: 200", of the static table */

static inline void add_frame(pl_buf *out, unsigned type, unsigned flags, unsigned id, pl_str payload)
{
  const unsigned char head[9] = {(unsigned char)(payload.len >> 16), (unsigned char)(payload.len >> 8), (unsigned char)payload.len, (unsigned char)type,
                                 (unsigned char)flags, 0, 0, 0, (unsigned char)id};
  (void)pl_buf_add(out, head, sizeof head);
  (void)pl_buf_add(out, payload.data, payload.len);
}

/* A field of fewer than 127 bytes, in no table (RFC 7541, section 6.2.2). */
static inline void add_field(pl_buf *out, const char *name, const char *value)
{
  (void)pl_buf_addc(out, '\0');
  (void)pl_buf_addc(out, (char)strlen(name));
  (void)pl_buf_adds(out, name);
  (void)pl_buf_addc(out, (char)strlen(value));
  (void)pl_buf_adds(out, value);
}

/* A message of gRPC, of less than 64 KiB, in a frame of its own. */
static inline void add_message_frame(pl_buf *out, unsigned id, pl_str message)
{
  const char prefix[5] = {0, 0, 0, (char)(message.len >> 8), (char)message.len};
  pl_buf bytes;
  pl_buf_init(&bytes, out->alloc, 1 << 16);
  (void)pl_buf_add(&bytes, prefix, sizeof prefix);
  (void)pl_buf_add(&bytes, message.data, message.len);
  add_frame(out, DATA, 0, id, (pl_str){bytes.data, bytes.len});
  pl_buf_fini(&bytes);
}

/* The end of a call that has no message: its head is its trailers, too. */
static inline void add_status_alone(pl_buf *out, unsigned id, const char *status, const char *message)
{
  pl_buf fields;
  pl_buf_init(&fields, out->alloc, 1 << 12);
  (void)pl_buf_add(&fields, OK_STATUS.data, 1);
  add_field(&fields, "grpc-status", status);
  add_field(&fields, "grpc-message", message);
  add_frame(out, HEADERS, END_HEADERS | END, id, (pl_str){fields.data, fields.len});
  pl_buf_fini(&fields);
}

#endif
