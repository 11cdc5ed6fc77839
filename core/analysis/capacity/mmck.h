/* M/M/c/K: many servers and room for K in all; who finds it full goes away (Gross and Harris, Fundamentals of Queueing Theory, 1998, 2.4). */
#ifndef PL_ANALYSIS_CAPACITY_MMCK_H
#define PL_ANALYSIS_CAPACITY_MMCK_H

#include <stdint.h>

#include "base/error.h"

/* What it does in the long run; it always has one. */
typedef struct pl_bounded_queue {
  double rho;        /* utilisation of a server */
  double p_block;    /* share that goes away */
  double throughput; /* of those who stay */
  double lq, l;      /* waiting; in the system */
  double wq, w;      /* time of waiting, time in the system, of those who stay; where there are no arrivals 0 and 1 / mu */
} pl_bounded_queue;

/* lambda arrivals and mu services of each of c servers a unit of time, K >= c places, service included. The weights of the states are scaled
 * on the way, so that no load and no K overflows. Errors, PL_EINVAL: lambda < 0, mu <= 0, NaN or infinite, c < 1, K < c, K above PL_SERVERS_MAX. O(K). */
int pl_mmck(double lambda, double mu, int64_t c, int64_t k, pl_bounded_queue *out, pl_error *err) PL_MUSTCHECK;

#endif
