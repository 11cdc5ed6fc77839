/* The memory of one Lua state: small blocks from lists of free ones, so that the garbage of one iteration is the next one's memory;
 * and the state's limit. One thread at a time. */
#ifndef PL_SCRIPT_POOL_H
#define PL_SCRIPT_POOL_H

#include <stdint.h>

#include "base/alloc.h"

enum { PL_POOL_STEP = 16, PL_POOL_SMALL = 512, PL_POOL_CHUNK = 32 << 10 };

typedef struct pl_pool_free { /* a free block */
  struct pl_pool_free *next;
} pl_pool_free;

typedef struct pl_pool_chunk {
  struct pl_pool_chunk *next;
  max_align_t bytes[];
} pl_pool_chunk;

typedef struct pl_pool {
  const pl_allocator *parent;
  size_t used;  /* bytes of blocks in use, small ones rounded up */
  size_t max;   /* of used */
  size_t small; /* largest block that comes from a list */
  pl_pool_free *free[PL_POOL_SMALL / PL_POOL_STEP + 1]; /* by size / PL_POOL_STEP */
  char *at, *end;         /* what is left of the newest chunk */
  pl_pool_chunk *chunks;
  void (*refused)(void *user); /* told of each block that is not given; NULL: nobody asks. Set behind pl_pool_init, as user */
  void *user;
} pl_pool;

/* parent is borrowed. max: of used, 0: no limit. small: blocks of up to so many bytes come from lists, PL_POOL_SMALL at most; 0: each one from the parent. */
void pl_pool_init(pl_pool *p, const pl_allocator *parent, size_t max, size_t small);

/* Gives all chunks back; larger blocks must have been freed. */
void pl_pool_fini(pl_pool *p);

/* A lua_Alloc whose user is the pl_pool: block NULL allocates (old_size is ignored), size 0 frees. NULL at the limit and without
 * memory. Small blocks stay with the pool when they are freed. */
void *pl_pool_resize(void *pool, void *block, size_t old_size, size_t size);

#endif
