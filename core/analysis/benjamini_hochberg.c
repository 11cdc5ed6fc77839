/* See benjamini_hochberg.h. Without memory of its own: the ranks are counted. */
#include "analysis/benjamini_hochberg.h"

#include <math.h>

static double held(double p)
{
  return isnan(p) ? 1 : fmin(1, fmax(0, p));
}

void pl_benjamini_hochberg(const double *p, size_t n, double *q)
{
  for (size_t i = 0; i < n; i++) {
    size_t rank = 0;
    for (size_t k = 0; k < n; k++)
      rank += held(p[k]) <= held(p[i]);
    q[i] = fmin(1, held(p[i]) * (double)n / (double)rank);
  }
  for (size_t i = 0; i < n; i++) { /* a q that is lowered already is the least of those above it: nothing is lost */
    for (size_t k = 0; k < n; k++) {
      if (held(p[k]) >= held(p[i]))
        q[i] = fmin(q[i], q[k]);
    }
  }
}
