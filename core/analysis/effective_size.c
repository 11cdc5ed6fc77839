/* See effective_size.h. */
#include "analysis/effective_size.h"

#include <math.h>

#include "analysis/bootstrap.h"

enum { LAGS_MAX = 1000 };

double pl_effective_size(const double *x, size_t n)
{
  double sum = 0, before = INFINITY;
  for (size_t lag = 0; n >= 4 && lag + 1 < n / 2 && lag < LAGS_MAX; lag += 2) {
    double pair = (lag ? pl_autocorrelation(x, n, lag) : 1) + pl_autocorrelation(x, n, lag + 1);
    if (!isfinite(pair))
      return (double)n;
    if (pair <= 0)
      break;
    before = fmin(before, pair);
    sum += before;
  }
  double size = (double)n / (2 * sum - 1);
  return sum > 1 ? fmax(1, fmin((double)n, size)) : (double)n;
}
