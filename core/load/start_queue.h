/* Starts that wait for a user, and the rule that drops one: a start that comes when `max` wait already will never be sent, and is
 * counted as dropped (open_loop.c). Where more than 0.1 % are dropped or cancelled no objective of latency is decided (query/judge.c). */
#ifndef PL_LOAD_START_QUEUE_H
#define PL_LOAD_START_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/alloc.h"

typedef struct pl_start {
  uint64_t index;
  uint64_t intended_ns;
} pl_start;

/* First in, first out, in a ring that grows up to `max`. Zeroed but for max it is empty. */
typedef struct pl_start_queue {
  pl_start *ring;
  size_t cap, first, count, max;
} pl_start_queue;

/* False: the start is dropped, for `max` wait, or there is no memory for one more. */
bool pl_start_queue_push(pl_start_queue *q, const pl_allocator *a, pl_start start) PL_MUSTCHECK;
/* The one that has waited longest; count is at least 1. */
pl_start pl_start_queue_pop(pl_start_queue *q);
/* Frees the ring; starts that wait are forgotten. */
void pl_start_queue_fini(pl_start_queue *q, const pl_allocator *a);

#endif
