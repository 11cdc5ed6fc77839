/* See theil_sen.h. */
#include "analysis/forecast/theil_sen.h"

#include <float.h>
#include <math.h>

#include "analysis/forecast/median.h"

enum { ALL_PAIRS = 512 };

static double within(double v)
{
  return fmin(fmax(v, -DBL_MAX), DBL_MAX);
}

/* A pair's; halved first, as the difference of the largest doubles is none. */
static double slope_of(const double *y, size_t i, size_t j)
{
  return within(2 * ((y[j] / 2 - y[i] / 2) / (double)(j - i)));
}

/* Slopes of pairs of the kept values at[], which lie in y; how many they are. */
static size_t slopes_of(const double *y, const size_t *at, size_t kept, double *slopes)
{
  size_t found = 0, half = (kept + 1) / 2;
  if (kept > ALL_PAIRS) {
    for (size_t i = 0; i + half < kept; i++)
      slopes[found++] = slope_of(y, at[i], at[i + half]);
    return found;
  }
  for (size_t i = 0; i < kept; i++)
    for (size_t j = i + 1; j < kept; j++)
      slopes[found++] = slope_of(y, at[i], at[j]);
  return found;
}

int pl_theil_sen(const pl_allocator *a, const double *y, size_t n, pl_line *out)
{
  size_t kept = 0, pairs = n > ALL_PAIRS ? n : n * (n + 1) / 2;
  if (n == 0)
    return PL_EINVAL;
  if (n > ALL_PAIRS)
    pairs = pairs > (size_t)ALL_PAIRS * ALL_PAIRS ? pairs : (size_t)ALL_PAIRS * ALL_PAIRS;
  size_t *at = pl_alloc(a, n * sizeof *at);
  double *slopes = pl_alloc(a, pairs * sizeof *slopes);
  int code = at && slopes ? PL_OK : PL_ENOMEM;
  for (size_t i = 0; code == PL_OK && i < n; i++)
    if (isfinite(y[i]))
      at[kept++] = i;
  if (code == PL_OK && kept == 0)
    code = PL_EINVAL;
  if (code == PL_OK) {
    size_t found = slopes_of(y, at, kept, slopes);
    out->slope = found ? within(pl_median_in(slopes, found)) : 0;
    for (size_t i = 0; i < kept; i++)
      slopes[i] = within(y[at[i]] - out->slope * (double)at[i]);
    out->intercept = within(pl_median_in(slopes, kept));
  }
  pl_free(a, slopes, pairs * sizeof *slopes);
  pl_free(a, at, n * sizeof *at);
  return code;
}
