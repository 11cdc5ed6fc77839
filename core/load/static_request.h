/* request = {...}: the same bytes each time, made once; no script takes part. */
#ifndef PL_LOAD_STATIC_REQUEST_H
#define PL_LOAD_STATIC_REQUEST_H

#include "load/client.h"
#include "load/plan.h"
#include "load/user.h"

typedef struct pl_static_request {
  pl_endpoint *endpoint;
  pl_request_parts parts; /* for redirects */
  pl_buf head;
  uint32_t slot;
} pl_static_request;

/* Makes the head and the slot. Errors: PL_EINVAL (a header that cannot be sent), PL_ENOMEM. */
int pl_static_request_init(pl_static_request *r, pl_worker *w, const pl_scenario *s, pl_error *err) PL_MUSTCHECK;
/* Frees the head; also after an init that failed. */
void pl_static_request_fini(pl_static_request *r);

/* Fills a new user's exchange, for all its requests. */
void pl_static_request_prepare(const pl_static_request *r, const pl_scenario *s, pl_exchange *x);

#endif
