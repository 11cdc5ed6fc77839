/* Linear regression that outliers do not turn: Huber's M-estimator (1964) by iterated weights. */
#ifndef PL_ANALYSIS_FORECAST_HUBER_H
#define PL_ANALYSIS_FORECAST_HUBER_H

#include <stddef.h>

#include "base/alloc.h"

/* The most columns of a regression. */
#define PL_HUBER_COLUMNS 16

typedef struct pl_huber {
  double coefficient[PL_HUBER_COLUMNS];
  double covariance[PL_HUBER_COLUMNS * PL_HUBER_COLUMNS]; /* of the coefficients, k x k, row by row */
  double scale;    /* robust standard deviation of the residuals: 1.4826 times the median of their absolute values */
  double absolute; /* mean absolute residual */
  size_t used;     /* rows that counted */
} pl_huber;

/* Fits y[i] = sum_j x[i * k + j] coefficient[j], Huber's constant 1.345 (95 % efficient for normal residuals), at most 50 rounds, from least squares, until
 * no column's part in the fit moves by more than `tolerance` of the residuals' scale. Rows with a value that is not finite are left out. A column that the
 * others explain, or that is all 0, gets 0 and no variance. The covariance is Huber's (1981, section 7.6), the first of his three: K^2 sum(psi^2) / (n - k)
 * / mean(psi')^2 (X'X)^-1 with K = 1 + k / n (1 - mean(psi')) / mean(psi'), psi in the units of y. A perfect fit (a constant, all 0, as many rows as
 * columns) has scale and variance 0, or what rounding leaves. Sizes whose squares add up. Errors: PL_EINVAL for k = 0, k > PL_HUBER_COLUMNS or fewer rows
 * than columns; PL_ENOMEM. O(rounds n k^2). */
int pl_huber_fit(const pl_allocator *a, const double *x, const double *y, size_t n, size_t k, double tolerance, pl_huber *out) PL_MUSTCHECK;

/* Root of a covariance: lower triangular l (k x k, row by row) with l l' = covariance; what has no variance has a row of 0, also where rounding made it
 * negative (Golub, Van Loan 1996, section 4.2). Finite values. O(k^3). */
void pl_cholesky(const double *covariance, size_t k, double *l);

#endif
