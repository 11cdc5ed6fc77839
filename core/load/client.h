/* The HTTP client of one worker: connections, requests in flight, their times. It knows nothing of
 * users, scripts or histograms. One thread, one loop; nothing is shared between clients. */
#ifndef PL_LOAD_CLIENT_H
#define PL_LOAD_CLIENT_H

#include <uv.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/str.h"
#include "io/wheel.h"
#include "load/outcome.h"
#include "load/route.h"
#include "net/url.h"

typedef struct pl_client pl_client;
typedef struct pl_endpoint pl_endpoint; /* scheme, host, port or Unix path by one route, its addresses, connections on offer */
typedef struct pl_exchange pl_exchange;
typedef struct pl_cookie_jar pl_cookie_jar;

typedef struct pl_client_options {
  const pl_allocator *alloc;
  const pl_clock *clock;
  uv_loop_t *loop;
  pl_wheel *wheel;           /* run by the owner of the loop; used for timeouts */
  size_t header_max;         /* bytes of a response head; default 64 KiB */
  size_t body_max;           /* bytes of body kept for a script; a longer one is counted, cut and marked; default 16 MiB */
  uint32_t turn;             /* the client's number among its like: where several local addresses serve in turn, it begins there */
  uint32_t max_connections;  /* over all endpoints; 0: as many as requests in flight ask for */
  /* Whether requests may go to this host and address (grants); called at resolve and redirect time. */
  bool (*granted)(void *user, pl_str host, uint16_t port, const struct sockaddr *address);
  void *user;
  const char *module_dir;    /* where TLS, HTTP/2 and the resolver are; see io/module.h */
} pl_client_options;

int pl_client_new(const pl_client_options *o, pl_client **out, pl_error *err) PL_MUSTCHECK;

/* Closes every connection; exchanges in flight end as aborted first, their done called from inside: it must not send again.
 * Asynchronous handles close with the loop: done (may be NULL) is called when the last is closed; the client is freed then. */
void pl_client_close(pl_client *c, void (*done)(void *user), void *user);

/* The endpoint of a URL by a route (borrowed as long as the client; NULL: the default), made at first use, kept as long as the
 * client, at most 4,096 of them: NULL beyond, and when there is no memory. Finding one again allocates nothing. */
pl_endpoint *pl_client_endpoint(pl_client *c, const pl_url *url, const pl_route *route);

/* Makes HTTP/2 ready, so that a missing module is said before the first request. Errors: PL_ENOENT, PL_EVERSION, PL_ENOMEM. */
int pl_client_http2(pl_client *c, pl_error *err) PL_MUSTCHECK;

/* Makes TLS with these settings ready, so that what is wrong with them is said before the first request. Errors: PL_ENOENT (no
 * module), PL_EVERSION, PL_EINVAL, PL_ELIMIT, PL_ENOMEM. */
int pl_client_secure(pl_client *c, const pl_tls_settings *tls, pl_error *err) PL_MUSTCHECK;

/* Makes ready how a route (NULL: the default) looks names up. Errors: PL_ENOENT, PL_EVERSION (the module), PL_EINVAL (servers), PL_ELIMIT,
 * PL_ENOMEM. */
int pl_client_resolver(pl_client *c, const pl_route *route, pl_error *err) PL_MUSTCHECK;

typedef struct pl_header {
  pl_str name;
  pl_str value;
} pl_header;

/* A body that is read from a file while it is sent. */
typedef struct pl_body_file {
  int fd; /* read by pread only: many may use it */
  uint64_t size;
} pl_body_file;

/* One request as the script or plan gives it; all borrowed. */
typedef struct pl_request_parts {
  pl_str method;            /* "GET" */
  const pl_url *url;
  const pl_header *headers; /* after the defaults, which they replace by name */
  size_t n_headers;
  pl_str body;
  const pl_body_file *file; /* the body instead of `body`; NULL: none */
  bool chunked;             /* the body is sent in chunks */
  const pl_route *route;    /* whether they are asked of a proxy, and are the only ones of their connections; NULL: the default */
  bool expect_continue;     /* the body is kept back until the server asks for it, or a second is over */
  const struct pl_auth *auth; /* Digest: who answers a challenge; else NULL */
  pl_str authorization;     /* value of that header where headers have none; empty: Basic by the URL's user, if it names one */
} pl_request_parts;

