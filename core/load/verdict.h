/* The generator's own verdict: was it the generator that limited the load? Pure. */
#ifndef PL_LOAD_VERDICT_H
#define PL_LOAD_VERDICT_H

#include "load/load.h"

/* What it is judged by. */
typedef struct pl_verdict_facts {
  const pl_load_worker_stats *workers;
  unsigned n_workers;
  uint64_t latency_p50_ns, latency_p99_ns; /* 0: no latency was recorded */
  uint64_t pacing_lag_p99_ns;              /* how late the schedule was looked at; 0 in closed loops */
  uint64_t receive_lag_p99_ns;             /* from the poll's return to the read */
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
