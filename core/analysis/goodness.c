/* Kolmogorov and Smirnov's test against one law whose parameter is known. */
#include "analysis/goodness.h"

#include <math.h>
#include <stdlib.h>

static int by_value(const void *a, const void *b)
{
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

double pl_ks_exponential(double *x, size_t n)
{
  double d = 0;
  if (!n)
    return NAN;
  qsort(x, n, sizeof *x, by_value);
  for (size_t i = 0; i < n; i++) {
    double f = x[i] > 0 ? 1 - exp(-x[i]) : 0;
    d = fmax(d, fmax(f - (double)i / (double)n, (double)(i + 1) / (double)n - f));
  }
  return d;
}

double pl_ks_p(double d, size_t n)
{
  double root = sqrt((double)n), t = (root + 0.12 + 0.11 / root) * d, p = 0;
  if (isnan(d))
    return NAN;
  if (t < 0.2)
    return 1; /* the series converges slowly there, to 1 */
  for (int k = 1; k <= 100; k++)
    p += (k % 2 ? 2 : -2) * exp(-2.0 * k * k * t * t);
  return fmin(1, fmax(0, p));
}
