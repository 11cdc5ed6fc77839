/* The server's end of an HTTP/2 connection, frame by frame: the test reads and writes them itself. One header, used by the tests of
 * this folder. */
#ifndef TEST_HTTP2_PEER_H
#define TEST_HTTP2_PEER_H

#include "load/wire.h"

enum {
  PEER_DATA = 0,
  PEER_HEADERS = 1,
  PEER_RST_STREAM = 3,
  PEER_SETTINGS = 4,
  PEER_PING = 6,
  PEER_GOAWAY = 7,
  PEER_WINDOW_UPDATE = 8,
  PEER_END_STREAM = 1, /* flags */
  PEER_ACK = 1,
  PEER_END_HEADERS = 4,
  PEER_PAYLOAD_MAX = 1 << 15,
};

typedef struct peer_frame {
  size_t len;
  int type, flags, id;
  unsigned char payload[PEER_PAYLOAD_MAX];
} peer_frame;

static inline void peer_send(int fd, int type, int flags, int id, const void *payload, size_t len)
{
  unsigned char bytes[9 + PEER_PAYLOAD_MAX] = {(unsigned char)(len >> 16), (unsigned char)(len >> 8), (unsigned char)len, (unsigned char)type,
                                               (unsigned char)flags, 0, 0, (unsigned char)(id >> 8), (unsigned char)id};
  if (len)
    memcpy(bytes + 9, payload, len);
  assert_int_equal(send(fd, bytes, 9 + len, MSG_NOSIGNAL), (ssize_t)(9 + len));
}

static inline void peer_send_u32(int fd, int type, int id, uint32_t value)
{
  unsigned char bytes[] = {(unsigned char)(value >> 24), (unsigned char)(value >> 16), (unsigned char)(value >> 8), (unsigned char)value};
  peer_send(fd, type, 0, id, bytes, sizeof bytes);
}

static inline void peer_read(wire *w, int fd, void *out, size_t n)
{
  for (size_t got = 0; got < n;) {
    wire_await_fd(w, fd);
    ssize_t part = recv(fd, (char *)out + got, n - got, 0);
    assert_true(part > 0);
    got += (size_t)part;
  }
}

static inline void peer_next_any(wire *w, int fd, peer_frame *f)
{
  unsigned char head[9];
  peer_read(w, fd, head, sizeof head);
  f->len = (size_t)head[0] << 16 | (size_t)head[1] << 8 | head[2];
  f->type = head[3];
  f->flags = head[4];
  f->id = head[7] << 8 | head[8];
  assert_true(f->len <= sizeof f->payload);
  peer_read(w, fd, f->payload, f->len);
}

/* The next frame that belongs to a request, or ends something. */
static inline void peer_next(wire *w, int fd, peer_frame *f)
{
  do
    peer_next_any(w, fd, f);
  while (f->type == PEER_SETTINGS || f->type == PEER_WINDOW_UPDATE || f->type == PEER_PING);
}

/* The next frame, which is of this type and on this stream. */
static inline void peer_expect(wire *w, int fd, int type, int id)
{
  peer_frame f;
  peer_next(w, fd, &f);
  assert_int_equal(f.type, type);
  assert_int_equal(f.id, id);
}

/* Takes a connection and what it begins with, and sends settings: at most so many streams, 0: any number. */
static inline int peer_accept(wire *w, int i, uint32_t streams)
{
  char preface[24];
  unsigned char limit[6] = {0, 3, (unsigned char)(streams >> 24), (unsigned char)(streams >> 16), (unsigned char)(streams >> 8), (unsigned char)streams};
  int fd = wire_accept(w, i);
  peer_read(w, fd, preface, sizeof preface);
  assert_memory_equal(preface, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", sizeof preface);
  peer_send(fd, PEER_SETTINGS, 0, 0, limit, streams ? sizeof limit : 0);
  return fd;
}

/* "200" without further fields: entry 8 of the static table of HPACK. */
#define PEER_200 "\x88"

static inline void peer_answer(int fd, int id, const char *body)
{
  peer_send(fd, PEER_HEADERS, PEER_END_HEADERS, id, PEER_200, 1);
  peer_send(fd, PEER_DATA, PEER_END_STREAM, id, body, strlen(body));
}

static inline void peer_reset(int fd, int id, uint32_t code)
{
  peer_send_u32(fd, PEER_RST_STREAM, id, code);
}

static inline void peer_goaway(int fd, int last, uint32_t code)
{
  unsigned char bytes[8] = {0, 0, (unsigned char)(last >> 8), (unsigned char)last, 0, 0, 0, (unsigned char)code};
  peer_send(fd, PEER_GOAWAY, 0, 0, bytes, sizeof bytes);
}

#endif
