/* The universal scalability law (Gunther, Guerrilla Capacity Planning, 2007, ch. 4-6): throughput at a load or a size N is
 * X(N) = gamma N / (1 + alpha (N - 1) + beta N (N - 1)), with contention alpha, coherency delay beta and throughput gamma of one.
 * With beta = 0 it is Amdahl's law (AFIPS 1967). */
#ifndef PL_ANALYSIS_CAPACITY_USL_H
#define PL_ANALYSIS_CAPACITY_USL_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

/* Most points of a fit. */
#define PL_USL_MAX 100000

/* A value with its standard error and interval; what is not known is NaN. */
typedef struct pl_estimate {
  double value, se, lo, hi;
} pl_estimate;

/* What was fitted. */
typedef struct pl_usl {
  pl_estimate alpha, beta, gamma; /* 0 <= alpha <= 1, beta >= 0, gamma > 0 in units of throughput */
  pl_estimate peak_n;             /* sqrt((1 - alpha) / beta): the load of most throughput; NaN where beta is 0 */
  pl_estimate peak_x;             /* the throughput there */
  pl_estimate limit;              /* gamma / alpha: no contention-bound system gives more; NaN where alpha is 0 */
  double rss;                     /* sum of squared residuals; infinite where it is beyond the numbers */
  double sigma;                   /* residual standard error; NaN without degrees of freedom */
  double t_one_sided;             /* Student's t of `level`, one-sided, at n - 1 degrees: what R's package usl multiplies standard errors by */
  size_t n, distinct;             /* points, and different loads among them, counted as far as 6 */
  size_t freedom;                 /* points minus parameters that were free */
  double superlinear;             /* alpha is at 0, and this negative one fits better by more than chance (the F test at `level`): throughput grew
                                   * faster than the load, which the law does not describe; else 0 */
  bool alpha_at_bound, beta_at_bound; /* the parameter would lie outside of what it may be */
} pl_usl;

/* Fits by least squares of the throughput within the bounds: Levenberg and Marquardt's method from several starts, gamma solved for at
 * each step. n: loads > 0, x: throughput >= 0, count of each, in any order, repeated loads allowed. amdahl: beta is 0. level: of the
 * intervals, such as 0.95: value +- Student's t times the standard error, cut at the bounds; of a parameter at its bound by the profile of
 * the residuals, NaN where any size of it would do; of what follows from them by the delta method on the logarithm. Without degrees of freedom there are no intervals.
 * Errors, PL_EINVAL: fewer than 3 different loads (2 with amdahl), a value that is not finite, a load <= 0, a throughput < 0, all of them 0.
 * O(count) a step; no memory. */
int pl_usl_fit(const double *n, const double *x, size_t count, bool amdahl, double level, pl_usl *out, pl_error *err) PL_MUSTCHECK;

/* X(n) of a fit, n >= 0 (beyond what was measured it is a guess); 0 of nobody. O(1). */
double pl_usl_at(const pl_usl *u, double n);

#endif
