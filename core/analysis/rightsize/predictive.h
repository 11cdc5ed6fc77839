/* How much to give to what uses a varying amount: the size that costs least, where what lies idle costs its share of the size, and a
 * sample above the size costs `violation_cost` such shares. This is the newsvendor's problem (Arrow, Harris, Marschak 1951) with relative
 * cost, over the past's weighted empirical distribution. A rule that covers one percentile for everything pays dearly where use is rare
 * and high; here each series is covered as far as its own distribution makes covering cheap, so a group of series needs less at the same
 * share of violations.
 * For a group, the cost is what a budget of violations is spent with: sizes from three quarters of each history are held against the one that
 * is left out (cross-validation in blocks; Bergmeir and Benitez 2012). The last quarter alone asks for too much, all four for too little; the
 * least cost that keeps the budget in the mean of both is taken. */
#ifndef PL_ANALYSIS_RIGHTSIZE_PREDICTIVE_H
#define PL_ANALYSIS_RIGHTSIZE_PREDICTIVE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/alloc.h"

enum { PL_NEED_VALUES_MAX = 1 << 24 }; /* of a series */

typedef struct pl_need_options {
  double violation_cost; /* shares of the size that a violation costs, > 0; the larger, the rarer */
  double half_life;      /* samples after which one weighs half; INFINITY: all weigh the same */
  double least, most;    /* sizes; 0 and INFINITY: no bounds */
} pl_need_options;

/* A size, and what it would have done to the past. */
typedef struct pl_need {
  bool known;        /* false: there was no value */
  double size;
  double idle;       /* mean of max(0, 1 - use / size) */
  double violations; /* share of samples above the size */
  size_t n;          /* values that were used */
} pl_need;

/* One series of use. */
typedef struct pl_use {
  const double *values;
  size_t n;
} pl_use;

/* 4 shares a violation: sizes near the 95th percentile; all samples weigh the same; no bounds. O(1). */
pl_need_options pl_need_defaults(void);

/* The size for n values of use in their order; NaN, infinite and negative ones are left out (none left: known is false). A constant and a
 * single value give themselves, zeros give `least`. Deterministic, n log n. Errors: PL_EINVAL (a cost or half-life that is not above zero,
 * bounds that are none), PL_ELIMIT, PL_ENOMEM. */
int pl_need_of(const pl_allocator *a, const double *values, size_t n, const pl_need_options *o, pl_need *out, pl_error *err) PL_MUSTCHECK;

/* The size of one series that keeps a share of violations, 0 < budget < 1: it has no others to share them with, so that the least quantile counts that
 * keeps the budget both in the first three quarters of its history and, made from these, in the last; of it all the quantile of that rank is taken. *kept:
 * whether one does; else out is for the largest value. `violation_cost` is not used. Errors as of pl_need_of; also PL_EINVAL under 4 values; without one
 * that can be used (gaps, all negative) known is false. n log n. */
int pl_need_alone(const pl_allocator *a, const double *values, size_t n, double budget, const pl_need_options *o, pl_need *out, bool *kept,
                  pl_error *err) PL_MUSTCHECK;

/* The violation cost at which a group of series is expected to keep a share of violations, 0 < budget < 1, by quarters of its histories held against sizes
 * from the rest, up to 1,000; *kept says whether even that was enough. Series under 4 values are left out; none left is PL_EINVAL. 100 times the work of
 * pl_need_of for each, and 64 bytes a value. stop, with its argument, may be NULL; it is asked between the rounds, and true ends it with PL_ECANCELED. */
int pl_need_cost_for(const pl_allocator *a, const pl_use *group, size_t n, double budget, const pl_need_options *o, bool (*stop)(void *), void *stop_arg,
                     double *cost, bool *kept, pl_error *err) PL_MUSTCHECK;

#endif
