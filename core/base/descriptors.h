/* File descriptors of this process: how many there may be, and what to do where they have run out. */
#ifndef PL_BASE_DESCRIPTORS_H
#define PL_BASE_DESCRIPTORS_H

#include <stdint.h>

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
