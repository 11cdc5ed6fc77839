/* See pool.h. A small block belongs to the list of its size for ever; what is left of a chunk when it is used up goes to the list
 * of its own size. */
#include "script/pool.h"

#include <stdbool.h>
#include <string.h>

void pl_pool_init(pl_pool *p, const pl_allocator *parent, size_t max, size_t small)
{
  *p = (pl_pool){.parent = parent, .max = max ? max : SIZE_MAX, .small = small};
}

void pl_pool_fini(pl_pool *p)
{
  while (p->chunks) {
    pl_pool_chunk *c = p->chunks;
    p->chunks = c->next;
    pl_free(p->parent, c, PL_POOL_CHUNK);
  }
}

/* The list of a size: its number of steps, rounded up. */
static size_t list_of(size_t size)
{
  return (size + PL_POOL_STEP - 1) / PL_POOL_STEP;
}

static bool is_small(const pl_pool *p, size_t size)
{
  return size <= p->small;
}

/* What a block of that size costs. */
static size_t cost(const pl_pool *p, size_t size)
{
  return is_small(p, size) ? list_of(size) * PL_POOL_STEP : size;
}

static void put(pl_pool *p, void *block, size_t list)
{
  pl_pool_free *f = block;
  f->next = p->free[list];
  p->free[list] = f;
}

static bool add_chunk(pl_pool *p)
{
  pl_pool_chunk *c = pl_alloc(p->parent, PL_POOL_CHUNK);
  if (!c)
    return false;
  size_t left = (size_t)(p->end - p->at) / PL_POOL_STEP;
  if (left)
    put(p, p->at, left);
  c->next = p->chunks;
  p->chunks = c;
  p->at = (char *)c->bytes;
  p->end = (char *)c + PL_POOL_CHUNK;
  return true;
}

/* A block that no list has. */
static void *cut(pl_pool *p, size_t size)
{
  if ((size_t)(p->end - p->at) < size && !add_chunk(p))
    return NULL;
  void *block = p->at;
  p->at += size;
  return block;
}

/* The next block of the list is on its way to the cache when it is asked for. */
static void *take(pl_pool *p, size_t list)
{
  pl_pool_free *f = p->free[list];
  if (!f)
    return cut(p, list * PL_POOL_STEP);
  p->free[list] = f->next;
  __builtin_prefetch(f->next, 1);
  return f;
}

static void *allocate(pl_pool *p, size_t size)
{
  size_t price = cost(p, size);
  if (price > p->max - p->used)
    return NULL;
  void *block = is_small(p, size) ? take(p, list_of(size)) : pl_alloc(p->parent, size);
  if (!block)
    return NULL;
  p->used += price;
  if (p->used > p->peak)
    p->peak = p->used;
  return block;
}

static void release(pl_pool *p, void *block, size_t size)
{
  p->used -= cost(p, size);
  if (is_small(p, size))
    put(p, block, list_of(size));
  else
    pl_free(p->parent, block, size);
}

/* To a block of another size; NULL leaves it as it was. The limit counts what is added, not both blocks. */
static void *move(pl_pool *p, void *block, size_t old_size, size_t size)
{
  size_t before = cost(p, old_size);
  if (before == cost(p, size) && is_small(p, old_size) == is_small(p, size))
    return block;
  p->used -= before;
  if (!is_small(p, old_size) && !is_small(p, size)) {
    void *moved = size <= p->max - p->used ? pl_realloc(p->parent, block, old_size, size) : NULL;
    p->used += moved ? size : before;
    p->peak = p->used > p->peak ? p->used : p->peak;
    return moved;
  }
  void *moved = allocate(p, size);
  p->used += before;
  if (!moved)
    return NULL;
  memcpy(moved, block, old_size < size ? old_size : size);
  release(p, block, old_size);
  return moved;
}

void *pl_pool_resize(pl_pool *p, void *block, size_t old_size, size_t size)
{
  if (!block)
    return size ? allocate(p, size) : NULL;
  if (size)
    return move(p, block, old_size, size);
  release(p, block, old_size);
  return NULL;
}
