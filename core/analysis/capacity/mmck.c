/* The queue with bounded room, by its states. */
#include "analysis/capacity/mmck.h"

#include <math.h>

#include "analysis/capacity/mmc.h"

#define FULL 1e100 /* times what a server serves */

static int check(double lambda, double mu, int64_t c, int64_t k, pl_error *err)
{
  if (!(lambda >= 0 && isfinite(lambda)))
    return pl_fail(err, PL_EINVAL, "an arrival rate of %g; it is 0 or more", lambda);
  if (!(mu > 0 && isfinite(mu)))
    return pl_fail(err, PL_EINVAL, "a service rate of %g; it is above 0", mu);
  if (c < 1 || c > PL_SERVERS_MAX)
    return pl_fail(err, PL_EINVAL, "%lld servers; there are 1 to %d", (long long)c, PL_SERVERS_MAX);
  if (k < c || k > PL_SERVERS_MAX)
    return pl_fail(err, PL_EINVAL, "room for %lld; there is room for the %lld who are served at least, and at most for %d", (long long)k, (long long)c, PL_SERVERS_MAX);
  return PL_OK;
}

/* Of a load beyond which it is full to the last digit: all places are taken, and all but what is served goes away. */
static pl_bounded_queue full(double lambda, double mu, int64_t c, int64_t k)
{
  double served = (double)c * mu;
  return (pl_bounded_queue){.rho = 1, .p_block = 1 - served / lambda, .throughput = served, .l = (double)k, .lq = (double)(k - c), .w = (double)k / served, .wq = (double)(k - c) / served};
}

int pl_mmck(double lambda, double mu, int64_t c, int64_t k, pl_bounded_queue *out, pl_error *err)
{
  int code = check(lambda, mu, c, k, err);
  if (code)
    return code;
  double a = lambda / mu, weight = 1, sum = 1, inside = 0, waiting = 0;
  if (a > FULL) {
    *out = full(lambda, mu, c, k);
    return PL_OK;
  }
  for (int64_t n = 1; n <= k; n++) {
    weight *= a / (double)(n < c ? n : c);
    sum += weight;
    inside += (double)n * weight;
    waiting += n > c ? (double)(n - c) * weight : 0;
    if (inside > 1e200) {
      weight /= inside;
      sum /= inside;
      waiting /= inside;
      inside = 1;
    }
  }
  pl_bounded_queue q = {.p_block = weight / sum, .l = inside / sum, .lq = waiting / sum};
  q.throughput = lambda * (1 - q.p_block);
  /* Where nearly all go away, 1 - p_block has lost its digits: who is served is who is inside and does not wait. */
  if (q.p_block > 0.5)
    q.throughput = mu * (q.l - q.lq);
  q.rho = q.throughput / mu / (double)c;
  q.w = q.throughput > 0 ? q.l / q.throughput : 1 / mu;
  q.wq = q.throughput > 0 ? q.lq / q.throughput : 0;
  *out = q;
  return PL_OK;
}
