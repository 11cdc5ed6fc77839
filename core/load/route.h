/* How the connections of a scenario are made: TLS, other places than the URL's, a proxy, local addresses, look-ups; what is spoken over
 * them and who shares them. Complete before the load starts, then read-only and shared by all workers. */
#ifndef PL_LOAD_ROUTE_H
#define PL_LOAD_ROUTE_H

#include "load/transport.h"
#include "net/resolver.h"
#include "net/url.h"

/* What is meant for host:port is connected to elsewhere, as by curl --connect-to: the Host header, the name that TLS asks for and
 * verifies, and the request's name stay those of the URL. */
typedef struct pl_reroute {
  pl_str host;      /* empty: every host */
  uint16_t port;    /* 0: every port */
  pl_str to_host;   /* without brackets; empty: the same */
  uint16_t to_port; /* 0: the same */
} pl_reroute;

/* Local addresses in a row: n of them, from first on. */
typedef struct pl_local {
  pl_address first; /* its port is 0 */
  uint32_t n;
} pl_local;

enum pl_dns_keep {
  PL_DNS_PINNED, /* addresses are looked up once and kept as long as the client */
  PL_DNS_TTL,    /* as long as the record says */
  PL_DNS_FOR,    /* for keep_ns; 0: looked up for each connection */
};

/* Names to addresses. What is kept too long is looked up again by the next new connection; connections that stand stay. */
typedef struct pl_dns {
  enum pl_dns_keep keep;
  uint64_t keep_ns;
  bool in_turn;   /* each new connection goes to the next address; else to the first, and to the next when that fails */
  pl_str servers; /* who is asked; empty: the system's */
} pl_dns;

/* An HTTP proxy. Plain HTTP/1 is asked of it, by whole URLs; what else speaks HTTP (https, HTTP/2, ws) goes through a tunnel. */
typedef struct pl_proxy {
  pl_str host;
  uint16_t port;
  pl_str authorization; /* value of Proxy-Authorization; empty: none */
} pl_proxy;

/* Whose the connections are. */
enum pl_sharing {
  PL_SHARED_BY_ALL, /* users of a worker take what is free */
  PL_OF_A_USER,     /* each has its own, as browsers have */
  PL_OF_AN_ITERATION, /* and they end with it: each iteration is a new visitor */
};

typedef struct pl_route {
  const pl_tls_settings *tls; /* NULL: the defaults */
  const pl_reroute *reroutes; /* the first that fits counts */
  size_t n_reroutes;
  const pl_local *locals;   /* connections come from these in turn; none: the system chooses */
  size_t n_locals;
  pl_dns dns;
  const pl_proxy *proxy;      /* NULL: none */
  uint32_t requests;          /* most on one HTTP/1 connection, which is closed behind them; 1: they say so themselves; 0: no limit */
  enum pl_sharing sharing;
  uint32_t streams;           /* HTTP/2, with so many requests on a connection at a time; 0: HTTP/1.1 */
} pl_route;

/* What a scenario has that says nothing of its connections. */
extern const pl_route pl_route_default;

/* "HOST:PORT:TO_HOST:TO_PORT", IPv6 addresses in brackets, each of them may be empty. Pieces point into text. PL_EINVAL. */
int pl_reroute_parse(pl_str text, pl_reroute *out, pl_error *err) PL_MUSTCHECK;

/* "127.0.0.2", "127.0.0.2-127.0.0.20", IPv6 likewise; at most 65,536 addresses. PL_EINVAL. */
int pl_local_parse(pl_str text, pl_local *out, pl_error *err) PL_MUSTCHECK;

/* Whether connections for host:port go by it. */
bool pl_reroute_fits(const pl_reroute *r, pl_str host, uint16_t port);

/* Where connections for host:port really go; to_host is a piece of the route, or host. */
void pl_route_target(const pl_route *r, pl_str host, uint16_t port, pl_str *to_host, uint16_t *to_port);

/* Who is connected to instead of the target: the proxy, or the target itself. */
void pl_route_peer(const pl_route *r, pl_str to_host, uint16_t to_port, pl_str *peer_host, uint16_t *peer_port);

/* Whether requests of a URL are asked of a proxy by whole URLs. */
bool pl_route_asks_proxy(const pl_route *r, const pl_url *url);

/* How many local addresses there are. */
uint64_t pl_route_locals(const pl_route *r);

/* Whether this machine has all of the local addresses: PL_EINVAL names the first that it has not. */
int pl_route_check(const pl_route *r, pl_error *err) PL_MUSTCHECK;

/* A non-blocking socket (SOCK_STREAM or SOCK_DGRAM) that is connecting, from the next local address of its family; *turn says which
 * is next. -1: errno; EADDRNOTAVAIL: no local port is free. */
int pl_route_connect(const pl_route *r, uint64_t *turn, int type, const pl_address *to);

#endif
