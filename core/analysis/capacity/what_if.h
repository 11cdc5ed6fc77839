/* What would be: more users, more cores, more replicas, a faster disk, over the same closed network of queues. */
#ifndef PL_ANALYSIS_CAPACITY_WHAT_IF_H
#define PL_ANALYSIS_CAPACITY_WHAT_IF_H

#include "analysis/capacity/mva.h"

/* One change. Fields that are 0 (users: below 0; think: NaN) leave things as they are. */
typedef struct pl_network_change {
  int64_t users;   /* so many users, or -1 */
  double think;    /* so many seconds between an answer and the next request, or NaN */
  size_t station;  /* of what follows */
  int64_t servers; /* it has so many cores or replicas; 0: as many as it had */
  double speed;    /* it is so many times as fast, > 0: a disk, a cache that saves half is 2; 0: as fast as it was */
} pl_network_change;

/* The stations, think time and users after n_changes changes, each upon the one before. stations: n, changed in place. Errors, PL_EINVAL: a
 * station that there is not, a speed or a number of servers below 0. O(n_changes). */
int pl_what_if(pl_station *stations, size_t n, double *think, int64_t *users, const pl_network_change *changes, size_t n_changes, pl_error *err) PL_MUSTCHECK;

#endif
