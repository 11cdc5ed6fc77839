/* How many of n values lie below the true quantile is binomial: the ranks come from its distribution alone. */
#include "analysis/order.h"

#include <math.h>
#include <stdlib.h>

#include "analysis/ranks.h"
#include "analysis/student.h"

static int by_value(const void *a, const void *b)
{
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

void pl_sort(double *x, size_t n)
{
  if (n)
    qsort(x, n, sizeof *x, by_value);
}

double pl_median_sorted(const double *x, size_t n)
{
  if (!n)
    return NAN;
  return n % 2 ? x[n / 2] : x[n / 2 - 1] / 2 + x[n / 2] / 2;
}

/* P(B <= k) of a binomial B: the incomplete beta function (Abramowitz and Stegun 26.5.24). */
static double at_most(size_t k, size_t n, double p)
{
  return k >= n ? 1 : pl_beta_regular((double)(n - k), (double)k + 1, 1 - p);
}

/* The largest rank l with P(B < l) <= tail; 0: none. */
static size_t lower_rank(size_t n, double p, double tail)
{
  size_t lo = 0, hi = n; /* the answer is in [lo, hi] */
  while (lo < hi) {
    size_t middle = lo + (hi - lo + 1) / 2;
    if (at_most(middle - 1, n, p) <= tail)
      lo = middle;
    else
      hi = middle - 1;
  }
  return lo;
}

bool pl_order_quantile(const double *sorted, size_t n, double p, double level, pl_order_interval *out)
{
  if (!n || !(p >= 0) || !(p <= 1) || !(level > 0) || !(level < 1))
    return false;
  double tail = (1 - level) / 2;
  size_t l = lower_rank(n, p, tail), from_top = lower_rank(n, 1 - p, tail), u = n + 1 - from_top;
  *out = (pl_order_interval){.value = p == 0.5 ? pl_median_sorted(sorted, n) : sorted[pl_nearest_rank(p, n) - 1],
                             .open_below = l == 0, .open_above = from_top == 0, .covered = 1};
  out->lo = sorted[l ? l - 1 : 0];
  out->hi = sorted[from_top ? u - 1 : n - 1];
  if (l && from_top)
    out->covered = at_most(u - 1, n, p) - at_most(l - 1, n, p);
  return true;
}
