/* Questions to the kernel by netlink(7): all there is of one kind, answered by several datagrams. */
#ifndef PL_SAMPLE_NETLINK_H
#define PL_SAMPLE_NETLINK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"
#include "perilune/error.h"

typedef struct pl_netlink {
  int fd;
  uint32_t number; /* of the last question */
} pl_netlink;

/* protocol: NETLINK_ROUTE, NETLINK_SOCK_DIAG. PL_EIO: this kernel has none. */
int pl_netlink_open(pl_netlink *n, int protocol) PL_MUSTCHECK;
/* Also after an open that failed. */
void pl_netlink_close(pl_netlink *n);

/* Asks for all (NLM_F_DUMP) with this body, and calls fn with the body of each message of the type `answer`. Waits at most a second for a
 * datagram. PL_EIO: the kernel does not answer; fn may have been called by then. */
int pl_netlink_dump(pl_netlink *n, uint16_t type, pl_str body, uint16_t answer, void (*fn)(void *user, pl_str body), void *user) PL_MUSTCHECK;

/* Takes an attribute off the front of *rest; false at the end, and of what is malformed. */
bool pl_netlink_attribute(pl_str *rest, uint16_t *type, pl_str *value);

#endif