/* Writes the whole head ("GET /x HTTP/1.1\r\nHost: ...\r\n\r\n"; Host, User-Agent, Content-Length added
 * unless given; a header name or value with CR, LF or NUL is PL_EINVAL). jar may be NULL. The result
 * can be cached and sent many times when no cookie applies. */
int pl_request_head(pl_buf *out, const pl_request_parts *parts, const pl_cookie_jar *jar,
                    pl_error *err) PL_MUSTCHECK;

/* Appends the value of the Host header. Returns out->bad. */
int pl_request_host(pl_buf *out, const pl_url *url);


/* The answer, valid inside done only. head and body are pieces of the read buffer or of the
 * connection's own buffer. */
typedef struct pl_answer {
  enum pl_failure failure;
  int status;              /* 0 without a complete head */
  pl_str head;             /* status line and headers, with the blank line */
  pl_str body;             /* decoded of chunks; empty unless want_body */
  bool body_cut;           /* longer than body_max */
  bool coded;              /* it has a Content-Encoding */
  uint64_t bytes_received; /* of all hops */
  uint64_t bytes_sent;
  unsigned redirects;
  bool new_connection;
  bool refused;            /* load to the host is not granted; why says which */
  bool lacked;             /* this machine had no port, descriptor or memory left for its connection: see out_of of pl_client_stats */
  enum pl_spoken spoken;   /* by the server, which should have been asked in it */
  char why[96];            /* what failed: "connection refused", "chunk size is not a number" ... */
} pl_answer;

/* Connections that take a further exchange, of those who share them. Zeroed: none. */
typedef struct pl_pool {
  struct pl_conn *first, **end;
} pl_pool;

/* Closes the connections of a pool that nobody uses any more. */
void pl_client_leave(pl_client *c, pl_pool *own);

/* One request in flight. The caller embeds it, fills the first part and keeps everything borrowed alive
 * until done, which is called exactly once, from the loop, never inside pl_client_send. done may send
 * the same exchange again. */
struct pl_exchange {
  /* in */
  pl_endpoint *endpoint;
  pl_str head;
  pl_str body;
  const pl_body_file *file;      /* instead of body, or NULL; it and the next two are as in parts */
  bool chunked, expect_continue;
  const pl_request_parts *parts; /* needed to follow redirects and for cookies; NULL: neither */
  pl_str trace;                  /* a header line that head has and parts have not: see trace_context.h; empty: none */
  pl_cookie_jar *jar;            /* NULL: no cookies */
  pl_pool *own;                  /* whose connections it uses; NULL: those that all share */
  struct pl_digest *digest;      /* what the server asked this user so far; NULL: its challenges are no matter of ours */
  /* Limits, 0: none. A timeout ends at its limit. */
  uint64_t timeout_ns;            /* of the whole exchange, from begin */
  uint64_t connect_timeout_ns;    /* look-up, connect and TLS handshake, not the wait for a free place */
  uint64_t first_byte_timeout_ns; /* from the request's last byte to the answer's first */
  uint8_t follow;                /* most redirects followed, one more is a failure; 0: a redirect is an answer */
  bool head_only;                /* method HEAD: no body follows */
  bool want_body;
  void (*sending)(pl_exchange *x); /* just before its first byte, once; NULL: nobody asks */
  void (*done)(pl_exchange *x);
  /* HTTP/1.1 pipelining: head and body hold so many requests; 0 and 1: one. Each answer but the last goes to partly, from the loop,
   * with end and answer set: nothing may be sent or aborted from inside. */
  uint32_t requests;
  void (*partly)(pl_exchange *x);
  void *user;
  /* out */
  uint32_t answered;             /* of `requests`: went to partly */
  pl_times times;
  pl_answer answer;
  /* the client's */
  struct pl_conn *conn;
  struct pl_http2_call *stream;  /* of that, when it carries several */
  pl_exchange *next, **link; /* waiting for an address or a connection */
  pl_timer timer;
  struct pl_hop *hop;        /* storage of a redirect's request */
  uint32_t tried;            /* set of the endpoint's addresses that this attempt tried */
  uint8_t state;
  uint8_t refusals;          /* how often a server would not begin with it */
  bool retried;
  bool looked_up;            /* this attempt waited for the addresses: it takes them as they are */
};

