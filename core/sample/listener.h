/* Which process on this machine listens at an address: the kernel names the socket's inode, /proc/PID/fd who holds it. */
#ifndef PL_SAMPLE_LISTENER_H
#define PL_SAMPLE_LISTENER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/alloc.h"
#include "net/resolver.h"

enum { PL_LISTENER_PIDS = 256 };

typedef struct pl_listener {
  char name[32];      /* of the first process */
  int64_t pids[PL_LISTENER_PIDS]; /* all that hold the socket: a master and its workers; the lowest first */
  size_t n_pids;
  bool tunnel;        /* it looks like one: ssh, kubectl, socat */
} pl_listener;

/* PL_ENOENT: nobody listens there, or it is not this machine; PL_EACCES: the socket is there, but its process is another
 * user's and cannot be seen. Reads /proc: some milliseconds. */
int pl_listener_find(const pl_allocator *a, const char *proc_root, const pl_address *address, pl_listener *out) PL_MUSTCHECK;

#endif
