/* See pool.h. A small block belongs to the list of its size for ever; what is left of a chunk when it is used up goes to the list
 * of its own size. */
#include "script/pool.h"

#include <stdbool.h>
#include <string.h>

#define COLD __attribute__((noinline)) /* keeps its registers out of the way of those that run for each block */

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

static void *refuse(pl_pool *p)
{
  if (p->refused)
    p->refused(p->user);
  return NULL;
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

/* A small block that no list has. */
static COLD void *cut(pl_pool *p, size_t size)
{
  if ((size_t)(p->end - p->at) < size && !add_chunk(p))
    return refuse(p);
  void *block = p->at;
  p->at += size;
  p->used += size;
  return block;
}

static COLD void *allocate_large(pl_pool *p, size_t size)
{
  void *block = size <= p->max - p->used ? pl_alloc(p->parent, size) : NULL;
  if (!block)
    return refuse(p);
  p->used += size;
  return block;
}

/* The next block of the list is on its way to the cache when it is asked for. */
static void *allocate(pl_pool *p, size_t size)
{
  if (!is_small(p, size))
    return allocate_large(p, size);
  size_t list = list_of(size), price = list * PL_POOL_STEP;
  if (price > p->max - p->used)
    return refuse(p);
  pl_pool_free *f = p->free[list];
  if (!f)
    return cut(p, price);
  p->free[list] = f->next;
  __builtin_prefetch(f->next, 1);
  p->used += price;
  return f;
}

static void *release(pl_pool *p, void *block, size_t size)
{
  p->used -= cost(p, size);
  if (is_small(p, size))
    put(p, block, list_of(size));
  else
    pl_free(p->parent, block, size);
  return NULL;
}

static void *move_large(pl_pool *p, void *block, size_t old_size, size_t size)
{
  void *moved = size <= p->max - p->used + old_size ? pl_realloc(p->parent, block, old_size, size) : NULL;
  if (!moved)
    return refuse(p);
  p->used += size - old_size;
  return moved;
}

/* To a block of another size; NULL leaves it as it was. The limit counts what is added, not both blocks. */
static COLD void *move(pl_pool *p, void *block, size_t old_size, size_t size)
{
  size_t before = cost(p, old_size);
  bool was_small = is_small(p, old_size), small = is_small(p, size);
  if (was_small == small && before == cost(p, size))
    return block;
  if (!was_small && !small)
    return move_large(p, block, old_size, size);
  p->used -= before;
  void *moved = allocate(p, size);
  p->used += before;
  if (!moved)
    return NULL;
  memcpy(moved, block, old_size < size ? old_size : size);
  (void)release(p, block, old_size);
  return moved;
}

void *pl_pool_resize(void *pool, void *block, size_t old_size, size_t size)
{
  if (!block)
    return size ? allocate(pool, size) : NULL;
  return size ? move(pool, block, old_size, size) : release(pool, block, old_size);
}
