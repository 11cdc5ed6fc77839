/* Erlang C, one server more at a time. */
#include "analysis/capacity/staffing.h"

#include <math.h>

#include "analysis/capacity/mmc.h"

static int check(double lambda, double mu, double level, double t, bool whole, pl_error *err)
{
  if (!(lambda >= 0 && isfinite(lambda)))
    return pl_fail(err, PL_EINVAL, "an arrival rate of %g; it is 0 or more", lambda);
  if (!(mu > 0 && isfinite(mu)))
    return pl_fail(err, PL_EINVAL, "a service rate of %g; it is above 0", mu);
  if (!(level >= 0 && level < 1))
    return pl_fail(err, PL_EINVAL, "a service level of %g; it is 0 or more, and below 1", level);
  if (!(t >= 0 && isfinite(t)))
    return pl_fail(err, PL_EINVAL, "a time of %g; it is 0 or more", t);
  if (whole && -expm1(-mu * t) <= level)
    return pl_fail(err, PL_EINVAL, "no number of servers does it: of the services alone only %.4g %% take at most %g", -100 * expm1(-mu * t), t);
  if (lambda / mu >= PL_SERVERS_MAX)
    return pl_fail(err, PL_ELIMIT, "a load of %g servers; at most %d", lambda / mu, PL_SERVERS_MAX);
  return PL_OK;
}

int pl_staffing(double lambda, double mu, double level, double t, bool whole, int64_t *servers, double *p, pl_error *err)
{
  int code = check(lambda, mu, level, t, whole, err);
  if (code)
    return code;
  double a = lambda / mu;
  int64_t c = (int64_t)floor(a);
  for (double b = pl_erlang_b(a, c); c++ < PL_SERVERS_MAX;) {
    b = a * b / ((double)c + a * b);
    pl_queue q = {.rho = a / (double)c, .erlang_b = b, .stable = lambda < (double)c * mu};
    if (!q.stable)
      continue;
    q.erlang_c = b / (1 - q.rho * (1 - b));
    double share = 1 - (whole ? pl_mmc_takes_longer : pl_mmc_waits_longer)(&q, lambda, mu, c, t);
    if (share >= level) {
      *servers = c;
      *p = share;
      return PL_OK;
    }
  }
  return pl_fail(err, PL_ELIMIT, "more than %d servers", PL_SERVERS_MAX);
}
