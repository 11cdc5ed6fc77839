/* Queues of any service times. M/G/1: Pollaczek and Khinchine's formula, exact (Kleinrock, Queueing Systems I, 1975, 5.6). G/G/c: Allen and
 * Cunneen's approximation (Allen, Probability, Statistics, and Queueing Theory, 1990, 5.4), exact for M/M/c and M/G/1. */
#ifndef PL_ANALYSIS_CAPACITY_GGC_H
#define PL_ANALYSIS_CAPACITY_GGC_H

#include <stdint.h>

#include "analysis/capacity/mmc.h"

/* M/G/1: lambda arrivals a unit of time; service: mean time of a service; cs2: the squared coefficient of variation of service times (0:
 * all the same, 1: exponential). erlang_b and erlang_c are of the same load, exponential. Errors, PL_EINVAL: lambda < 0, service <= 0,
 * cs2 < 0, NaN or infinite. O(1). */
int pl_mg1(double lambda, double service, double cs2, pl_queue *out, pl_error *err) PL_MUSTCHECK;

/* G/G/c: Wq = Wq(M/M/c) (ca2 + cs2) / 2, with ca2 the squared coefficient of variation of the times between arrivals. Errors as of pl_mmc
 * and pl_mg1, and ca2 < 0. O(c). Without arrivals nothing waits; unstable, all means are infinite. */
int pl_ggc(double lambda, double mu, int64_t c, double ca2, double cs2, pl_queue *out, pl_error *err) PL_MUSTCHECK;

#endif
