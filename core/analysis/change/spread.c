/* Binary segmentation with a list of stretches that are still to be looked at, the leftmost first. */
#include "analysis/change/spread.h"

#include <math.h>

#define P_MOST 0.001
#define ROUNDING 1e-12 /* of squares that are one number */

/* That a Brownian bridge goes further than x: Kolmogorov's law. */
static double beyond(double x)
{
  double sum = 0;
  for (int k = 1; k <= 20; k++)
    sum += (k % 2 ? 2 : -2) * exp(-2.0 * k * k * x * x);
  return x < 0.3 ? 1 : fmin(1, fmax(0, sum));
}

/* The long-run variance of the squares of r[n], whose mean is given. */
static double long_run(const double *r, size_t n, double mean)
{
  size_t lags = (size_t)(4 * pow((double)n / 100, 2.0 / 9));
  double all = 0;
  for (size_t k = 0; k <= lags && k < n; k++) {
    double sum = 0;
    for (size_t i = k; i < n; i++)
      sum += (r[i] * r[i] - mean) * (r[i - k] * r[i - k] - mean);
    all += (k ? 2 * (1 - (double)k / (double)(lags + 1)) : 1) * sum / (double)n;
  }
  return all;
}

/* The place in r[n] where the variance changes most; 0: nowhere enough. */
static size_t place_in(const double *r, size_t n, double *p)
{
  double mean = 0, sum = 0, most = 0;
  size_t at = 0;
  if (n < 2 * PL_SPREAD_LEAST)
    return 0;
  for (size_t i = 0; i < n; i++)
    mean += r[i] * r[i] / (double)n;
  for (size_t i = 0; i + PL_SPREAD_LEAST <= n; i++) {
    if (i >= PL_SPREAD_LEAST && fabs(sum) > most) {
      most = fabs(sum);
      at = i;
    }
    sum += r[i] * r[i] - mean;
  }
  double variance = long_run(r, n, mean);
  *p = variance > ROUNDING * mean * mean ? beyond(most / sqrt(variance * (double)n)) : 1;
  return *p <= P_MOST ? at : 0;
}

bool pl_spread_changes(const pl_allocator *a, const double *rest, size_t n, pl_spread_change *out, size_t *n_out)
{
  size_t room = n / PL_SPREAD_LEAST + 2, top = 0, from = 0;
  struct ahead {
    size_t to;
    double p; /* of the change at `to` */
  } *ahead = pl_alloc(a, room * sizeof *ahead); /* where stretches end, the nearest on top */
  if (!ahead)
    return false;
  *n_out = 0;
  ahead[top++] = (struct ahead){n, 1};
  while (top > 0) {
    double p;
    size_t to = ahead[top - 1].to, at = place_in(rest + from, to - from, &p);
    if (at) {
      ahead[top++] = (struct ahead){from + at, p};
      continue;
    }
    if (to < n)
      out[(*n_out)++] = (pl_spread_change){to, ahead[top - 1].p};
    from = to;
    top--;
  }
  pl_free(a, ahead, room * sizeof *ahead);
  return true;
}
