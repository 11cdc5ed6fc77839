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

/* What came between two readings. */
pl_usage pl_usage_since(const pl_usage *before, const pl_usage *now);

/* CPUs that this process may run on (taskset, a cpuset); at least 1. */
unsigned pl_usable_cpus(void);

/* ulimit -n of this process. The library does not change it. */
uint64_t pl_descriptor_limit(void);

enum { PL_RAISE_TEXT = 64 };
/* What to do where descriptors have run out: "ulimit -n is 40: raise it (ulimit -n 1024)". At most PL_RAISE_TEXT bytes with the NUL. */
void pl_descriptor_advice(char out[PL_RAISE_TEXT]);

/* Makes room for n descriptors, or as many as the limit allows, in the process's table at once. Linux doubles a full table, and where the process has threads
 * waits for all CPUs meanwhile (synchronize_rcu in expand_files): 10 to 20 ms in which the thread that opens a connection stands still. */
void pl_descriptor_room(uint64_t n);

/* How many files of one kind may stay open that could as well be opened anew each time, where `limit` is that of descriptors: a small
 * share of it, at most 256. */
int pl_spare_descriptors(uint64_t limit);

#endif
