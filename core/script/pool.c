/* See pool.h. A small block belongs to the list of its size for ever; what is left of a chunk when it is used up goes to the list
 * of its own size. */
#include "script/pool.h"

#include <stdbool.h>
#include <string.h>

static size_t rounded(size_t size)
{
  return (size + PL_POOL_STEP - 1) & ~(size_t)(PL_POOL_STEP - 1);
}

static bool is_small(const pl_pool *p, size_t size)
{
  return size <= p->small;
}

/* What a block of that size costs. */
static size_t cost(const pl_pool *p, size_t size)
{
  return is_small(p, size) ? rounded(size) : size;
}

void pl_pool_init(pl_pool *p, const pl_allocator *parent, size_t max, size_t small)
{
  *p = (pl_pool){.parent = parent, .max = max, .small = small};
}

void pl_pool_fini(pl_pool *p)
{
  while (p->chunks) {
    pl_pool_chunk *c = p->chunks;
    p->chunks = c->next;
    pl_free(p->parent, c, PL_POOL_CHUNK);
  }
}

static void put(pl_pool *p, void *block, size_t size)
{
  pl_pool_free *f = block;
  f->next = p->free[size / PL_POOL_STEP];
  p->free[size / PL_POOL_STEP] = f;
}

static bool add_chunk(pl_pool *p)
{
  pl_pool_chunk *c = pl_alloc(p->parent, PL_POOL_CHUNK);
  if (!c)
    return false;
  size_t left = (size_t)(p->end - p->at) & ~(size_t)(PL_POOL_STEP - 1);
  if (left >= PL_POOL_STEP)
    put(p, p->at, left);
  c->next = p->chunks;
  p->chunks = c;
  p->at = (char *)c->bytes;
  p->end = (char *)c + PL_POOL_CHUNK;
  return true;
}

/* A small block; size is a multiple of the step. */
static void *take(pl_pool *p, size_t size)
{
  pl_pool_free **list = &p->free[size / PL_POOL_STEP];
  pl_pool_free *f = *list;
  if (f) {
    *list = f->next;
    return f;
  }
  if ((size_t)(p->end - p->at) < size && !add_chunk(p))
    return NULL;
  void *block = p->at;
  p->at += size;
  return block;
}

static void *take_any(pl_pool *p, size_t size)
{
  return is_small(p, size) ? take(p, rounded(size)) : pl_alloc(p->parent, size);
}

static void put_any(pl_pool *p, void *block, size_t size)
{
  if (is_small(p, size))
    put(p, block, rounded(size));
  else
    pl_free(p->parent, block, size);
}

/* To a block of another size; NULL leaves it as it was. */
static void *move(pl_pool *p, void *block, size_t old_size, size_t size)
{
  if (!is_small(p, old_size) && !is_small(p, size))
    return pl_realloc(p->parent, block, old_size, size);
  void *moved = take_any(p, size);
  if (!moved)
    return NULL;
  memcpy(moved, block, old_size < size ? old_size : size);
  put_any(p, block, old_size);
  return moved;
}

void *pl_pool_resize(pl_pool *p, void *block, size_t old_size, size_t size)
{
  size_t before = block ? cost(p, old_size) : 0, after = cost(p, size);
  if (after > before && p->max && after - before > p->max - p->used)
    return NULL;
  if (size == 0) {
    if (block)
      put_any(p, block, old_size);
    p->used -= before;
    return NULL;
  }
  void *result = block;
  if (!block)
    result = take_any(p, size);
  else if (before != after || is_small(p, old_size) != is_small(p, size))
    result = move(p, block, old_size, size);
  if (!result)
    return NULL;
  p->used += after - before;
  if (p->used > p->peak)
    p->peak = p->used;
  return result;
}
