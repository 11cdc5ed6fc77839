/* W3C Trace Context (https://www.w3.org/TR/trace-context/): requests that carry a traceparent, so that the target's own traces
 * name the ones that were slow here. One for a user; its worker's thread. */
#ifndef PL_LOAD_TRACE_CONTEXT_H
#define PL_LOAD_TRACE_CONTEXT_H

#include "base/random.h"
#include "load/client.h"

typedef struct pl_trace_context {
  pl_rng rng;
  uint64_t high, low; /* the trace id of the last request; both 0: it carried none of ours */
  char line[72];      /* "traceparent: 00-...\r\n" */
  pl_buf head;        /* of the last request, with the line */
} pl_trace_context;

/* Without a trace yet. NULL: no memory. */
pl_trace_context *pl_trace_context_new(const pl_allocator *a) PL_MUSTCHECK;
/* NULL is fine. */
void pl_trace_context_free(pl_trace_context *t, const pl_allocator *a);

/* Ids of one iteration are a stream of their own: the same seed gives the same ids, whoever runs it. */
void pl_trace_context_begin(pl_trace_context *t, uint64_t seed, uint64_t scenario, uint64_t user, uint64_t iteration);

/* Makes x carry a new trace, whose id ends in that of the request's own span, so that who knows the trace knows the span: x->head becomes `head` with the line, which redirects take over. A head that has a traceparent
 * already stays as it is, and so does one for which there is no memory. */
void pl_trace_context_add(pl_trace_context *t, pl_exchange *x, pl_str head);

/* Puts a header line (with its line end) before the blank line that ends a head. Returns head->bad. */
int pl_head_take(pl_buf *head, pl_str line) PL_MUSTCHECK;

#endif
