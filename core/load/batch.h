/* A batch: HTTP requests of one user that are in flight at the same time, each recorded as its own. One operation of the user. One
 * worker's thread. */
#ifndef PL_LOAD_BATCH_H
#define PL_LOAD_BATCH_H

#include "load/trace_context.h"
#include "load/user.h"

enum { PL_BATCH_MAX = 1000 };

typedef struct pl_batch pl_batch;

typedef struct pl_part {
  /* in */
  pl_exchange exchange;     /* all but the last three of what is given to one: see pl_exchange */
  uint32_t slot;
  const uint16_t *expected; /* as in pl_user */
  size_t n_expected;
  /* out */
  pl_answered answered;     /* exchange.answer is complete, its bytes are in kept */
  pl_buf kept;
  pl_batch *batch;
  pl_trace_context *trace;  /* its own, where requests carry one */
} pl_part;

/* The caller's, with everything borrowed, until the script's answer call. */
struct pl_batch {
  pl_user *user;
  pl_part *parts;
  size_t n, parallel;       /* at least 1; most in flight */
  size_t next, in_flight;   /* the first that was not sent */
  bool ending;              /* none is sent any more: the load ends */
  uint64_t due_ns;          /* the next one is held back until then */
  pl_timer timer;
};

/* Zeroed parts with room for max bytes of an answer. */
void pl_part_init(pl_part *p, const pl_allocator *a, size_t max);
/* Frees what it keeps of an answer; it may not be in flight. */
void pl_part_fini(pl_part *p);

/* user, parts, n and parallel are set. Sends; the script's answer is called when all parts are complete. */
void pl_batch_start(pl_batch *b);

#endif
