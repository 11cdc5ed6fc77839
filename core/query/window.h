/* Functions of PromQL over a range: the samples of one window, at once or piece by piece. Pure. The definitions are those of
 * Prometheus 3. */
#ifndef PL_QUERY_WINDOW_H
#define PL_QUERY_WINDOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "query/promql_tree.h"

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

/* What is known of a window. Set from_ns, to_ns and param, and leave the rest zero. */
typedef struct pl_window {
  int64_t from_ns, to_ns; /* from_ns < t <= to_ns */
  double param;           /* of quantile_over_time */
  double *scratch;        /* of quantile_over_time: room for all samples */
  size_t n;               /* so far */
  int64_t first_ns, before_ns, last_ns;
  double first, before, last; /* before: the sample before the last */
  double number;          /* what the function counts or picks */
  bool varies;            /* not all values are the first one */
  pl_mean mean;
  pl_kahan sums[4];
} pl_window;

/* n >= 1 samples that follow those before, times rising. falls: whether a value may be less than the one before it. */
typedef struct pl_piece {
  const int64_t *times_ns;
  const double *values;
  size_t n;
  bool falls;
} pl_piece;

typedef struct pl_window_function {
  void (*add)(pl_window *w, const pl_piece *p); /* NULL: nothing but what every window keeps. Linear, but constant for rates where nothing falls */
  double (*value)(const pl_window *w);          /* of one sample or more; absent (vector.h) where they are too few */
  bool whole;                                   /* takes all samples in one piece */
} pl_window_function;

/* The function of rate ... present_over_time; NULL for absent_over_time and what takes no range. */
const pl_window_function *pl_window_function_of(enum pl_function_id id);

/* Adds samples to a window. */
void pl_window_add(pl_window *w, const pl_window_function *f, const pl_piece *p);

/* The quantile p of n numbers, which it sorts, between neighbours by weight: NaN for none, -Inf and +Inf for p below 0 and above 1. */
double pl_quantile_between(double p, double *numbers, size_t n);

#endif
