/* Clocks as an interface, so that tests can stand still or step back. */
#ifndef PL_BASE_CLOCK_H
#define PL_BASE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

/* Both functions may be called from any thread. */
typedef struct pl_clock {
  uint64_t (*mono_ns)(void *user); /* CLOCK_MONOTONIC: all waits and latencies */
  int64_t (*wall_ns)(void *user);  /* nanoseconds since 1970 UTC: only for what is stored or shown */
  void *user;
} pl_clock;

extern const pl_clock pl_clock_system;

/* Monotonic nanoseconds. */
uint64_t pl_now(const pl_clock *c);
/* Wall nanoseconds since 1970 UTC. */
int64_t pl_wall(const pl_clock *c);

/* CPU time used by the calling thread, nanoseconds (CLOCK_THREAD_CPUTIME_ID). */
uint64_t pl_thread_cpu_ns(void);

/* A clock that moves only when told. Not thread-safe. */
typedef struct pl_fake_clock {
  pl_clock clock; /* user is this struct */
  uint64_t mono;
  int64_t wall;
} pl_fake_clock;
/* Makes it stand at these times; f->clock is what to hand out. f must not move. */
void pl_fake_clock_init(pl_fake_clock *f, uint64_t mono, int64_t wall);
void pl_fake_clock_advance(pl_fake_clock *f, uint64_t ns); /* both clocks */

/* A clock whose wall time never steps: what `under` said when it was made, and the monotonic time since. */
typedef struct pl_steady_clock {
  pl_clock clock; /* user is this struct */
  const pl_clock *under;
  int64_t wall_at_0; /* of the monotonic clock */
} pl_steady_clock;
/* Takes the wall time of `under` once; s->clock is what to hand out. under must outlive s, and s must not move. */
void pl_steady_clock_init(pl_steady_clock *s, const pl_clock *under);

/* Looks whether a wall clock was stepped, from time to time: by how far it moved against the monotonic one. */
typedef struct pl_step_watch {
  bool begun;
  int64_t apart_ns;
  int64_t largest_ns; /* step since the first look, with its sign */
} pl_step_watch;
/* One look; w is zeroed before the first. A look that takes more than 1 ms tells nothing, and is passed over. */
void pl_step_watch_look(pl_step_watch *w, const pl_clock *c);

#define PL_US_NS UINT64_C(1000)
#define PL_MS_NS UINT64_C(1000000)
#define PL_S_NS UINT64_C(1000000000)

/* "2026-11-22T18:00:00.000Z" of wall nanoseconds; out holds 32 bytes. */
void pl_wall_text(int64_t wall_ns, char out[32]);

#endif