/* Sends, waiting for a free connection where max_connections is reached (first in, first out). */
void pl_client_send(pl_client *c, pl_exchange *x);

/* Ends an exchange in flight with the failure given (PL_FAIL_ABORTED); done is called from the loop's
 * next turn. The place of its connection goes to the first that waits: abort those that wait first. */
void pl_client_abort(pl_client *c, pl_exchange *x);

/* Whether it waits for a connection of somebody else's. */
bool pl_exchange_waits(const pl_exchange *x);

/* What became of connections that were to speak HTTP/2. */
typedef struct pl_http2_counts {
  uint64_t sessions;  /* those that do */
  uint64_t fallbacks; /* the server chose HTTP/1.1 */
  uint64_t goaways;   /* the server ended them with GOAWAY */
  uint64_t resets;    /* streams that the server reset */
  uint64_t refused;   /* streams that it would not begin with: they are sent again */
} pl_http2_counts;

/* Handshakes of one kind, and the time of all of them. */
typedef struct pl_handshakes {
  uint64_t n, total_ns;
} pl_handshakes;

/* What TLS took. */
typedef struct pl_tls_counts {
  pl_handshakes full, resumed; /* resumed: those that resumed a session */
  pl_transport_facts last;     /* what one of the last agreed on; expires_s: the earliest end of a certificate */
} pl_tls_counts;
/* Adds more to sum. */
void pl_tls_counts_add(pl_tls_counts *sum, const pl_tls_counts *more);

/* What opened connections so far, for the result and the verdict. */
typedef struct pl_client_stats {
  uint64_t opened, open, max_open;
  uint64_t asked, made, connect_errors; /* attempts to connect; those that were connected, and that failed */
  uint64_t reused;                      /* requests answered on a connection that had carried an answer before */
  uint64_t repeated;                    /* requests sent once more, as the connection was lost that they were sent on; of any HTTP */
  int out_of; /* errno that refused a socket: EMFILE, ENFILE, EADDRNOTAVAIL, ENOBUFS; 0: none */
  pl_http2_counts http2;
  pl_tls_counts tls;
} pl_client_stats;
/* What the client has counted so far. */
void pl_client_stats_get(const pl_client *c, pl_client_stats *out);

/* ---- Cookies (RFC 6265), one jar a user; at most 50 cookies a domain, 500 in all and 4 KiB each: the oldest goes. clock: when
 * they expire. */
pl_cookie_jar *pl_cookie_jar_new(const pl_allocator *a, const pl_clock *clock) PL_MUSTCHECK;
/* NULL is fine. */
void pl_cookie_jar_free(pl_cookie_jar *jar);
/* Forgets every cookie; keeps the memory. */
void pl_cookie_jar_clear(pl_cookie_jar *jar);
/* Makes `to` hold what `from` does; without memory, fewer. */
void pl_cookie_jar_copy(pl_cookie_jar *to, const pl_cookie_jar *from);
/* Whether it holds no cookie, expired ones included. */
bool pl_cookie_jar_empty(const pl_cookie_jar *jar);

/* ---- Reading an answer's head. */
/* Value of the first header of that name (ASCII case ignored), or data NULL. */
pl_str pl_answer_header(pl_str head, pl_str name);

#endif
