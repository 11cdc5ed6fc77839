/* The control-plane HTTP client: requests to other systems, one exchange each, with a limit for each phase and size. It follows nothing
 * and repeats nothing: what an answer leads to is decided above. Loads have a client of their own. One thread, one loop; no thread but
 * those of name look-up. */
#ifndef PL_NET_HTTP_H
#define PL_NET_HTTP_H

#include <stdbool.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/str.h"
#include "perilune/error.h"

struct sockaddr;
struct uv_loop_s;

typedef struct pl_http pl_http;
typedef struct pl_http_call pl_http_call;

/* Where an exchange is. */
enum pl_http_phase {
  PL_HTTP_CONNECT, /* look-up, connect, and the proxy's tunnel */
  PL_HTTP_TLS,     /* the handshake */
  PL_HTTP_SEND,    /* the request goes out */
  PL_HTTP_WAIT,    /* for the answer's first byte */
  PL_HTTP_RECEIVE, /* the answer comes */
  PL_HTTP_PHASES,
};

/* "connect", "tls", "send", "wait", "receive". */
const char *pl_http_phase_name(enum pl_http_phase phase);

typedef struct pl_http_tls {
  bool insecure;     /* the server's certificate is not verified */
  pl_str ca;         /* PEM of the authorities instead of the system's; empty: those */
  pl_str cert, key;  /* PEM of the client's; empty: none */
  unsigned min;      /* least version: 12 or 13; 0: 12 */
} pl_http_tls;

typedef struct pl_http_request {
  pl_str method;          /* "GET" */
  pl_str url;             /* http, https or unix:/socket:/path; user and password in it are an error: they are a header */
  const pl_str *headers;  /* "Name: value" lines */
  size_t n_headers;
  pl_str body;
  bool repeatable;        /* it may be sent again on a new connection when a kept one did not take it */
  pl_http_tls tls;
  pl_str proxy;           /* http://host:port; empty: none */
  pl_str proxy_user;      /* "name:password" or empty */
  uint64_t limit_ns[PL_HTTP_PHASES]; /* of CONNECT, TLS and WAIT; 0: none */
  uint64_t timeout_ns;    /* of the whole exchange; 0: none */
  size_t head_max;        /* bytes of all heads */
  size_t body_max;        /* bytes of the decoded body */
} pl_http_request;

typedef struct pl_http_answer {
  int status;
  int version;            /* 10, 11, 20 */
  pl_str head;            /* status line and headers of the last answer, with their line ends */
  pl_str body;            /* decoded */
  uint64_t phase_ns[PL_HTTP_PHASES]; /* how long each took */
  uint64_t total_ns;
  char address[64];       /* of the peer, "127.0.0.1:80"; empty when none was reached, and of a Unix socket */
} pl_http_answer;

typedef struct pl_http_options {
  const pl_allocator *alloc;
  struct uv_loop_s *loop;
  const char *module_dir; /* see io/module.h */
  /* Whether requests may go to this host and address; address NULL: the name alone decides, as behind a proxy. */
  bool (*granted)(void *user, pl_str host, uint16_t port, const struct sockaddr *address);
  void *user;
} pl_http_options;

/* Loads the module. PL_ENOENT, PL_EVERSION, PL_ENOMEM. */
int pl_http_new(const pl_http_options *o, pl_http **out, pl_error *err) PL_MUSTCHECK;

/* Ends what is under way, as cancelled, and closes every connection; freed when its last handle is closed and its last call freed. */
void pl_http_close(pl_http *http);

/* Starts an exchange; request and all that it points to live until done or pl_http_free. done is called once, from the loop. Errors:
 * PL_EINVAL, PL_EPOLICY (the host is not granted), PL_ENOMEM; done is never called then. */
int pl_http_send(pl_http *http, const pl_http_request *request, void (*done)(void *user), void *user, pl_http_call **out, pl_error *err) PL_MUSTCHECK;

/* The answer of a call that is done, as long as the call; its code, with err filled and *phase where the exchange was. Errors:
 * PL_ERESOLVE, PL_ECONNECT, PL_EPOLICY, PL_ETLS, PL_ETIMEDOUT, PL_ERESET, PL_EPROTO, PL_ETRUNC, PL_ELIMIT, PL_ECANCELED, PL_ENOMEM. */
int pl_http_end(pl_http_call *call, const pl_http_answer **answer, enum pl_http_phase *phase, pl_error *err) PL_MUSTCHECK;

/* Frees a call; one that goes on is given up, and done never called. NULL is fine. */
void pl_http_free(pl_http_call *call);

#endif
