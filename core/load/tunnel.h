/* A CONNECT through an HTTP proxy (RFC 9110, section 9.3.6), over a socket that is connected to it. Whoever owns the socket polls it
 * and goes on. One thread. */
#ifndef PL_LOAD_TUNNEL_H
#define PL_LOAD_TUNNEL_H

#include "base/buf.h"
#include "load/route.h"

typedef struct pl_tunnel pl_tunnel;

enum pl_tunnel_progress {
  PL_TUNNEL_READS,
  PL_TUNNEL_WRITES,
  PL_TUNNEL_STANDS, /* what goes over the socket from now on is the target's */
  PL_TUNNEL_FAILED,
};

/* To host:port, through the proxy. NULL: no memory. */
pl_tunnel *pl_tunnel_new(const pl_allocator *a, const pl_proxy *proxy, pl_str host, uint16_t port) PL_MUSTCHECK;
void pl_tunnel_free(pl_tunnel *t); /* NULL is fine */

/* Sends and receives what can be at once. FAILED: the words are in why; those of a refusal name the proxy's status. */
enum pl_tunnel_progress pl_tunnel_step(pl_tunnel *t, int fd, char why[96]);

#endif
