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

/* Where path[h] first reaches limit, linear between two steps; a path that begins at or beyond it crosses at its first value there. */
static double first(const double *path, size_t h, double last, double limit, bool falls)
{
  double before = last;
  for (size_t i = 0; i < h; i++) {
    bool beyond = falls ? path[i] <= limit : path[i] >= limit;
    if (beyond) {
      bool was = falls ? before <= limit : before >= limit;
      double share = was || before == path[i] || !isfinite(before) ? 1 : (limit - before) / (path[i] - before);
      return (double)i + fmin(fmax(share, 0), 1);
    }
    before = path[i];
  }
  return INFINITY;
}

int pl_crossing_of(const pl_allocator *a, const double *paths, size_t n, size_t h, double last, double lo, double hi, bool falls,
                   pl_crossing *out)
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
    at[i] = first(paths + i * h, h, last, limit, falls);
    crossed += isfinite(at[i]);
  }
  qsort(at, n, sizeof *at, by_value);
  *out = (pl_crossing){.at = at, .n = n, .chance = (double)crossed / (double)n};
  out->p10 = at[pl_nearest_rank(0.1, n) - 1];
  out->p50 = at[pl_nearest_rank(0.5, n) - 1];
  out->p90 = at[pl_nearest_rank(0.9, n) - 1];
  return PL_OK;
}

double pl_crossing_within(const pl_crossing *c, double d)
{
  size_t lo = 0, hi = c->n;
  while (lo < hi) {
    size_t middle = lo + (hi - lo) / 2;
    if (c->at[middle] <= d)
      lo = middle + 1;
    else
      hi = middle;
  }
  return c->n ? (double)lo / (double)c->n : 0;
}

void pl_crossing_free(const pl_allocator *a, pl_crossing *c)
{
  pl_free(a, c->at, c->n * sizeof *c->at);
  memset(c, 0, sizeof *c);
}
