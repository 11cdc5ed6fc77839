/* The test of Kwiatkowski, Phillips, Schmidt and Shin, without a trend. */
#include "analysis/steady.h"

#include <math.h>

/* From the first value on, so that a constant's is that value exactly: what rounding leaves of it would walk away. */
static double mean_of(const double *x, size_t n)
{
  double sum = 0;
  for (size_t i = 0; i < n; i++)
    sum += x[i] - x[0];
  return x[0] + sum / (double)n;
}

/* Variance of the mean times n, where values depend on each other over `lags` of them (Newey and West 1987). */
static double long_run_variance(const double *x, size_t n, double mean, size_t lags)
{
  double sum = 0;
  for (size_t lag = 0; lag <= lags; lag++) {
    double products = 0;
    for (size_t i = lag; i < n; i++)
      products += (x[i] - mean) * (x[i - lag] - mean);
    sum += products * (lag ? 2 * (1 - (double)lag / ((double)lags + 1)) : 1);
  }
  return sum / (double)n;
}

double pl_kpss_of(const double *x, size_t n, size_t lags)
{
  if (n < 2)
    return NAN;
  double mean = mean_of(x, n), partial = 0, squares = 0;
  for (size_t i = 0; i < n; i++) {
    partial += x[i] - mean;
    squares += partial * partial;
  }
  double variance = long_run_variance(x, n, mean, lags < n - 1 ? lags : n - 1);
  if (!isfinite(variance) || !isfinite(squares))
    return NAN;
  return variance > 0 ? squares / ((double)n * (double)n * variance) : 0;
}

double pl_kpss(const double *x, size_t n)
{
  return n < 10 ? NAN : pl_kpss_of(x, n, (size_t)(12 * pow((double)n / 100, 0.25)));
}
