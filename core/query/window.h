/* Functions of PromQL over a range: one series, the samples of one window. Pure. The definitions are those of Prometheus 3. */
#ifndef PL_QUERY_WINDOW_H
#define PL_QUERY_WINDOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "query/promql_tree.h"

typedef struct pl_window {
  const int64_t *times_ns; /* n of them, rising: from_ns < t <= to_ns */
  const double *values;
  size_t n;                /* at least 1 */
  int64_t from_ns, to_ns;
  bool falls;              /* a value may be less than the one before it; false: none is */
  double param;            /* of quantile_over_time */
  double *scratch;         /* room for n numbers */
} pl_window;

/* The value of a window; absent (vector.h) where it has too few samples. Constant time for rate and increase where nothing falls, else linear,
 * n log n for quantiles. */
typedef double (*pl_window_fn)(const pl_window *w);

/* The function of rate ... present_over_time; NULL for absent_over_time and what takes no range. */
pl_window_fn pl_window_function(enum pl_function_id id);

/* A sum with its lost part (Neumaier). */
typedef struct pl_kahan {
  double sum, lost;
} pl_kahan;

/* Adds a number. */
void pl_kahan_add(pl_kahan *k, double number);
/* The sum; an infinite one without its lost part. */
double pl_kahan_total(const pl_kahan *k);

/* A mean that does not overflow where the sum would. Zero-initialised. */
typedef struct pl_mean {
  pl_kahan sum; /* of the numbers, or, once it would overflow, their mean */
  double n;
  bool incremental;
} pl_mean;
/* Adds a number. */
void pl_mean_add(pl_mean *m, double number);
/* The mean of one or more numbers. */
double pl_mean_value(const pl_mean *m);

/* The quantile p of n numbers, which it sorts, between neighbours by weight: NaN for none, -Inf and +Inf for p below 0 and above 1. */
double pl_quantile_between(double p, double *numbers, size_t n);

#endif
