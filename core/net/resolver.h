/* Names to addresses, off the loop: by the system's getaddrinfo in libuv's pool, or by a resolver that asks DNS itself and knows how
 * long an answer holds. One thread. */
#ifndef PL_NET_RESOLVER_H
#define PL_NET_RESOLVER_H

#include <uv.h>

#include "base/alloc.h"
#include "base/str.h"
#include "net/address.h"
#include "perilune/error.h"

/* RFC 6761, section 6.3: whether a name is this machine, whatever its files and its name server say. */
bool pl_name_is_local(pl_str host);

/* ---- A resolver of our own */
typedef struct pl_resolver pl_resolver;

/* servers: "10.0.0.1,127.0.0.1:5353"; empty: the system's. module_dir: see io/module.h. Errors: PL_ENOENT, PL_EVERSION (the module),
 * PL_EINVAL (servers), PL_ENOMEM. */
int pl_resolver_new(const pl_allocator *a, uv_loop_t *loop, const char *module_dir, pl_str servers, pl_resolver **out, pl_error *err) PL_MUSTCHECK;

/* Ends what is asked, as cancelled; done is called from the loop when its last handle is closed. From anywhere, also from a look-up's done. */
void pl_resolver_close(pl_resolver *r, void (*done)(void *user), void *user);

/* ---- Look-ups */
typedef struct pl_lookup pl_lookup;

/* Embedded in the caller's struct, which lives until done. code: 0 (addresses and ttl_s are set) or PL_ERESOLVE with a text. */
struct pl_lookup {
  uv_getaddrinfo_t request;
  pl_resolver *resolver; /* NULL: the system */
  struct pl_question *question;
  pl_lookup *next;       /* the resolver's: to be told */
  uint16_t port;
  int code;
  char host[256];
  pl_addresses addresses;
  uint32_t ttl_s;        /* UINT32_MAX: the system does not say */
  char why[160];
  void (*done)(pl_lookup *l, int code);
  void *user;
};

/* Starts a look-up; r NULL: by the system. done is called once, from the loop. On failure of the start done is never called. */
int pl_lookup_start(pl_lookup *l, uv_loop_t *loop, pl_resolver *r, pl_str host, uint16_t port, void (*done)(pl_lookup *l, int code)) PL_MUSTCHECK;

/* Gives up: done comes soon with PL_ECANCELED, or with the result when it is there already. */
void pl_lookup_cancel(pl_lookup *l);

#endif
