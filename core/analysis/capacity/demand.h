/* What a request costs of a resource, from utilisation and throughput measured together, and so which resource ends first. */
#ifndef PL_ANALYSIS_CAPACITY_DEMAND_H
#define PL_ANALYSIS_CAPACITY_DEMAND_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

/* U = U0 + D X: the utilisation law with what the resource does for others. */
typedef struct pl_demand {
  double demand, demand_lo, demand_hi; /* D, in seconds of the whole resource (all its cores) for a request; interval NaN for fewer than 3 values */
  double idle;                         /* U0: utilisation without load; 0 where the throughput does not vary */
  double r2;                           /* share of the utilisation's variance that the load explains; NaN without variance */
  double x_max, x_max_lo, x_max_hi;    /* the throughput at which the utilisation reaches its ceiling; infinite where it does not rise */
  bool varied;                         /* the throughput varied by more than 5 % around its mean: U0 could be told from D */
} pl_demand;

/* Least squares over n pairs: x throughput, u utilisation of the same time (0 ... 1). ceiling: where the resource counts as used up, such
 * as 1. Where the throughput does not vary, D is the ratio of the means. x_max_lo and x_max_hi follow from the interval of D at the means.
 * The pairs are taken as independent. Errors, PL_EINVAL: no values, one that is negative or not finite, a throughput that is 0 everywhere,
 * a level outside of 0 ... 1, a ceiling <= 0. O(n). */
int pl_demand_fit(const double *x, const double *u, size_t n, double level, double ceiling, pl_demand *out, pl_error *err) PL_MUSTCHECK;

/* Which of n resources ends at the least throughput; n where none of them rises, 0 of none. The first of equals. O(n). */
size_t pl_first_to_end(const pl_demand *demands, size_t n);

#endif
