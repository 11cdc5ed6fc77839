/* Requests kept whole, with all that was timed: of a name and an interval the slowest few, and those that were chosen. Pure. */
#ifndef PL_LOAD_EXAMPLE_H
#define PL_LOAD_EXAMPLE_H

#include "load/client.h"

enum { PL_EXAMPLES = 5, PL_KEPT = 32 };

/* One request. Times are monotonic ns. */
typedef struct pl_example {
  uint64_t latency_ns, service_ns;
  uint64_t intended_ns; /* from where the latency counts */
  uint64_t sent_ns;     /* its first byte; 0: it was never sent */
  uint64_t end_ns;
  uint64_t phases_ns[PL_PHASES]; /* PL_NO_PHASE: it had none */
  uint64_t trace_high, trace_low; /* its trace id; both 0: it carried none */
  uint32_t user;        /* over all workers of the scenario */
  uint16_t status;      /* 0: no complete answer */
  uint8_t outcome;      /* enum pl_failure, without checks */
} pl_example;

/* The slowest of those that were added, slowest first. Lists of parts, added up in any order, are the list of the whole. */
typedef struct pl_example_list {
  uint32_t n;
  pl_example items[PL_EXAMPLES];
} pl_example_list;

/* Requests that were chosen to be kept, in the order in which they came, as many as there is room for. */
typedef struct pl_kept_list {
  uint32_t n;
  pl_example items[PL_KEPT];
} pl_kept_list;

/* Takes a copy of *e where there is room. */
void pl_kept_add(pl_kept_list *list, const pl_example *e);

/* Takes a copy of *e when it is slower than one of the list, or the list has room. */
void pl_examples_add(pl_example_list *list, const pl_example *e);
/* Adds all of from. */
void pl_examples_merge(pl_example_list *into, const pl_example_list *from);

/* What is not slower than this need not be added. */
uint64_t pl_examples_floor(const pl_example_list *list);

#endif
