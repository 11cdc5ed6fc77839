/* The test of Kwiatkowski, Phillips, Schmidt and Shin, without a trend. */
#include "analysis/steady.h"

#include <math.h>

/* A power of two that brings the greatest value near 1, so that no square overflows or vanishes and no digit is lost. The statistic is
 * the same at any scale. Not finite values: NaN. */
static double scale_of(const double *x, size_t n)
{
  double greatest = 0;
  for (size_t i = 0; i < n; i++) {
    if (!isfinite(x[i]))
      return NAN;
    greatest = fmax(greatest, fabs(x[i]));
  }
  int exponent;
  (void)frexp(greatest, &exponent);
  return ldexp(1, exponent > 1000 ? -1000 : exponent < -1000 ? 1000 : -exponent);
}

/* Of the scaled values. From the first value on, so that a constant's is that value exactly: what rounding leaves of it would walk away. */
static double mean_of(const double *x, size_t n, double scale)
{
  double sum = 0, first = x[0] * scale;
  for (size_t i = 0; i < n; i++)
    sum += x[i] * scale - first;
  return first + sum / (double)n;
}

/* Variance of the mean of the scaled values times n, where values depend on each other over `lags` of them (Newey and West 1987). */
static double long_run_variance(const double *x, size_t n, double scale, double mean, size_t lags)
{
  double sum = 0;
  for (size_t lag = 0; lag <= lags; lag++) {
    double products = 0;
    for (size_t i = lag; i < n; i++)
      products += (x[i] * scale - mean) * (x[i - lag] * scale - mean);
    sum += products * (lag ? 2 * (1 - (double)lag / ((double)lags + 1)) : 1);
  }
  return sum / (double)n;
}

double pl_kpss_of(const double *x, size_t n, size_t lags)
{
  double scale = n < 2 ? NAN : scale_of(x, n);
  if (isnan(scale))
    return NAN;
  double mean = mean_of(x, n, scale), partial = 0, squares = 0;
  for (size_t i = 0; i < n; i++) {
    partial += x[i] * scale - mean;
    squares += partial * partial;
  }
  double variance = long_run_variance(x, n, scale, mean, lags < n - 1 ? lags : n - 1);
  return variance > 0 ? squares / ((double)n * (double)n * variance) : 0;
}

double pl_kpss(const double *x, size_t n)
{
  return n < 10 ? NAN : pl_kpss_of(x, n, (size_t)(12 * pow((double)n / 100, 0.25)));
}
