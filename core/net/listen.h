/* Sockets that listen. */
#ifndef PL_NET_LISTEN_H
#define PL_NET_LISTEN_H

#include "net/address.h"
#include "perilune/error.h"

/* A stream socket that listens at an address (port 0: any that is free), does not block and is the caller's; or -1, and why in err: PL_EBUSY
 * (the address is taken), PL_EINVAL (it is not this machine's), PL_EACCES, PL_EIO. */
int pl_listen(const pl_address *a, pl_error *err);
/* The port that a socket is bound to; 0: none. */
uint16_t pl_listen_port(int fd);

#endif
