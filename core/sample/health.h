/* What was taken from this machine by others: CPU time stolen by the hypervisor, periods in which our control group was
 * throttled. Read before and after, compared. */
#ifndef PL_SAMPLE_HEALTH_H
#define PL_SAMPLE_HEALTH_H

#include "base/alloc.h"

typedef struct pl_health {
  double cpu, steal;             /* ticks, all CPUs */
  double wall_s, throttled_s;
} pl_health;

typedef struct pl_health_shares {
  double steal, throttled; /* 0 to 1; 0 also where the kernel tells nothing */
} pl_health_shares;

/* Reads /proc/stat and the control group of this process; what is not there stays 0. a: for a moment only. */
void pl_health_read(const pl_allocator *a, pl_health *out);
/* Shares of the time between two readings. */
pl_health_shares pl_health_between(const pl_health *before, const pl_health *after);

#endif
