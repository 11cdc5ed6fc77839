/* A hierarchical timer wheel: add and cancel in O(1), no system call, no allocation. The owner asks
 * pl_wheel_next() how long it may sleep and calls pl_wheel_run() afterwards. No timer fires early;
 * a fine one fires at most 4 us (plus the sleeper's lag) late. One thread. */
#ifndef PL_IO_WHEEL_H
#define PL_IO_WHEEL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/alloc.h"

#define PL_WHEEL_TICK_NS UINT64_C(4096) /* what is set so far after now is not due in a run that is under way */

typedef struct pl_timer pl_timer;

/* Embedded in the caller's struct; zeroed before its first use. */
struct pl_timer {
  pl_timer *next;
  pl_timer **link;           /* what points at this timer; NULL: not in a wheel */
  uint64_t due_ns;           /* monotonic */
  void (*fn)(pl_timer *t);   /* called once, with the timer out of the wheel: it may be added again */
};

typedef struct pl_wheel pl_wheel;

/* Empty. NULL when there is no memory. */
pl_wheel *pl_wheel_new(const pl_allocator *a, uint64_t now_ns) PL_MUSTCHECK;
void pl_wheel_free(pl_wheel *w); /* timers still in it are forgotten, not called */

/* Sets the timer (moving it when already set). A due time in the past fires at the next run. */
void pl_wheel_set(pl_wheel *w, pl_timer *t, uint64_t due_ns);
void pl_wheel_cancel(pl_wheel *w, pl_timer *t); /* fine when not set */
static inline bool pl_timer_is_set(const pl_timer *t)
{
  return t->link != NULL;
}

/* Not later than the earliest due time (it may be earlier, when a coarse slot must be split);
 * UINT64_MAX when empty. */
uint64_t pl_wheel_next(const pl_wheel *w);

/* Calls every timer due at now_ns, in order of due time to 4 us. Timers set by the callbacks and already
 * due fire in the same call, at most `most` in all; returns how many fired. */
unsigned pl_wheel_run(pl_wheel *w, uint64_t now_ns, unsigned most);

#endif
