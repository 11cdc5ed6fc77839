/* See normal.h. The tail that is smaller is inverted, so that no digit is lost. */
#include "analysis/normal.h"

#include <math.h>

double pl_normal_cdf(double z)
{
  return 0.5 * erfc(-z / sqrt(2));
}

double pl_normal_inverse(double p)
{
  if (!(p > 0) || !(p < 1))
    return p >= 1 ? INFINITY : -INFINITY;
  if (p == 0.5) /* the middle is exact: who asks for even chances asks for the value itself */
    return 0;
  double tail = p < 0.5 ? p : 1 - p, lo = -40, hi = 0;
  for (int i = 0; i < 60 && hi - lo > 1e-15; i++) {
    double middle = (lo + hi) / 2;
    if (pl_normal_cdf(middle) < tail)
      lo = middle;
    else
      hi = middle;
  }
  return p < 0.5 ? (lo + hi) / 2 : -(lo + hi) / 2;
}
