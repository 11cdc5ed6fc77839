/* A closed network of queues: N users who think, and stations that serve one at a time (Reiser and Lavenberg, J. ACM 27, 1980; Lazowska et al.,
 * Quantitative System Performance, 1984, ch. 5 and 6). */
#ifndef PL_ANALYSIS_CAPACITY_MVA_H
#define PL_ANALYSIS_CAPACITY_MVA_H

#include <stddef.h>
#include <stdint.h>

#include "base/alloc.h"
#include "base/error.h"

/* Most stations, users, and users times stations. */
#define PL_STATIONS_MAX 10000
#define PL_USERS_MAX 10000000
#define PL_MVA_WORK_MAX 1000000000

/* A place where time is spent. */
typedef struct pl_station {
  double demand;   /* seconds of service that a request needs there, over all its visits; >= 0 */
  int64_t servers; /* cores, replicas: 1 is exact; more by Seidmann's approximation (1987): a queue of demand / servers, and the rest as delay */
} pl_station;

/* What N users see. */
typedef struct pl_network {
  double x, r;       /* throughput; response time, thinking excluded */
  double x_max;      /* no load gives more: 1 / the largest demand of a server; infinite where nothing is demanded */
  double n_star;     /* from about so many users on the largest demand is the limit: (sum of demands + think) x_max */
  size_t bottleneck; /* the station of the largest demand of a server; the first of several */
} pl_network;

/* Solves exactly by mean value analysis, from 1 to `users`. stations: n of them. think: seconds between an answer and the next request.
 * utilisation, queue: n each, of a server and at the station, or NULL. xs, rs: throughput and response time of 1 ... users, `users` each, or
 * NULL. users = 0: nobody, all is 0. Errors, PL_EINVAL: what is negative or not finite, no station, servers < 1, no demand and no think
 * time; PL_ELIMIT: above the maxima; PL_ENOMEM. O(users x n), memory 8 n bytes. */
int pl_mva(const pl_allocator *a, const pl_station *stations, size_t n, double think, int64_t users, pl_network *out, double *utilisation, double *queue,
           double *xs, double *rs, pl_error *err);

#endif
