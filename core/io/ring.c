/* Single producer, single consumer ring: each side owns one index and reads the other's with acquire. */
#include "io/ring.h"

#include <stdatomic.h>
#include <stdint.h>

struct pl_ring {
  const pl_allocator *alloc;
  size_t capacity;
  _Alignas(64) atomic_size_t head; /* next to write; producer's */
  _Alignas(64) atomic_size_t tail; /* next to read; consumer's */
  _Alignas(64) void *slot[];
};

static size_t bytes_of(size_t capacity)
{
  return sizeof(pl_ring) + capacity * sizeof(void *) + 64;
}

pl_ring *pl_ring_new(const pl_allocator *a, size_t capacity)
{
  /* The allocator promises malloc's alignment only; the block keeps its own start in front. */
  char *raw = pl_alloc_zero(a, 1, bytes_of(capacity) + sizeof(void *));
  if (!raw)
    return NULL;
  uintptr_t at = ((uintptr_t)raw + sizeof(void *) + 63) & ~(uintptr_t)63;
  pl_ring *r = (pl_ring *)at;
  ((void **)at)[-1] = raw;
  r->alloc = a;
  r->capacity = capacity;
  return r;
}

void pl_ring_free(pl_ring *r)
{
  if (r)
    pl_free(r->alloc, ((void **)r)[-1], bytes_of(r->capacity) + sizeof(void *));
}

bool pl_ring_push(pl_ring *r, void *p)
{
  size_t head = atomic_load_explicit(&r->head, memory_order_relaxed);
  if (head - atomic_load_explicit(&r->tail, memory_order_acquire) == r->capacity)
    return false;
  r->slot[head & (r->capacity - 1)] = p;
  atomic_store_explicit(&r->head, head + 1, memory_order_release);
  return true;
}

void *pl_ring_pop(pl_ring *r)
{
  size_t tail = atomic_load_explicit(&r->tail, memory_order_relaxed);
  if (tail == atomic_load_explicit(&r->head, memory_order_acquire))
    return NULL;
  void *p = r->slot[tail & (r->capacity - 1)];
  atomic_store_explicit(&r->tail, tail + 1, memory_order_release);
  return p;
}

size_t pl_ring_count(const pl_ring *r)
{
  return atomic_load_explicit(&r->head, memory_order_acquire) - atomic_load_explicit(&r->tail, memory_order_acquire);
}
