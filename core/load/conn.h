/* The inside of a client: exchanges (client.c), endpoints (endpoint.c), connections (conn.c: one socket each) and what is spoken over
 * them (http1_conn.c, http2_conn.c). */
#ifndef PL_LOAD_CONN_H
#define PL_LOAD_CONN_H

#include "base/map.h"
#include "load/client.h"
#include "load/http1.h"
#include "load/http2.h"
#include "net/resolver.h"

enum {
  PL_READ_SIZE = 64 << 10,
  PL_HEADS = 8, /* a power of two */
  PL_ENDPOINTS_MAX = 4096,
  PL_SETTINGS_MAX = 256, /* TLS settings and routes of a client: each scenario may have its own */
};
#define PL_NO_SETTINGS UINT32_MAX

typedef struct pl_conn pl_conn;
typedef struct pl_dialect pl_dialect;

enum pl_endpoint_state {
  PL_ENDPOINT_NEW,       /* nobody asked for its addresses yet, or that failed */
  PL_ENDPOINT_RESOLVING, /* the look-up is under way */
  PL_ENDPOINT_READY,
  PL_ENDPOINT_FAILED,    /* it has addresses, and none is granted */
};

struct pl_endpoint {
  pl_client *client;
  pl_url url;                /* scheme, host, port; texts of the client's endpoint_names */
  enum pl_endpoint_state state;
  pl_addresses addresses;
  const pl_route *route;
  uint32_t way;              /* of the route: pl_way_id */
  pl_str to_host;            /* where its connections go: the URL's host and port unless the route says otherwise */
  uint16_t to_port;
  pl_str peer_host;          /* who is connected to: that, or a proxy, */
  uint16_t peer_port;
  bool tunnels;              /*   and through that to the target */
  uint32_t settings;         /* of TLS: pl_secure_id */
  void *session;             /* the last TLS session, the transport's; NULL: none */
  unsigned first;            /* address that is tried first, modulo their number: the one after the last that failed; in turn: the next */
  uint32_t resting;          /* set of addresses that failed, left out until */
  uint64_t rest_until_ns;
  uint64_t expires_ns;       /* of the addresses */
  pl_lookup lookup;
  const pl_dialect *dialect; /* of new connections, */
  int capacity;              /* and how many exchanges they take at a time */
  pl_exchange *unresolved;   /* waiting for the address; resumed newest first */
  pl_pool offers;            /* for exchanges without a pool of their own */
};

enum pl_conn_state {
  PL_CONN_CONNECTING, /* exchanges are set, in this state and the next two */
  PL_CONN_TUNNELLING, /* through a proxy */
  PL_CONN_SECURING,   /* the transport's handshake */
  PL_CONN_BUSY,       /* exchanges are in flight */
  PL_CONN_IDLE,       /* no exchange, and on offer */
  PL_CONN_CLOSING,    /* until the handle's close callback */
};

/* What is spoken over a connection. None of these but receive and writable may be called for a connection that is closing; each
 * of those that return nothing may have closed it. */
struct pl_dialect {
  const char *name, *alpn;                    /* its name in TLS; what is offered there */
  void (*begin)(pl_conn *c);                  /* the connection stands: sends its exchanges */
  void (*send)(pl_conn *c, pl_exchange *x);   /* x, which it was just given */
  void (*writable)(pl_conn *c);               /* the socket has room again */
  bool (*receive)(pl_conn *c);                /* reads once; false: there is nothing to read now */
  void (*leave)(pl_conn *c, pl_exchange *x);  /* x is over before its answer is: it is the connection's no more */
  void (*stop)(pl_conn *c);                   /* it is closing: no timer may run any more */
  void (*fini)(pl_conn *c);                   /* frees; called once, also where it never stood */
};
extern const pl_dialect pl_http1_dialect, pl_http2_dialect;

/* One HTTP/1 exchange on its way. */
typedef struct pl_http1 {
  bool got_byte;       /* of the running answer */
  bool in_body;        /* the head is complete */
  bool stale;          /* keep holds the answer before: empty it first */
  uint64_t sent;       /* bytes of head and body */
  bool held;           /* the body waits for 100 Continue */
  bool answered;       /* the answer is complete, in keep, and the rest of the request still goes out */
  pl_timer hold;       /* until it waits no more */
  uint32_t remaining;  /* answers until the connection is closed; 0: no limit */
  uint64_t left;       /* of a body with a length */
  uint32_t more;       /* answers that come after the running one */
  pl_http1_head head;
  pl_chunk chunk;
  pl_buf keep;         /* a partial answer: head, then decoded body */
} pl_http1;

/* A session and its streams. */
typedef struct pl_http2_conn {
  void *session;       /* the module's */
  struct pl_http2_call *streams; /* requests that are sent; */
  struct pl_http2_call *unsent;  /* that are not, or not wholly */
  int n_streams;
  uint32_t begun;      /* streams so far */
  unsigned held;       /* streams whose body waits for 100 Continue */
  pl_buf out;          /* bytes for the socket; */
  size_t out_sent;     /* so many of them are sent */
  bool going;          /* it takes no further stream, and closes with the last one */
  bool dirty;          /* in the client's list of those that have something to send: */
  pl_conn *next_dirty;
} pl_http2_conn;

