/* Connections of a client: one socket, one request at a time. Private to the client. */
#ifndef PL_LOAD_CONN_H
#define PL_LOAD_CONN_H

#include "load/client.h"
#include "load/http1.h"
#include "net/resolver.h"

enum { PL_READ_SIZE = 64 << 10 };

typedef struct pl_conn pl_conn;

enum pl_endpoint_state { PL_ENDPOINT_NEW, PL_ENDPOINT_RESOLVING, PL_ENDPOINT_READY, PL_ENDPOINT_FAILED };

struct pl_endpoint {
  pl_client *client;
  pl_endpoint *next;
  pl_str key;                /* URL without target, owned */
  pl_url url;                /* pieces of key */
  enum pl_endpoint_state state;
  pl_addresses addresses;
  pl_lookup lookup;
  uint64_t resolve_from, resolved;
  pl_exchange *unresolved;   /* waiting for the address; resumed newest first */
  pl_conn *idle;             /* newest first */
};

enum pl_conn_state {
  PL_CONN_CONNECTING, /* exchange is set */
  PL_CONN_BUSY,       /* exchange is in flight */
  PL_CONN_IDLE,       /* in its endpoint's idle list */
  PL_CONN_CLOSING,    /* until the handle's close callback */
};

struct pl_conn {
  uv_poll_t poll;
  pl_client *client;
  pl_endpoint *endpoint;
  pl_exchange *exchange;
  enum pl_conn_state state;
  int fd;
  int interest;        /* UV_READABLE or both */
  unsigned address;    /* index of the address in use */
  bool reused;         /* has carried an answer before */
  bool got_byte;       /* of the running answer */
  bool in_body;        /* the head is complete */
  bool stale;          /* keep holds the answer before: empty it first */
  size_t sent;         /* bytes of head and body */
  uint64_t left;       /* of a body with a length */
  pl_http1_head head;
  pl_chunk chunk;
  pl_buf keep;         /* a partial answer: head, then decoded body */
  pl_conn *next, **link; /* idle list */
};

struct pl_client {
  pl_client_options o;
  pl_endpoint *endpoints;
  pl_exchange *waiting, **waiting_end; /* for a connection, first in first out */
  pl_client_stats stats;
  char *read_buffer;
  void (*closed)(void *user); /* when the last handle is closed */
  void *closed_user;
  void (*closed_done)(void *user); /* what pl_client_close was given */
  void *closed_done_user;
  unsigned handles;    /* open uv handles and look-ups */
  bool closing;
};

/* Opens a connection for x (state CONNECTING). PL_OK, or a code with x->answer.why set: no socket could be had. */
int pl_conn_open(pl_endpoint *e, pl_exchange *x) PL_MUSTCHECK;

/* Sends x on an idle connection. */
void pl_conn_start(pl_conn *c, pl_exchange *x);

/* Closes the socket now; the memory goes with the handle's callback. Its exchange must be detached. */
void pl_conn_close(pl_conn *c);

/* ---- Called by the connection -------------------------------------------------------------------- */

/* The answer is complete (x->answer is filled). The connection is idle or closing already. */
void pl_exchange_complete(pl_exchange *x);
/* It failed; the connection is closing already or was never there. why: printf text. */
void pl_exchange_fail(pl_exchange *x, enum pl_failure failure, const char *why, ...) PL_PRINTF(3, 4);
/* The connection broke before any byte of the answer; try again on a fresh one when that is allowed. */
void pl_exchange_broken(pl_exchange *x, bool reused, enum pl_failure failure, const char *why);
/* A connection became free or its place did. */
void pl_client_freed(pl_client *c, pl_conn *idle);

#endif
