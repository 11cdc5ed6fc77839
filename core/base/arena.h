/* Memory of one piece of work. */
#ifndef PL_BASE_ARENA_H
#define PL_BASE_ARENA_H

#include <stddef.h>

#include "base/alloc.h"
#include "base/str.h"

/* Memory that is taken piece by piece and given back all at once. */
typedef struct pl_arena {
  const pl_allocator *alloc;
  struct pl_arena_block *blocks; /* the newest first */
  size_t held, max;              /* bytes of all blocks; most it may hold */
  int bad;                       /* why the last request was refused: PL_ENOMEM or PL_ELIMIT; 0: none was */
} pl_arena;

/* Empty. max: most bytes that all its blocks may hold. */
void pl_arena_init(pl_arena *a, const pl_allocator *alloc, size_t max);
/* Frees all blocks, and so all that was taken. */
void pl_arena_fini(pl_arena *a);
/* Forgets everything that was taken; keeps one block for the next round. */
void pl_arena_reset(pl_arena *a);
/* n bytes, zeroed, aligned for any type; NULL when there is no memory or it would hold more than max. */
void *pl_arena_take(pl_arena *a, size_t n) PL_MUSTCHECK;
/* count * size bytes likewise; also NULL where the product overflows. */
void *pl_arena_alloc(pl_arena *a, size_t count, size_t size) PL_MUSTCHECK;
/* A copy of a text, ended by NUL; its data are NULL when there is no memory. */
pl_str pl_arena_copy(pl_arena *a, pl_str text);

#endif
