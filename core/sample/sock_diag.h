/* Listening TCP sockets as the kernel lists them (sock_diag(7)): /proc/net/tcp would walk all connections behind them. */
#ifndef PL_SAMPLE_SOCK_DIAG_H
#define PL_SAMPLE_SOCK_DIAG_H

#include <stdint.h>

#include "net/resolver.h"

/* Calls fn(user, local address, inode) for each listening socket of a family (AF_INET, AF_INET6). PL_EIO: the kernel does not
 * answer such questions; fn may have been called by then. */
int pl_sock_diag_listening(int family, void (*fn)(void *user, const pl_address *local, uint64_t inode), void *user) PL_MUSTCHECK;

#endif
