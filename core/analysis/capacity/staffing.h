/* How many servers a promise of a share needs: "80 % are answered within 20 s" (Erlang C: Gross and Harris,
 * Fundamentals of Queueing Theory, 1998, 2.3). No arrivals need one server. */
#ifndef PL_ANALYSIS_CAPACITY_STAFFING_H
#define PL_ANALYSIS_CAPACITY_STAFFING_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

/* The fewest servers of an M/M/c queue of which a share of `level` waits at most t (whole: takes at most t in all); p: the share that does.
 * Erlang's recursion goes on from one number of servers to the next: O(servers). Errors, PL_EINVAL: lambda < 0, mu <= 0, t < 0, level
 * outside of 0 ... 1 (1 excluded), not finite; whole and a level that the service alone does not reach; PL_ELIMIT: more than PL_SERVERS_MAX. */
int pl_staffing(double lambda, double mu, double level, double t, bool whole, int64_t *servers, double *p, pl_error *err) PL_MUSTCHECK;

#endif
