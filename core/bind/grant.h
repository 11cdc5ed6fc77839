/* Where a state's requests may go: hosts by name, and loopback. */
#ifndef PL_BIND_GRANT_H
#define PL_BIND_GRANT_H

#include <lua.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/alloc.h"
#include "base/str.h"

struct sockaddr;

typedef struct pl_granted_host pl_granted_host;

/* Zero-initialised: loopback alone. */
typedef struct pl_grants {
  const pl_allocator *alloc;
  pl_granted_host *hosts;
  size_t n, bytes;
} pl_grants;

/* Reads the array { { host, port = 0: any, suffix: whether names that end so are meant } ... } at index, which may be nil. Raises for what
 * is none, and without memory; out is then still to be freed. */
void pl_grants_read(lua_State *L, int index, const pl_allocator *a, pl_grants *out);
/* Frees the hosts; what is left grants loopback alone. */
void pl_grants_free(pl_grants *g);

/* Whether requests to host:port may go to an address: the host is named, or the address is this machine's own (loopback, a Unix socket).
 * address NULL: the name alone decides. Read-only, any thread. */
bool pl_grants_allow(const pl_grants *g, pl_str host, uint16_t port, const struct sockaddr *address);

#endif
