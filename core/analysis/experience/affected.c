/* The share of affected users. */
#include "analysis/experience/affected.h"

#include <math.h>

int pl_affected_users(const double *bad, size_t n, double least, double z, pl_affected *out, pl_error *err)
{
  pl_affected a = {.users = n, .share = NAN, .lo = NAN, .hi = NAN};
  if (!(least > 0))
    return pl_fail(err, PL_EINVAL, "affected from %g on; it is above 0", least);
  for (size_t i = 0; i < n; i++) {
    if (!(bad[i] >= 0))
      return pl_fail(err, PL_EINVAL, "user %zu: %g bad ones; there are 0 or more", i + 1, bad[i]);
    a.affected += bad[i] >= least;
  }
  if (n) {
    double all = (double)n, p = (double)a.affected / all, zz = z * z / all, half = z * sqrt(p * (1 - p) / all + zz / (4 * all));
    a.share = p;
    a.lo = fmax(0, (p + zz / 2 - half) / (1 + zz));
    a.hi = fmin(1, (p + zz / 2 + half) / (1 + zz));
  }
  *out = a;
  return PL_OK;
}
