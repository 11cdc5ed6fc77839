/* Digest authentication of an exchange. Private to the client. */
#ifndef PL_LOAD_CHALLENGE_H
#define PL_LOAD_CHALLENGE_H

#include "load/auth.h"
#include "load/redirect.h"

/* Answers a complete 401 whose challenge x->digest can take: x is on its way again, or failed. False: it is an answer like
 * others. */
bool pl_challenge(pl_exchange *x);

/* Makes x's head carry an answer to the challenge that is known already; nothing without one. */
int pl_hop_authorize(pl_exchange *x, pl_error *err) PL_MUSTCHECK;

#endif
