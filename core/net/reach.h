/* Who can be reached: look-ups and connects that wait, for what is asked once before a load. Never on a loop that sends. */
#ifndef PL_NET_REACH_H
#define PL_NET_REACH_H

#include <stdbool.h>

#include "net/address.h"
#include "perilune/error.h"

/* The addresses of a host for a service ("http", "8080"). PL_ERESOLVE. */
int pl_reach_look_up(const char *host, const char *service, pl_addresses *out, pl_error *err) PL_MUSTCHECK;

/* Whether a connection can be made within a second; it is closed again. */
bool pl_reach_connect(const pl_address *a);

#endif
