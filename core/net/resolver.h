/* Names to addresses, off the loop (getaddrinfo in libuv's pool), kept for the resolver's life. One thread. */
#ifndef PL_NET_RESOLVER_H
#define PL_NET_RESOLVER_H

#include <netinet/in.h>
#include <sys/un.h>
#include <uv.h>

#include "base/str.h"
#include "perilune/error.h"

enum { PL_ADDRESSES_MAX = 16 };

typedef union pl_address {
  struct sockaddr any;
  struct sockaddr_in v4;
  struct sockaddr_in6 v6;
  struct sockaddr_un un;
} pl_address;

typedef struct pl_addresses {
  pl_address list[PL_ADDRESSES_MAX];
  unsigned n;
} pl_addresses;

/* Bytes of an address, for connect(). */
socklen_t pl_address_size(const pl_address *a);

/* An IPv4 or IPv6 literal without asking anybody; false when host is a name. */
bool pl_address_literal(pl_str host, uint16_t port, pl_addresses *out);

typedef struct pl_lookup pl_lookup;

/* Embedded in the caller's struct, which lives until done. code: 0 (addresses are set) or PL_ERESOLVE with a text. */
struct pl_lookup {
  uv_getaddrinfo_t request;
  uint16_t port;
  char host[256];
  pl_addresses addresses;
  char why[160];
  void (*done)(pl_lookup *l, int code);
  void *user;
};

/* Starts a look-up; done is called once, from the loop. On failure of the start done is never called. */
int pl_lookup_start(pl_lookup *l, uv_loop_t *loop, pl_str host, uint16_t port, void (*done)(pl_lookup *l, int code)) PL_MUSTCHECK;

/* Gives up: done comes soon with PL_ECANCELED, or with the result when it is there already. */
void pl_lookup_cancel(pl_lookup *l);

#endif
