/* Quickselect with the middle of three as pivot (Hoare's FIND), in three parts (Dijkstra's flag), so that many equal values cost no more. */
#include "analysis/forecast/median.h"

#include <math.h>

#include "analysis/ranks.h"

static void swap(double *a, double *b)
{
  double was = *a;
  *a = *b;
  *b = was;
}

/* Puts the k-th smallest of x[n] at its place; what is before it is not larger, what is behind not smaller. */
static void select_at(double *x, size_t n, size_t k)
{
  size_t lo = 0, hi = n; /* the k-th is in [lo, hi) */
  while (hi - lo > 1) {
    double a = x[lo], b = x[lo + (hi - lo) / 2], c = x[hi - 1];
    double pivot = fmax(fmin(a, b), fmin(fmax(a, b), c));
    size_t less = lo, at = lo, more = hi; /* [lo, less) < pivot, [less, at) == pivot, [more, hi) > pivot */
    while (at < more) {
      if (x[at] < pivot)
        swap(&x[at++], &x[less++]);
      else if (x[at] > pivot)
        swap(&x[at], &x[--more]);
      else
        at++;
    }
    if (k >= less && k < more)
      return;
    if (k < less)
      hi = less;
    else
      lo = more;
  }
}

double pl_quantile_in(double *x, size_t n, double p)
{
  if (n == 0)
    return NAN;
  size_t k = (size_t)pl_nearest_rank(p, n) - 1;
  select_at(x, n, k);
  if (p != 0.5 || n % 2)
    return x[k];
  double next = INFINITY;
  for (size_t i = k + 1; i < n; i++)
    next = fmin(next, x[i]);
  double gap = next - x[k]; /* of the largest doubles none */
  return isfinite(gap) ? x[k] + gap / 2 : x[k] / 2 + next / 2;
}

double pl_median_in(double *x, size_t n)
{
  return pl_quantile_in(x, n, 0.5);
}

double pl_mad_in(double *x, size_t n)
{
  double middle = pl_median_in(x, n);
  for (size_t i = 0; i < n; i++)
    x[i] = fabs(x[i] - middle);
  return 1.4826 * pl_median_in(x, n);
}
