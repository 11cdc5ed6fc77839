/* The sockets that a module of this room names, watched on its owner's loop: the module knows none. One thread. */
#ifndef PL_NET_WATCH_H
#define PL_NET_WATCH_H

#include <uv.h>

#include "base/alloc.h"

typedef struct pl_watch pl_watch;

/* Filled by its owner, but for the last two. */
typedef struct pl_watches {
  const pl_allocator *alloc;
  uv_loop_t *loop;
  void (*ready)(void *user, int fd, int events); /* UV_READABLE, UV_WRITABLE; both on a failure */
  void (*closed)(void *user);                    /* a handle is gone */
  void *user;
  pl_watch *list;
  unsigned handles; /* that are not gone */
} pl_watches;

/* Which events of a socket matter from now on; 0: it is about to be closed. Where there is no memory nothing is watched: the module's
 * time runs out. */
void pl_watch_set(pl_watches *w, int fd, int events);

#endif
