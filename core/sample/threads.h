/* What only threads know: how long each waited for a CPU, and how often it gave one up or lost it. Added over the threads of a process,
 * also over those that ended, up to what was seen of them. */
#ifndef PL_SAMPLE_THREADS_H
#define PL_SAMPLE_THREADS_H

#include "base/alloc.h"

typedef struct pl_threads {
  const pl_allocator *alloc;
  struct pl_thread *list; /* those that were there the last time, in the kernel's order */
  size_t n, cap;
  double waiting_s;       /* for a CPU; NaN: this kernel does not say */
  double voluntary, involuntary; /* context switches */
} pl_threads;

/* Of no thread yet; memory comes from a, which must outlive it. */
void pl_threads_init(pl_threads *t, const pl_allocator *a);
/* Frees what it holds. */
void pl_threads_fini(pl_threads *t);
/* Reads those of a process now, at most 65,536: some microseconds each. */
void pl_threads_read(pl_threads *t, const char *proc_root, int64_t pid);

#endif
