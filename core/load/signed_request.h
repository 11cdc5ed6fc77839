/* Static requests that carry something of their time: a signature (SigV4), or a token that is renewed (OAuth 2). Their head is made
 * for each. */
#ifndef PL_LOAD_SIGNED_REQUEST_H
#define PL_LOAD_SIGNED_REQUEST_H

#include "load/client.h"
#include "load/plan.h"

struct pl_user;

/* A head, and what an exchange borrows beside it. */
typedef struct pl_signed_head {
  pl_request_parts parts;
  pl_header *headers; /* the scenario's, and room for those of a signature */
  pl_buf head, texts;
} pl_signed_head;

/* Of one user. */
typedef struct pl_signed_request {
  pl_signed_head made[2]; /* one that the exchange borrows, */
  unsigned next;          /* and the one to be made next: where that fails, the other is whole */
  size_t n_headers;       /* room in each */
  char payload[65];       /* hash of the body; empty: not made yet */
} pl_signed_request;

/* Whether the requests of a scenario are such. */
bool pl_is_signed(const pl_scenario *s);

/* Makes the head of the user's next request. False: no memory; the one before goes again. */
bool pl_sign_request(struct pl_user *u);
/* NULL is fine. */
void pl_signed_request_free(pl_signed_request *r, const pl_allocator *a);

#endif
