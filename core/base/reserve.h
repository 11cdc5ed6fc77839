/* Memory that is there ahead of its need. What a thread allocates later is then taken from that, and adds nothing to what the process holds. */
#ifndef PL_BASE_RESERVE_H
#define PL_BASE_RESERVE_H

#include <stddef.h>

#include "base/alloc.h"

/* Pieces are asked for, written to and given back, all but the last one, which keeps a heap that ends there from shrinking. Zeros at first. */
typedef struct pl_reserve {
  void **pieces; /* the newest first, each begins with the next one */
  size_t got;    /* bytes of all that there were */
} pl_reserve;

/* One piece more, some microseconds, until it got n bytes. Want of memory harms nothing. */
void pl_reserve_more(pl_reserve *r, const pl_allocator *a, size_t n);
/* Frees what is left, on any thread. */
void pl_reserve_fini(pl_reserve *r, const pl_allocator *a);

#endif
