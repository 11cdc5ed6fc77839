/* A closed network of queues: N users who think, and stations of one server or several (Reiser and Lavenberg, J. ACM 27, 1980; Lazowska et al.,
 * Quantitative System Performance, 1984, ch. 5, 6 and 8). */
#ifndef PL_ANALYSIS_CAPACITY_MVA_H
#define PL_ANALYSIS_CAPACITY_MVA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/alloc.h"
#include "base/error.h"

/* Most stations, users, and users times stations. */
#define PL_STATIONS_MAX 10000
#define PL_USERS_MAX 10000000
#define PL_MVA_WORK_MAX 1000000000
/* Most terms that stations of several servers are solved exactly with: their number squared, times users, times servers or users, the fewer. */
#define PL_MVA_EXACT_MAX 200000000

/* A place where time is spent. */
typedef struct pl_station {
  double demand;   /* seconds of service that a request needs there, over all its visits; >= 0 */
  int64_t servers; /* cores, replicas, >= 1: requests that are served at a time */
} pl_station;

/* What N users see. */
typedef struct pl_network {
  double x, r;       /* throughput; response time, thinking excluded */
  double x_max;      /* no load gives more: 1 / the largest demand of a server; infinite where nothing is demanded */
  double n_star;     /* from about so many users on the largest demand is the limit: (sum of demands + think) x_max */
  size_t bottleneck; /* the station of the largest demand of a server; the first of several */
  bool exact;        /* false: several servers by Seidmann's approximation (1987): a queue of demand / servers, and the rest as delay */
} pl_network;

/* Solves from 1 to `users`: stations of one server by mean value analysis, exactly. Those of several servers serve min(j, servers) of j requests at a time;
 * they are solved exactly, too, by the network's normalising constants (Reiser, Performance Evaluation 1, 1981; mean value analysis of the same network
 * takes 1 - p for an idle station and loses its digits there), as long as that takes at most PL_MVA_EXACT_MAX terms, and by Seidmann's approximation
 * beyond. stations: n of them. think: seconds between an answer and the next request. utilisation, queue: n each, of a server and at the station, or NULL.
 * xs, rs: throughput and response time of 1 ... users, `users` each, or NULL. users = 0: nobody, all is 0. Errors, PL_EINVAL: what is negative or not
 * finite, no station, servers < 1, no demand and no think time, so much of both that a response time is beyond the numbers; PL_ELIMIT: above the maxima;
 * PL_ENOMEM. O(users x n), memory 8 n bytes; with several servers also those terms, and 48 bytes a user. */
int pl_mva(const pl_allocator *a, const pl_station *stations, size_t n, double think, int64_t users, pl_network *out, double *utilisation, double *queue,
           double *xs, double *rs, pl_error *err) PL_MUSTCHECK;

#endif
