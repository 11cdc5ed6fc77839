/* Redirects of an exchange. Private to the client. */
#ifndef PL_LOAD_REDIRECT_H
#define PL_LOAD_REDIRECT_H

#include "load/conn.h"

/* Follows a complete answer that is a redirect, at most x->follow of them: x is on its way again, or failed. False: it is an
 * answer like others. */
bool pl_redirect(pl_exchange *x);

/* The host that x was sent to first, when redirects have led it elsewhere; else empty. */
pl_str pl_hop_from(const pl_exchange *x);

/* Gives x back the request that its owner sent, and frees what the redirects made. */
void pl_hop_free(pl_exchange *x);

#endif
