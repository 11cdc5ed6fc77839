/* See resolution.h. Differences are divided by their range first; what rounding leaves of a multiple is far below the least resolution. */
#include "analysis/forecast/resolution.h"

#include <float.h>
#include <math.h>

/* Shares of the range: the least resolution, and what counts as nothing. */
static const double finest = 1e-6, nothing = 1e-9;

/* The largest common measure of a and b, of which 1 is a multiple: so it is the inverse of a whole number, exactly. */
static double common(double a, double b)
{
  while (b > nothing) {
    double left = fmod(a, b);
    a = b;
    b = b - left > nothing ? left : 0;
  }
  return 1 / round(1 / a);
}

double pl_resolution(const double *y, size_t n)
{
  double lo = INFINITY, hi = -INFINITY, g = 1;
  for (size_t i = 0; i < n; i++) {
    if (isfinite(y[i])) {
      lo = fmin(lo, y[i]);
      hi = fmax(hi, y[i]);
    }
  }
  double range = hi / 2 - lo / 2;
  if (!(range > 0) || !isfinite(range))
    return 0;
  /* The range is one of the differences: 1. */
  for (size_t i = 0; i < n && g >= finest; i++) {
    if (isfinite(y[i]))
      g = common((y[i] / 2 - lo / 2) / range, g);
  }
  return g >= finest ? fmin(2 * (g * range), DBL_MAX) : 0;
}
