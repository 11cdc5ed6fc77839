/* See crossing.h. */
#include "analysis/forecast/crossing.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/normal.h"
#include "analysis/ranks.h"

static int by_value(const void *a, const void *b)
{
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

/* The first step at which path[h] is at or beyond the limit. */
static double first(const double *path, size_t h, double limit, bool falls)
{
  for (size_t i = 0; i < h; i++)
    if (falls ? path[i] <= limit : path[i] >= limit)
      return (double)(i + 1);
  return INFINITY;
}

/* How many of at[n], sorted, are at most d. */
static size_t count_to(const double *at, size_t n, double d)
{
  size_t lo = 0, hi = n;
  while (lo < hi) {
    size_t middle = lo + (hi - lo) / 2;
    if (at[middle] <= d)
      lo = middle + 1;
    else
      hi = middle;
  }
  return lo;
}

/* Quantile p of the steps at[n], sorted. A step counts as half before itself, so that as many paths cross before p10 as after p90, a tenth on the average:
 * where the mid-distribution function comes to p, from the middle's side (Parzen 2004, section 5). What does not cross has no step. */
static double quantile(const double *at, size_t n, double p)
{
  double rank = p * (double)n, nearest = at[pl_nearest_rank(p, n) - 1];
  if (isinf(nearest))
    return nearest;
  size_t through = count_to(at, n, nearest), before = count_to(at, n, nearest - 0.5);
  double middle = ((double)before + (double)through) / 2;
  if (p < 0.5 && middle < rank && isfinite(at[through]))
    return at[through];
  return p > 0.5 && middle > rank && before ? at[before - 1] : nearest;
}

int pl_crossing_of(const pl_allocator *a, const double *paths, size_t n, size_t h, double lo, double hi, bool falls, pl_crossing *out)
{
  if (n == 0 || h == 0 || !isfinite(lo) || !isfinite(hi))
    return PL_EINVAL;
  double *at = pl_alloc(a, n * sizeof *at), middle = lo / 2 + hi / 2, sd = fabs(hi - lo) / (2 * 1.959963984540054);
  if (!at)
    return PL_ENOMEM;
  size_t crossed = 0;
  for (size_t i = 0; i < n; i++) {
    /* Van der Corput's order would do; the golden ratio's multiples are as even and need no digits. */
    double u = fmod(0.5 + (double)i * 0.6180339887498949, 1);
    double limit = sd > 0 ? middle + sd * pl_normal_inverse(fmin(fmax(u, 1e-9), 1 - 1e-9)) : middle;
    at[i] = first(paths + i * h, h, limit, falls);
    crossed += isfinite(at[i]);
  }
  qsort(at, n, sizeof *at, by_value);
  *out = (pl_crossing){.at = at, .n = n, .chance = (double)crossed / (double)n};
  out->p10 = quantile(at, n, 0.1);
  out->p50 = quantile(at, n, 0.5);
  out->p90 = quantile(at, n, 0.9);
  return PL_OK;
}

double pl_crossing_within(const pl_crossing *c, double d)
{
  return c->n ? (double)count_to(c->at, c->n, d) / (double)c->n : 0;
}

void pl_crossing_free(const pl_allocator *a, pl_crossing *c)
{
  pl_free(a, c->at, c->n * sizeof *c->at);
  memset(c, 0, sizeof *c);
}
