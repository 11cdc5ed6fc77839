/* The laws: how far apart starts stand on the area under the rate. */
#include "load/arrival.h"

/* Distance from one start to the next, in starts. */
static double gap(pl_arrival *a)
{
  switch (a->law) {
  case PL_ARRIVAL_POISSON:
    return pl_rng_exponential(&a->rng, 1);
  case PL_ARRIVAL_EVEN:
    break;
  }
  return 1;
}

void pl_arrival_init(pl_arrival *a, enum pl_arrival_law law, const pl_stage *stages, size_t n,
                     uint64_t seed, uint64_t scenario, unsigned party, unsigned parties)
{
  *a = (pl_arrival){.law = law, .index = party, .stride = parties};
  pl_stage_cursor_init(&a->cursor, stages, n);
  pl_rng_init(&a->rng, seed, scenario, 0, UINT64_C(0xa221)); /* a stream that no user has */
  a->position = law == PL_ARRIVAL_EVEN ? 0 : gap(a);
  for (unsigned i = 0; i < party; i++)
    a->position += gap(a);
}

uint64_t pl_arrival_time_of(enum pl_arrival_law law, const pl_stage *stages, size_t n, uint64_t seed, uint64_t scenario,
                            uint64_t index)
{
  pl_arrival a;
  pl_arrival_init(&a, law, stages, n, seed, scenario, 0, 1);
  if (law == PL_ARRIVAL_EVEN)
    a.position = (double)index;
  else
    for (uint64_t i = 0; i < index; i++)
      a.position += gap(&a);
  return pl_arrival_time(&a);
}

uint64_t pl_arrival_time(pl_arrival *a)
{
  return pl_stage_cursor_time_of(&a->cursor, a->position);
}

void pl_arrival_next(pl_arrival *a)
{
  a->index += a->stride;
  for (uint64_t i = 0; i < a->stride; i++)
    a->position += gap(a);
}

void pl_arrival_restage(pl_arrival *a, const pl_stage *stages, size_t n)
{
  pl_stage_cursor_init(&a->cursor, stages, n);
}
