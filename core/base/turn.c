/* See turn.h. */
#include "base/turn.h"

#include <sched.h>
#include <stddef.h>

#define SLICE_NS (30 * PL_US_NS)

void pl_turn_offer(pl_turn *t)
{
  if (!t || !t->wanted || pl_now(t->clock) < t->since_ns + SLICE_NS)
    return;
  (void)sched_yield();
  t->since_ns = pl_now(t->clock);
}
