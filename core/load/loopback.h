/* What the client itself adds to a service time: that of a server which does nothing, over the loopback interface. */
#ifndef PL_LOAD_LOOPBACK_H
#define PL_LOAD_LOOPBACK_H

#include "analysis/hist.h"
#include "base/clock.h"

/* Sends up to 50 requests one after the other to a thread that answers at once, for 30 ms at most, and records their service times,
 * the first one's, which connects, left out. Blocks: for a thread that may. What cannot be had (memory, sockets) leaves out empty. */
void pl_loopback_measure(const pl_allocator *a, const pl_clock *clock, pl_hist *out);

#endif
