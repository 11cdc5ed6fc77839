/* Work in the background that lets threads of the same CPU go first which poll, and so never wake: nothing but the tick of the kernel,
 * some milliseconds apart, would take the CPU from that work and give it back to them. */
#ifndef PL_BASE_TURN_H
#define PL_BASE_TURN_H

#include "base/clock.h"

/* One thread's. */
typedef struct pl_turn {
  const pl_clock *clock;
  unsigned wanted;   /* who polls, or may: the turn is offered while there is one */
  uint64_t since_ns; /* of the last offer */
} pl_turn;

/* For loops of the work: offers the CPU to another thread when 30 us are over since the last time. Nothing while nobody wants it, for
 * among threads that only compute it would never have its share. t: NULL is fine. */
void pl_turn_offer(pl_turn *t);

#endif
