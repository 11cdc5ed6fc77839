/* A few threads for one piece of work that falls into many: analysis of many series, say. */
#ifndef PL_IO_CREW_H
#define PL_IO_CREW_H

#include <stdbool.h>

#include "base/alloc.h"

enum { PL_CREW_MAX = 64 /* threads */ };

typedef struct pl_crew pl_crew;

/* What a crew does: part i of n, on any of its threads, each part once. Parts are begun in their order. */
typedef void (*pl_crew_work)(void *user, size_t i);

/* Starts min(threads, n, PL_CREW_MAX) threads on the parts 0 .. n - 1, with all signals blocked: those are the host's. threads 0: none, pl_crew_wait
 * does the work. *out is there before the first part begins. user lives until pl_crew_free. Errors: PL_ENOMEM, PL_EAGAIN (the system starts no thread at all; fewer than asked are no error). */
int pl_crew_start(const pl_allocator *a, unsigned threads, size_t n, pl_crew_work work, void *user, pl_crew **out, pl_error *err) PL_MUSTCHECK;

/* Waits until all is done or cancelled, at most so long; whether it is. Without threads: works for about that long. */
bool pl_crew_wait(pl_crew *c, unsigned limit_ms);

/* How many parts are done. Any thread. */
size_t pl_crew_done(pl_crew *c);

/* No further part is begun. Any thread. */
void pl_crew_cancel(pl_crew *c);
/* Whether it was cancelled: what a long part asks. Any thread. */
bool pl_crew_is_cancelled(pl_crew *c);

/* Cancels, waits for the parts under way, ends the threads. NULL is fine. */
void pl_crew_free(pl_crew *c);

#endif
