/* Slow requests kept whole: of a name and an interval the slowest few, with all that was timed. Pure. */
#ifndef PL_LOAD_EXAMPLE_H
#define PL_LOAD_EXAMPLE_H

#include "load/client.h"

enum { PL_EXAMPLES = 5 };

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

/* Takes a copy of *e when it is slower than one of the list, or the list has room. */
void pl_examples_add(pl_example_list *list, const pl_example *e);
/* Adds all of from. */
void pl_examples_merge(pl_example_list *into, const pl_example_list *from);

/* What is not slower than this need not be added. */
uint64_t pl_examples_floor(const pl_example_list *list);

#endif
