/* Further requests of an exchange, and redirects. Private to the client. */
#ifndef PL_LOAD_REDIRECT_H
#define PL_LOAD_REDIRECT_H

#include "load/conn.h"

/* The request of a redirect or of an answered challenge: its texts live here until the exchange is over. */
struct pl_hop {
  pl_buf url, head;
  pl_buf authorization; /* answer to a challenge */
  bool challenged;      /* once is enough */
  pl_url parsed;
  pl_request_parts parts;
  pl_header *headers; /* a copy of the user's, less those that were dropped; room for n_headers */
  size_t n_headers;
  const pl_request_parts *original_parts;
  pl_endpoint *original_endpoint;
  pl_str original_head, original_body;
  bool original_head_only;
};

/* The exchange's further request, made of its first one when there is none; NULL: no memory. */
struct pl_hop *pl_hop_need(pl_exchange *x);

/* Writes its head anew from its parts, and makes x that request. */
int pl_hop_write(pl_exchange *x, pl_error *err) PL_MUSTCHECK;

/* Follows a complete answer that is a redirect, at most x->follow of them: x is on its way again, or failed. False: it is an
 * answer like others. */
bool pl_redirect(pl_exchange *x);

/* The host that x was sent to first, when redirects have led it elsewhere; else empty. */
pl_str pl_hop_from(const pl_exchange *x);

/* Gives x back the request that its owner sent, and frees what the redirects made. */
void pl_hop_free(pl_exchange *x);

#endif
