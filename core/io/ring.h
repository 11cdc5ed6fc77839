/* A bounded ring of pointers between exactly one producer and one consumer thread. */
#ifndef PL_IO_RING_H
#define PL_IO_RING_H

#include <stdbool.h>
#include <stddef.h>

#include "base/alloc.h"

typedef struct pl_ring pl_ring;

/* capacity: a power of two. NULL when there is no memory. */
pl_ring *pl_ring_new(const pl_allocator *a, size_t capacity) PL_MUSTCHECK;
/* NULL is fine. What is still in it is the caller's. */
void pl_ring_free(pl_ring *r);

bool pl_ring_push(pl_ring *r, void *p); /* producer: false when full */
void *pl_ring_pop(pl_ring *r);          /* consumer: NULL when empty */
size_t pl_ring_count(const pl_ring *r); /* either side; a moment's view */

#endif
