/* The line of protocols that turn operations into bytes and bytes into values (protocol.h): one socket of ours, TLS where the URL
 * asks for it, bytes that wait in both directions. One worker's thread. */
#ifndef PL_LOAD_BYTE_LINE_H
#define PL_LOAD_BYTE_LINE_H

#include "load/conn.h"
#include "load/protocol.h"
#include "load/tunnel.h"

enum { PL_BYTE_LINE_MAX = 64 << 20 }; /* bytes that wait in one direction */

enum pl_byte_phase {
  PL_BYTE_CONNECTING,
  PL_BYTE_TUNNELLING, /* through a proxy */
  PL_BYTE_SECURING,
  PL_BYTE_GREETING, /* connected, and the conversation is not open yet */
  PL_BYTE_IDLE,
  PL_BYTE_BUSY,     /* with an operation */
};

typedef struct pl_byte_line {
  pl_client *client;
  const pl_protocol *protocol;
  void *conversation;
  pl_str host;
  bool secure;
  const pl_route *route;
  uint32_t settings; /* of TLS: pl_secure_id */
  void *tls_session; /* the last one, the transport's */
  enum pl_byte_phase phase;
  pl_socket socket;
  pl_str to_host;    /* the target, */
  uint16_t to_port;
  bool proxied;      /*   to which the route's proxy makes a tunnel: */
  pl_tunnel *tunnel; /*   while that comes to be; else NULL */
  pl_buf out;        /* bytes to send; */
  size_t sent;       /* so many of them are */
  bool unsent;       /* the end of an operation is in out */
  bool has_request;  /* that has bytes to send */
  bool no_answer;    /* it is complete once it is sent */
  bool at_end;       /* the peer has ended, and no operation has seen it (keeps_end) */
  int end_error;     /* how: 0, it closed, or errno */
  pl_buf in;         /* bytes that nobody has taken yet, */
  size_t taken;      /* but for so many at the front, less than half of it */
} pl_byte_line;

/* Whether connections of a protocol go through the route's proxy: those of WebSocket and of what else begins as HTTP. */
bool pl_byte_line_is_proxied(const pl_protocol *p, const pl_route *route);

/* Everything is borrowed as long as the line. */
void pl_byte_line_init(pl_byte_line *s, pl_client *client, const pl_protocol *protocol, void *conversation, const pl_url *url,
                       const pl_route *route, uint32_t settings);
/* After hanging up. */
void pl_byte_line_fini(pl_byte_line *s);

extern const pl_line_kind pl_byte_line_kind; /* of a pl_byte_line */

#endif
