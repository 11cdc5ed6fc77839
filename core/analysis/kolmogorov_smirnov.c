/* See kolmogorov_smirnov.h. Distances are whole numbers, of i / n - j / m times n m, so that none is lost to rounding. */
#include "analysis/kolmogorov_smirnov.h"

#include <math.h>
#include <stdint.h>

#include "analysis/goodness.h"

enum { EXACT_PAIRS_MAX = 1000000 };

static int64_t distance_at(size_t i, size_t j, size_t n, size_t m)
{
  int64_t d = (int64_t)(i * m) - (int64_t)(j * n);
  return d < 0 ? -d : d;
}

static int64_t largest_distance(const double *a, size_t n, const double *b, size_t m)
{
  int64_t most = 0;
  for (size_t i = 0, j = 0; i < n && j < m;) {
    double x = a[i] < b[j] ? a[i] : b[j];
    while (i < n && a[i] == x)
      i++;
    while (j < m && b[j] == x)
      j++;
    int64_t d = distance_at(i, j, n, m);
    most = d > most ? d : most;
  }
  return most;
}

/* Probability that a path from (0, 0) to (n, m), all equally likely, comes to `least` or farther: each point's from the two before
 * it, weighted by how many of the paths to it came that way. */
static double reaching(double *row, size_t n, size_t m, int64_t least)
{
  for (size_t i = 0; i <= n; i++) {
    for (size_t j = 0; j <= m; j++) {
      double from_left = j ? row[j - 1] : 0, from_above = i ? row[j] : 0, steps = (double)(i + j);
      if (distance_at(i, j, n, m) >= least)
        row[j] = 1;
      else
        row[j] = steps > 0 ? from_above * ((double)i / steps) + from_left * ((double)j / steps) : 0;
    }
  }
  return row[m];
}

static bool any_nan(const double *x, size_t n)
{
  for (size_t i = 0; i < n; i++) {
    if (isnan(x[i]))
      return true;
  }
  return n == 0;
}

/* The chance of `most`, d times n m: exact while they are few pairs. */
static int chance_of(const pl_allocator *alloc, int64_t most, double d, size_t n, size_t m, double *p)
{
  double pairs = (double)n * (double)m;
  if (pairs > EXACT_PAIRS_MAX) {
    *p = pl_ks_p(d, (size_t)(pairs / ((double)n + (double)m)));
    return PL_OK;
  }
  double *row = pl_alloc_zero(alloc, m + 1, sizeof *row);
  if (!row)
    return PL_ENOMEM;
  *p = reaching(row, n, m, most);
  pl_free(alloc, row, (m + 1) * sizeof *row);
  return PL_OK;
}

int pl_kolmogorov_smirnov_chance(const pl_allocator *alloc, double d, size_t n, size_t m, double *p)
{
  *p = 1;
  double pairs = (double)n * (double)m;
  return d > 0 && pairs > 0 ? chance_of(alloc, (int64_t)ceil(d * pairs - 1e-6), d, n, m, p) : PL_OK;
}

int pl_kolmogorov_smirnov_test(const pl_allocator *alloc, const double *a, size_t n, const double *b, size_t m, pl_kolmogorov_smirnov *out)
{
  if (any_nan(a, n) || any_nan(b, m))
    return PL_EINVAL;
  int64_t most = largest_distance(a, n, b, m);
  double pairs = (double)n * (double)m, d = (double)most / pairs;
  pl_kolmogorov_smirnov found = {.d = d, .p = 1, .exact = pairs <= EXACT_PAIRS_MAX};
  int code = most > 0 ? chance_of(alloc, most, d, n, m, &found.p) : PL_OK;
  if (code == PL_OK)
    *out = found;
  return code;
}
