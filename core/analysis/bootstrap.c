/* See bootstrap.h. The ratio is resampled through its linearised residuals, so that a round is one pass over the blocks. */
#include "analysis/bootstrap.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/random.h"

enum { ROUNDS = 999, LAGS_MAX = 60 };

double pl_autocorrelation(const double *x, size_t n, size_t lag)
{
  double mean = 0, c0 = 0, c = 0;
  for (size_t i = 0; i < n; i++)
    mean += x[i];
  mean /= (double)n;
  for (size_t i = 0; i < n; i++) {
    c0 += (x[i] - mean) * (x[i] - mean);
    if (i + lag < n)
      c += (x[i] - mean) * (x[i + lag] - mean);
  }
  return c0 > 0 ? c / c0 : 0;
}

/* Residual of second i. */
static double residual(const double *part, const double *all, double ratio, size_t i)
{
  return part[i] - ratio * all[i];
}

/* Autocorrelation of the residuals without a copy of them; their mean is 0. */
static double residual_correlation(const double *part, const double *all, size_t n, double ratio, size_t lag)
{
  double c0 = 0, c = 0;
  for (size_t i = 0; i < n; i++) {
    double r = residual(part, all, ratio, i);
    c0 += r * r;
    if (i + lag < n)
      c += r * residual(part, all, ratio, i + lag);
  }
  return c0 > 0 ? c / c0 : 0;
}

/* Integrated autocorrelation up to the first lag below the noise (2 / sqrt n), times two: long enough that what lies in
 * different blocks is nearly independent. */
static size_t block_length(const double *part, const double *all, size_t n, double ratio)
{
  double noise = 2 / sqrt((double)n), sum = 0.5;
  for (size_t lag = 1; lag < n / 3 && lag < LAGS_MAX; lag++) {
    double r = residual_correlation(part, all, n, ratio, lag);
    if (r < noise)
      break;
    sum += r;
  }
  size_t length = (size_t)ceil(4 * sum - 1);
  size_t most = n / 4 ? n / 4 : 1;
  return length < 1 ? 1 : length > most ? most : length;
}

static int by_value(const void *a, const void *b)
{
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

bool pl_bootstrap_ratio(const double *part, const double *all, size_t n, double level, pl_interval *out)
{
  double rounds[ROUNDS], parts = 0, alls = 0;
  for (size_t i = 0; i < n; i++) {
    parts += part[i];
    alls += all[i];
  }
  if (n < 5 || !(alls > 0) || !isfinite(parts))
    return false;
  double ratio = parts / alls;
  size_t block = block_length(part, all, n, ratio), blocks = (n + block - 1) / block;
  pl_rng rng;
  pl_rng_init(&rng, 1, n, 0, 0);
  for (int round = 0; round < ROUNDS; round++) {
    double p = 0, a = 0;
    size_t taken = 0;
    for (size_t b = 0; b < blocks; b++) {
      size_t start = (size_t)pl_rng_below(&rng, n);
      for (size_t i = 0; i < block && taken < n; i++, taken++) {
        p += part[(start + i) % n];
        a += all[(start + i) % n];
      }
    }
    rounds[round] = a > 0 ? p / a : ratio;
  }
  qsort(rounds, ROUNDS, sizeof *rounds, by_value);
  double tail = (1 - level) / 2 * (ROUNDS + 1);
  size_t cut = tail < 1 ? 1 : (size_t)(tail + 0.5);
  *out = (pl_interval){.value = ratio, .lo = rounds[cut - 1], .hi = rounds[ROUNDS - cut], .block = block,
                       .blocks = (double)n / (double)block, .too_few = (double)n / (double)block < 10};
  return true;
}