struct pl_conn {
  uv_poll_t poll;
  pl_client *client;
  pl_endpoint *endpoint;
  pl_exchange *exchanges; /* those that it carries, or will when it stands: the one that it was opened for is the first */
  int room;               /* how many more it takes; on offer where there is any */
  const pl_dialect *dialect;
  enum pl_conn_state state;
  pl_socket socket;
  struct pl_tunnel *tunnel; /* while it comes to be; else NULL */
  int interest;        /* UV_READABLE or both */
  unsigned address;    /* index of the address in use */
  bool reused;         /* has carried an answer before */
  union {                 /* by dialect; zeroed until it stands */
    pl_http1 http1;
    pl_http2_conn http2;
  };
  pl_pool *pool;                 /* where it is offered */
  pl_conn *next, **link;         /* of those on offer; link NULL: it is not */
  pl_conn *all_next, **all_link; /* the client's, until it is closing */
};

typedef struct pl_secure {
  const pl_tls_settings *settings; /* NULL: the defaults */
  void *context;                   /* the transport's; NULL: not made yet */
} pl_secure;

/* A route in a client. */
typedef struct pl_way {
  const pl_route *route;
  pl_resolver *resolver; /* NULL: the system */
  unsigned turn;         /* address that is next for who looks up by itself */
} pl_way;

struct pl_client {
  pl_client_options o;
  pl_intern *endpoint_names;  /* "scheme|port|route|host": its id is the place in endpoints */
  pl_endpoint **endpoints;
  uint32_t n_endpoints, endpoints_cap;
  pl_conn *conns;
  unsigned n_idle;
  pl_exchange *waiting, **waiting_end; /* for a connection, first in first out */
  pl_exchange *failed;        /* told from the loop's next turn */
  pl_client_stats stats;
  const pl_transport *transport;          /* TLS; NULL: not loaded yet */
  pl_secure secure[PL_SETTINGS_MAX + 1];  /* [0]: the defaults */
  uint32_t n_settings;                    /* in use, without [0] */
  pl_way ways[PL_SETTINGS_MAX + 1];       /* [0]: the default route */
  uint32_t n_ways;                        /* in use, without [0] */
  uint64_t local_turn;                   /* local address that is next */
  const pl_http2 *http2;      /* NULL: not loaded yet */
  void *http2_context;
  struct pl_http2_call *streams;  /* that nobody uses */
  pl_conn *dirty;             /* sessions that have something to send, when: */
  bool gathering;             /* answers are being told; what their owners ask for goes out together afterwards */
  char *read_buffer;
  pl_http1_memo heads[PL_HEADS]; /* by the bytes of one read: answers to different requests seldom have the same length */
  uint64_t asked_ns;          /* while a request that was just asked for gets its connection: when that was; else 0 */
  void (*closed)(void *user); /* what pl_client_close was given */
  void *closed_user;
  unsigned handles;           /* open uv handles and look-ups */
  unsigned dispatching;       /* depth: no owner is told of anything from inside */
  bool freeing;               /* places are being given to those that wait */
  bool closing;
};

/* ---- Connections */
/* Opens a connection for x (state CONNECTING) to an address that x has not tried. PL_OK; or a code, with *why set unless no
 * address was left. */
int pl_conn_open(pl_endpoint *e, pl_exchange *x, const char **why) PL_MUSTCHECK;
/* Gives x to a connection on offer. */
void pl_conn_start(pl_conn *c, pl_exchange *x);
/* A request on c was answered: one that is asked again on another connection counts there, and once. */
void pl_conn_answered(pl_conn *c);
/* Closes the socket now; the memory goes with the handle's callback. Its exchanges are on their own afterwards. */
void pl_conn_close(pl_conn *c);
/* For client.c: x is over before its answer is. */
void pl_conn_leave(pl_exchange *x);

/* For dialects: */
static inline uint64_t pl_conn_now(const pl_conn *c)
{
  return pl_now(c->client->o.clock);
}
/* The time at which a request goes out: when it was asked for, if it has waited for nothing since. */
static inline uint64_t pl_conn_send_time(const pl_conn *c)
{
  return c->client->asked_ns ? c->client->asked_ns : pl_conn_now(c);
}
/* Waits for these events of the socket from now on. */
void pl_conn_watch(pl_conn *c, int interest);
/* It takes so many further exchanges; less than 1: none. */
void pl_conn_offer(pl_conn *c, int room);
/* Closes it and takes its exchanges over, as a list that begins at *list; its place is free for others once pl_client_freed is
 * called. */
void pl_conn_give_up(pl_conn *c, pl_exchange **list);
/* Closes it, and its exchanges have failed. */
void pl_conn_fail(pl_conn *c, enum pl_failure failure, const char *why);
/* The same with the transport's words. */
void pl_conn_fail_secure(pl_conn *c);
/* It broke before any byte of an answer: its exchanges may be tried once more. */
void pl_conn_break(pl_conn *c, enum pl_failure failure, const char *why);

