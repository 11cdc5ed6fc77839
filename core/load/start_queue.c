#include "load/start_queue.h"

static bool grow(pl_start_queue *q, const pl_allocator *a)
{
  size_t cap = q->cap ? q->cap * 2 : 64;
  cap = cap < q->max ? cap : q->max;
  pl_start *ring = pl_alloc(a, cap * sizeof *ring);
  if (!ring)
    return false;
  for (size_t i = 0; i < q->count; i++)
    ring[i] = q->ring[(q->first + i) % q->cap];
  pl_free(a, q->ring, q->cap * sizeof *ring);
  q->ring = ring;
  q->cap = cap;
  q->first = 0;
  return true;
}

bool pl_start_queue_push(pl_start_queue *q, const pl_allocator *a, pl_start start)
{
  if (q->count >= q->max || (q->count == q->cap && !grow(q, a)))
    return false;
  q->ring[(q->first + q->count) % q->cap] = start;
  q->count++;
  return true;
}

pl_start pl_start_queue_pop(pl_start_queue *q)
{
  pl_start start = q->ring[q->first];
  q->first = (q->first + 1) % q->cap;
  q->count--;
  return start;
}

void pl_start_queue_fini(pl_start_queue *q, const pl_allocator *a)
{
  pl_free(a, q->ring, q->cap * sizeof *q->ring);
  *q = (pl_start_queue){.max = q->max};
}
