/* The generator's own verdict: was it the generator that limited the load? Pure. */
#ifndef PL_LOAD_VERDICT_H
#define PL_LOAD_VERDICT_H

#include "load/load.h"

/* How late something was: the share p of all was not later. p is the highest level beyond which there are ten values, up to 0.99: what a lower quantile exceeds
 * that one does, too. 0: there are too few for any. */
typedef struct pl_lateness {
  uint64_t ns;
  double p;
} pl_lateness;

/* What it is judged by. */
typedef struct pl_verdict_facts {
  const pl_load_worker_stats *workers;
  unsigned n_workers;
  uint64_t latency_p50_ns, latency_p99_ns; /* 0: no latency was recorded */
  pl_lateness pacing_lag;                  /* the schedule was looked at; none in closed loops */
  pl_lateness receive_lag;                 /* from the poll's return to the read */
  uint64_t planned, dropped, no_user;      /* starts; no_user: waited for a user */
  uint64_t lost_records, lost_users;       /* for want of memory */
  uint32_t users_max;                      /* most users that the plan allows */
  uint32_t users_peak;
  int out_of;                              /* errno that refused a socket; 0: none */
  pl_load_connections connections;
  uint64_t locals;                         /* local addresses: each has its ports */
  uint64_t requests;
  int64_t clock_step_ns;                   /* largest step of the wall clock */
  pl_machine_health health;
} pl_verdict_facts;

/* Fills *out from the facts alone. */
void pl_verdict_judge(const pl_verdict_facts *facts, pl_load_verdict *out);

#endif
