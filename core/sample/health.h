/* What was taken from this machine by others (CPU time stolen by the hypervisor, periods in which our control group was throttled), and
 * what its network let fall or has left. Read before and after, compared. */
#ifndef PL_SAMPLE_HEALTH_H
#define PL_SAMPLE_HEALTH_H

#include "base/alloc.h"

typedef struct pl_health {
  double cpu, steal;             /* ticks, all CPUs */
  double wall_s, throttled_s;
  double udp_dropped, tcp_dropped; /* datagrams and segments for which a receive queue had no room, since the boot */
  double retransmits;              /* TCP segments sent again, since the boot */
  double listen_dropped;           /* connections for which a listening socket had none */
  uint32_t ports;                  /* local ports that the system gives to connections */
  uint32_t ports_waiting;          /* of connections that are closed and wait (TIME_WAIT) */
} pl_health;

typedef struct pl_health_change {
  double steal, throttled; /* 0 to 1; 0 also where the kernel tells nothing */
  uint64_t udp_dropped, tcp_dropped, listen_dropped, retransmits; /* in between */
  uint32_t ports, ports_waiting;                     /* after */
} pl_health_change;

/* Reads /proc/stat, the control group of this process and counters of /proc/net; what is not there stays 0. a: for a moment only. */
void pl_health_read(const pl_allocator *a, pl_health *out);
/* What happened between two readings. */
pl_health_change pl_health_between(const pl_health *before, const pl_health *after);

#endif
