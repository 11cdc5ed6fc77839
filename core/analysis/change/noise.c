/* One pass for the autocovariances; the rest is a recursion over them. */
#include "analysis/change/noise.h"

#include <math.h>
#include <string.h>

enum { LAGS = PL_CHANGE_NOISE_ORDER + 1 };

#define INFLATION_MOST 39.0 /* (1 + 0.95) / (1 - 0.95) */

static void covariances(const double *rest, size_t n, double *c)
{
  memset(c, 0, LAGS * sizeof *c);
  size_t head = n < LAGS ? n : LAGS;
  for (size_t i = 0; i < head; i++) {
    for (size_t k = 0; k <= i && k < LAGS; k++)
      c[k] += rest[i] * rest[i - k];
  }
  for (size_t i = head; i < n; i++) {
    for (size_t k = 0; k < LAGS; k++)
      c[k] += rest[i] * rest[i - k];
  }
  for (size_t k = 0; k < LAGS; k++)
    c[k] /= (double)n;
}

/* From order p - 1 to p; gives the factor that the variance of what is new is smaller by. */
static double step(double *a, const double *c, size_t p, double variance)
{
  double old[LAGS], k = c[p];
  memcpy(old, a, sizeof old);
  for (size_t i = 1; i < p; i++)
    k -= old[i] * c[p - i];
  k = variance > 0 ? k / variance : 0;
  for (size_t i = 1; i < p; i++)
    a[i] = old[i] - k * old[p - i];
  a[p] = k;
  return 1 - k * k;
}

void pl_change_noise_measure(const double *rest, size_t n, double least, pl_change_noise *out)
{
  double c[LAGS], a[LAGS] = {0}, size = (double)n;
  covariances(rest, n, c);
  double variance = c[0];
  *out = (pl_change_noise){.criterion = size * log(fmax(variance, least)), .inflation = 1};
  for (size_t p = 1; p < LAGS && 4 * p < n && variance > 0; p++) {
    variance *= step(a, c, p, variance);
    double criterion = size * log(fmax(variance, least)) + 2 * (double)p, sum = 0;
    if (!(criterion < out->criterion))
      continue;
    for (size_t i = 1; i <= p; i++)
      sum += a[i];
    double far = variance / ((1 - sum) * (1 - sum) * c[0]);
    *out = (pl_change_noise){.order = (unsigned)p, .memory = sum, .criterion = criterion, .inflation = far > 1 ? fmin(far, INFLATION_MOST) : far <= 1 ? 1 : INFLATION_MOST};
    memcpy(out->weight, a, sizeof a);
  }
}
