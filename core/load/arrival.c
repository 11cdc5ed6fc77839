/* The laws: how far apart starts stand on the area under the rate. */
#include "load/arrival.h"

/* Distance from one start to the next, in starts. */
static double gap(pl_arrival *a)
{
  switch (a->law) {
  case PL_ARRIVAL_POISSON:
    return pl_rng_exponential(&a->rng, 1);
  case PL_ARRIVAL_EVEN:
  case PL_ARRIVAL_TRACE:
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

void pl_arrival_init_trace(pl_arrival *a, const uint64_t *trace, size_t n, uint64_t period_ns, double mean_per_s, unsigned party, unsigned parties)
{
  *a = (pl_arrival){.law = PL_ARRIVAL_TRACE, .index = party, .stride = parties, .trace = trace, .n_trace = n, .period_ns = period_ns,
                    .mean_per_s = mean_per_s};
}

uint64_t pl_arrival_trace_time(const uint64_t *trace, size_t n, uint64_t period_ns, uint64_t index)
{
  uint64_t round = index / n;
  if (round == 0)
    return trace[index];
  return period_ns && round < UINT64_MAX / 2 / period_ns ? round * period_ns + trace[index % n] : UINT64_MAX;
}

/* The trace's time is where the area under its mean rate reaches what the area under the rate has reached. */
static uint64_t time_of_trace(pl_arrival *a)
{
  uint64_t t = pl_arrival_trace_time(a->trace, a->n_trace, a->period_ns, a->index);
  bool changed = a->cursor.n > 0;
  return changed && t < UINT64_MAX ? pl_stage_cursor_time_of(&a->cursor, (double)t * 1e-9 * a->mean_per_s) : t;
}

uint64_t pl_arrival_time(pl_arrival *a)
{
  if (a->law == PL_ARRIVAL_TRACE)
    return time_of_trace(a);
  return pl_stage_cursor_time_of(&a->cursor, a->position);
}

void pl_arrival_next(pl_arrival *a)
{
  a->index += a->stride;
  if (a->law == PL_ARRIVAL_TRACE)
    return;
  for (uint64_t i = 0; i < a->stride; i++)
    a->position += gap(a);
}

void pl_arrival_restage(pl_arrival *a, const pl_stage *stages, size_t n)
{
  pl_stage_cursor_init(&a->cursor, stages, n);
}
