/* Arrival processes: when start i of a scenario is due. One seeded stream makes the whole schedule; a
 * worker walks through it and keeps the starts that are its own, so the same seed gives the same
 * schedule for any number of workers. Pure; one thread an object. */
#ifndef PL_LOAD_ARRIVAL_H
#define PL_LOAD_ARRIVAL_H

#include "base/random.h"
#include "load/plan.h"

/* Reads stages forwards: asked for growing numbers of starts only. */
typedef struct pl_stage_cursor {
  const pl_stage *stages; /* borrowed */
  size_t n;
  size_t at;         /* stage that holds what was asked last */
  uint64_t begin_ns; /* its begin, */
  double level;      /* the level and */
  double area;       /* the starts before it */
} pl_stage_cursor;

/* Stands before the first of n stages, which are borrowed. */
void pl_stage_cursor_init(pl_stage_cursor *c, const pl_stage *stages, size_t n);

/* The time at which the area reaches `starts` >= that of the call before; UINT64_MAX: never. */
uint64_t pl_stage_cursor_time_of(pl_stage_cursor *c, double starts);

/* A start has a position on the area under the rate: even arrivals stand at 0, 1, 2 ...; Poisson arrivals
 * have exponential gaps of mean 1 there, which the inverse of the area turns into a (non-homogeneous)
 * Poisson process of exactly that rate (Cinlar 1975). A new rate keeps the positions. */
typedef struct pl_arrival {
  pl_stage_cursor cursor;
  enum pl_arrival_law law;
  pl_rng rng;
  uint64_t index;   /* of the next own start in the whole schedule */
  uint64_t stride;  /* parties that share the schedule */
  double position;  /* of start `index` */
  const uint64_t *trace; /* PL_ARRIVAL_TRACE, borrowed */
  size_t n_trace;
  uint64_t period_ns;
  double mean_per_s;     /* of the trace: what its stages say before they are changed */
} pl_arrival;

/* The starts i with i mod parties == party of scenario number `scenario` under this seed. stages are borrowed. */
void pl_arrival_init(pl_arrival *a, enum pl_arrival_law law, const pl_stage *stages, size_t n,
                     uint64_t seed, uint64_t scenario, unsigned party, unsigned parties);

/* The same of a trace (plan.h). A new rate makes its time pass faster or slower, by what it is of the mean one. */
void pl_arrival_init_trace(pl_arrival *a, const uint64_t *trace, size_t n, uint64_t period_ns, double mean_per_s, unsigned party, unsigned parties);

/* When start `index` of a trace is due; UINT64_MAX: it ends before. */
uint64_t pl_arrival_trace_time(const uint64_t *trace, size_t n, uint64_t period_ns, uint64_t index);

/* When start `index` of the whole schedule is due; UINT64_MAX: the schedule is over before it. O(index) unless even. */
uint64_t pl_arrival_time_of(enum pl_arrival_law law, const pl_stage *stages, size_t n, uint64_t seed, uint64_t scenario,
                            uint64_t index);

/* When start a->index is due, in ns after the scenario's begin; UINT64_MAX: the schedule is over. */
uint64_t pl_arrival_time(pl_arrival *a);

/* Goes on to the next own start. */
void pl_arrival_next(pl_arrival *a);

/* The same schedule under other stages, which must agree with the old ones up to now. */
void pl_arrival_restage(pl_arrival *a, const pl_stage *stages, size_t n);

#endif
