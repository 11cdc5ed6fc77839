/* Pollaczek and Khinchine; Allen and Cunneen: M/M/c's waiting time, scaled by how much arrivals and services vary. */
#include "analysis/capacity/ggc.h"

#include <math.h>

int pl_ggc(double lambda, double mu, int64_t c, double ca2, double cs2, pl_queue *out, pl_error *err)
{
  pl_queue q;
  int code = pl_mmc(lambda, mu, c, &q, err);
  if (code)
    return code;
  if (!(ca2 >= 0 && isfinite(ca2) && cs2 >= 0 && isfinite(cs2)))
    return pl_fail(err, PL_EINVAL, "a squared coefficient of variation of %g; it is 0 or more", ca2 >= 0 && isfinite(ca2) ? cs2 : ca2);
  if (q.stable) {
    q.wq *= (ca2 + cs2) / 2;
    q.lq = lambda * q.wq;
    q.w = q.wq + 1 / mu;
    q.l = lambda > 0 ? lambda * q.w : 0;
  }
  *out = q;
  return PL_OK;
}

int pl_mg1(double lambda, double service, double cs2, pl_queue *out, pl_error *err)
{
  if (!(service > 0 && isfinite(service) && isfinite(1 / service)))
    return pl_fail(err, PL_EINVAL, "a service time of %g; it is above 0", service);
  return pl_ggc(lambda, 1 / service, 1, 1, cs2, out, err);
}
