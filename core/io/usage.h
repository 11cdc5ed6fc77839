/* What the system gives a thread, and this process. */
#ifndef PL_IO_USAGE_H
#define PL_IO_USAGE_H

#include <stdint.h>

typedef struct pl_usage {
  uint64_t waited_ns;  /* ready to run, and no CPU was free; 0 where the kernel does not tell */
  uint64_t yielded;    /* context switches: it waited for something, */
  uint64_t preempted;  /* or somebody else was given the CPU */
} pl_usage;

/* Of the calling thread, since it began. */
void pl_usage_read(pl_usage *out);

/* What came between two readings; of the run queue 0 where it could not be read any more, for no descriptor was left. */
pl_usage pl_usage_since(const pl_usage *before, const pl_usage *now);

/* CPUs that this process may run on (taskset, a cpuset); at least 1. */
unsigned pl_usable_cpus(void);

#endif
