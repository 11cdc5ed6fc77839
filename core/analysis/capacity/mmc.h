/* Many servers and one queue, of arrivals that are independent of each other: Erlang's formulas (Kleinrock, Queueing Systems I, 1975, ch. 3;
 * Cooper, Introduction to Queueing Theory, 1981, ch. 3). Rates and times are in one unit of time. Pure arithmetic, no memory. */
#ifndef PL_ANALYSIS_CAPACITY_MMC_H
#define PL_ANALYSIS_CAPACITY_MMC_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

/* Most servers of a queue, and most places of one that is bounded. */
#define PL_SERVERS_MAX 10000000

/* What a queue does in the long run. Of one that is not stable all but rho, erlang_b and erlang_c is infinite. */
typedef struct pl_queue {
  double rho;      /* utilisation of a server */
  double erlang_b; /* share that finds all servers busy where nobody waits */
  double erlang_c; /* share that waits; 1 where it is not stable */
  double lq, l;    /* waiting; in the system */
  double wq, w;    /* time of waiting; time in the system */
  bool stable;     /* rho < 1 */
} pl_queue;

/* Share of arrivals that c servers without a queue lose, at an offered load of a = rate / service rate >= 0. By the recursion
 * B(k) = a B(k-1) / (k + a B(k-1)), which neither over- nor underflows. c = 0, and an infinite load: 1. NaN for a < 0 and NaN. O(c). */
double pl_erlang_b(double a, int64_t c);

/* M/M/c: lambda arrivals and mu services of a server a unit of time. Errors, PL_EINVAL: lambda < 0, mu <= 0, not finite, c < 1 or above
 * PL_SERVERS_MAX. O(c). */
int pl_mmc(double lambda, double mu, int64_t c, pl_queue *out, pl_error *err) PL_MUSTCHECK;

/* P(waiting time > t) of that queue, t >= 0 (below it and NaN: no probability); 1 where it is not stable. O(1), as is the next. */
double pl_mmc_waits_longer(const pl_queue *q, double lambda, double mu, int64_t c, double t);

/* P(time in the system > t), t >= 0 (as above); 1 where it is not stable. */
double pl_mmc_takes_longer(const pl_queue *q, double lambda, double mu, int64_t c, double t);

/* The time that a share p of all stays below, 0 < p < 1: of waiting, or of all of it (bisection to 1e-12, relative, some thousand steps at most, each
 * O(1)). Infinite where it is not stable. */
double pl_mmc_quantile(const pl_queue *q, double lambda, double mu, int64_t c, double p, bool whole);

#endif
