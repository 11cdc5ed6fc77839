/* Exact quantiles of values in order, with intervals that are order statistics: no law is assumed (David and Nagaraja 2003, "Order
 * Statistics", section 7.1). */
#ifndef PL_ANALYSIS_ORDER_H
#define PL_ANALYSIS_ORDER_H

#include <stdbool.h>
#include <stddef.h>

typedef struct pl_order_interval {
  double value;    /* the nearest rank, ceil(p n); of p = 1/2 the middle, or the mean of the two in the middle */
  double lo, hi;   /* where the true quantile lies at the level asked for; of an open side the smallest and the largest value */
  bool open_below, open_above; /* so few values: nothing bounds that side at this level */
  double covered;  /* the interval's own probability, at least the level where no side is open; 1 where one is */
} pl_order_interval;

/* Sorts x; n values, none NaN, 0 of them too. O(n log n). */
void pl_sort(double *x, size_t n);

/* The median of n > 0 sorted values: of an even n the mean of the two in the middle. NaN for n = 0. O(1). */
double pl_median_sorted(const double *x, size_t n);

/* The quantile p in [0, 1] of n sorted finite values at a level in (0, 1); equal tails. O(log n). A constant gives itself; one value
 * is open on at least one side. False, and nothing written: n = 0, a p or level outside. */
bool pl_order_quantile(const double *sorted, size_t n, double p, double level, pl_order_interval *out);

#endif