/* ---- Routes */
/* The number of a route (NULL: the default) in the client; PL_NO_SETTINGS: there are too many. */
uint32_t pl_way_id(pl_client *c, const pl_route *route);
/* Until when addresses that a look-up found now are kept. */
uint64_t pl_way_keep(const pl_client *c, uint32_t way, const pl_lookup *l);
/* The addresses that it found, the one whose turn it is first. */
void pl_way_take(pl_client *c, uint32_t way, const pl_lookup *l, pl_addresses *out);
/* Looks a name up by the route. */
int pl_way_look_up(pl_client *c, uint32_t way, pl_lookup *l, pl_str host, uint16_t port, void (*done)(pl_lookup *l, int code)) PL_MUSTCHECK;
/* Closes what the routes opened. */
void pl_ways_close(pl_client *c);

/* ---- Endpoints */
/* Makes the addresses known, at once where nobody has to be asked: RESOLVING, READY or FAILED; NEW: it cannot be asked. */
void pl_endpoint_resolve(pl_endpoint *e);
/* Whether its addresses may be used for a new connection; else they are to be looked up again. */
bool pl_endpoint_is_fresh(const pl_endpoint *e);
/* The next address that is not in the set `tried`; -1: none. */
int pl_endpoint_next(pl_endpoint *e, uint32_t tried);
/* An address failed: others are tried before it from now on. */
void pl_endpoint_demote(pl_endpoint *e, unsigned address);
/* What stands before the reason why no connection was made: "proxy: " where it is the proxy's that failed, else "". */
const char *pl_endpoint_whose(const pl_endpoint *e);
/* Frees the client's endpoints; their connections must be closed. */
void pl_endpoints_free(pl_client *c);

/* ---- TLS */
/* The number of settings in the client; 0: the defaults; PL_NO_SETTINGS: there are too many. */
uint32_t pl_secure_id(pl_client *c, const pl_tls_settings *settings);
/* Their context, made at first use; the client has its transport then. */
int pl_secure_context(pl_client *c, uint32_t id, void **out, pl_error *err) PL_MUSTCHECK;
/* With whom a connection is secured. */
typedef struct pl_secure_peer {
  pl_str host;
  pl_str alpn;    /* offered unless the settings say it; empty: nothing */
  void **session; /* see pl_transport */
} pl_secure_peer;
/* Puts the transport over a connected socket; its handshake is next. */
int pl_secure_open(pl_client *c, uint32_t id, pl_socket *socket, const pl_secure_peer *peer, pl_error *err) PL_MUSTCHECK;
/* After a handshake: what it agreed on, counted in the client's stats. */
void pl_secure_note(pl_client *c, const pl_socket *socket, pl_transport_facts *out);
/* Frees the client's contexts; no connection may use them any more. */
void pl_secure_free(pl_client *c);

/* ---- HTTP/2 */
/* Streams that a new session takes, as long as the server has not said how many it takes. */
int pl_streams_capacity(const pl_route *route);
/* Frees the client's calls and what its sessions share; no session may be left. */
void pl_streams_free(pl_client *c);

/* ---- Exchanges */
void pl_exchange_link(pl_exchange **head, pl_exchange *x);
/* Takes it out of the list that it is in, if any. */
void pl_exchange_unlink(pl_exchange *x);
/* Forgets what the attempt before left: for a send, a retry, a redirect. */
void pl_exchange_attempt(pl_exchange *x);
/* Sets its timer to what is due next: when a step with a limit of its own begins. */
void pl_exchange_arm(pl_exchange *x);
/* Gives x a connection, or a place in a queue. Tells no owner. */
void pl_exchange_dispatch(pl_exchange *x);
/* The answer is complete (x->answer is filled). The connection is idle or closing already. */
void pl_exchange_complete(pl_exchange *x, bool has_cookie);
/* It failed; the connection is closing already or was never there. why: printf text. */
void pl_exchange_fail(pl_exchange *x, enum pl_failure failure, const char *why, ...) PL_PRINTF(3, 4);
/* The connection broke before any byte of the answer, and its place is free: tries again on a fresh one when that is allowed. */
void pl_exchange_broken(pl_exchange *x, bool reused, enum pl_failure failure, const char *why);
/* The server has not begun with it: it is sent once more, wherever there is room, but not for ever. */
void pl_exchange_refused(pl_exchange *x);
/* A connection became idle, or its place free: those that wait get it. */
void pl_client_freed(pl_client *c);
/* A connection of it takes a further exchange: those that wait get it. */
void pl_endpoint_freed(pl_endpoint *e);
/* No socket could be had: whether it is this machine that has none left, which the verdict will tell. */
bool pl_client_lacks(pl_client *c, int error);
/* A socket began to connect. */
void pl_client_opened(pl_client *c);
/* Leaves of the addresses of a place only those to which load may go; false: there is none. */
bool pl_client_keep_granted(const pl_client *c, pl_str host, uint16_t port, pl_addresses *list);
/* Whether load may go to a place whose address a proxy looks up. */
bool pl_client_may(const pl_client *c, pl_str host, uint16_t port);
/* A handle or look-up has ended. */
void pl_client_handle_closed(pl_client *c);

#endif
