/* Erlang's formulas, by recursions. */
#include "analysis/capacity/mmc.h"

#include <math.h>

double pl_erlang_b(double a, int64_t c)
{
  double b = 1;
  if (!(a >= 0))
    return NAN;
  if (isinf(a))
    return 1;
  for (int64_t k = 1; k <= c; k++)
    b = a * b / ((double)k + a * b);
  return b;
}

int pl_mmc(double lambda, double mu, int64_t c, pl_queue *out, pl_error *err)
{
  if (!(lambda >= 0 && isfinite(lambda)))
    return pl_fail(err, PL_EINVAL, "an arrival rate of %g; it is 0 or more", lambda);
  if (!(mu > 0 && isfinite(mu)))
    return pl_fail(err, PL_EINVAL, "a service rate of %g; it is above 0", mu);
  if (c < 1 || c > PL_SERVERS_MAX)
    return pl_fail(err, PL_EINVAL, "%lld servers; there are 1 to %d", (long long)c, PL_SERVERS_MAX);
  double a = lambda / mu, b = pl_erlang_b(a, c), rho = a / (double)c;
  pl_queue q = {.rho = rho, .erlang_b = b, .erlang_c = 1, .lq = INFINITY, .l = INFINITY, .wq = INFINITY, .w = INFINITY, .stable = lambda < (double)c * mu};
  if (q.stable) {
    q.erlang_c = b / (1 - rho * (1 - b));
    q.wq = q.erlang_c / ((double)c * mu - lambda);
    q.w = q.wq + 1 / mu;
    q.lq = lambda * q.wq;
    q.l = lambda > 0 ? lambda * q.w : 0; /* of a mu near 0 a service takes for ever */
  }
  *out = q;
  return PL_OK;
}

double pl_mmc_waits_longer(const pl_queue *q, double lambda, double mu, int64_t c, double t)
{
  return q->stable ? q->erlang_c * exp(-((double)c * mu - lambda) * t) : 1;
}

/* Waiting and service are independent: the service alone, plus what waiting adds, whose integral has a removable pole at
 * c mu - lambda = mu. Below it the exponential of the waiting is taken out, above it that of the service: neither grows. */
double pl_mmc_takes_longer(const pl_queue *q, double lambda, double mu, int64_t c, double t)
{
  if (!q->stable)
    return 1;
  double spare = (double)c - 1 - lambda / mu, e = exp(-mu * t);
  double added = fabs(spare) < 1e-9 ? mu * t * e
                 : spare > 0        ? e * -expm1(-mu * spare * t) / spare
                                    : exp(-((double)c * mu - lambda) * t) * expm1(mu * spare * t) / spare;
  return fmin(1, e + q->erlang_c * added);
}

double pl_mmc_quantile(const pl_queue *q, double lambda, double mu, int64_t c, double p, bool whole)
{
  if (!q->stable)
    return INFINITY;
  if (!whole)
    return fmax(0, log(q->erlang_c / (1 - p)) / ((double)c * mu - lambda));
  double lo = 0, hi = 1 / mu;
  while (pl_mmc_takes_longer(q, lambda, mu, c, hi) > 1 - p && hi < 1e300)
    hi *= 2;
  for (int i = 0; i < 200 && hi - lo > 1e-12 * hi; i++) {
    double mid = (lo + hi) / 2;
    if (pl_mmc_takes_longer(q, lambda, mu, c, mid) > 1 - p)
      lo = mid;
    else
      hi = mid;
  }
  return hi;
}
