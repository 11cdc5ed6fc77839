/* See welch.h. Everything is computed in units of the largest value, so that no square overflows or vanishes. */
#include "analysis/welch.h"

#include <float.h>
#include <math.h>

#include "analysis/moments.h"
#include "analysis/student.h"

static double largest(const double *x, size_t n, double most)
{
  for (size_t i = 0; i < n; i++)
    most = isfinite(x[i]) ? fmax(most, fabs(x[i])) : INFINITY;
  return most;
}

static pl_moments describe(const double *x, size_t n, double unit)
{
  pl_moments m = {0};
  for (size_t i = 0; i < n; i++)
    (void)pl_moments_add(&m, x[i] / unit);
  return m;
}

static double back(double x, double unit)
{
  return fmax(-DBL_MAX, fmin(DBL_MAX, x * unit));
}

bool pl_welch_test(const double *a, size_t n, const double *b, size_t m, pl_welch *out)
{
  double unit = largest(b, m, largest(a, n, 0));
  if (n < 2 || m < 2 || isinf(unit))
    return false;
  unit = unit > 0 ? unit : 1;
  pl_moments before = describe(a, n, unit), now = describe(b, m, unit);
  double va = pl_moments_variance(&before), vb = pl_moments_variance(&now);
  double difference = now.mean - before.mean, error = sqrt(va / (double)n + vb / (double)m);
  *out = (pl_welch){.difference = back(difference, unit), .freedom = pl_welch_freedom(va, n, vb, m)};
  out->t = error > 0 ? difference / error : 0;
  if (error > 0)
    out->p = 2 * pl_student_cdf(-fabs(out->t), out->freedom);
  else
    out->p = difference == 0 ? 1 : 0;
  double reach = error > 0 ? pl_student_quantile(0.975, out->freedom) * error : 0;
  out->lo = back(difference - reach, unit);
  out->hi = back(difference + reach, unit);
  return true;
}
