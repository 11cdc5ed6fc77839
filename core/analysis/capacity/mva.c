/* Mean value analysis: who arrives sees what N - 1 users leave there. */
#include "analysis/capacity/mva.h"

#include <math.h>

static int check(const pl_station *s, size_t n, double think, int64_t users, pl_error *err)
{
  double sum = 0;
  if (!n || n > PL_STATIONS_MAX)
    return pl_fail(err, n ? PL_ELIMIT : PL_EINVAL, n ? "%zu stations; at most %d" : "there is no station", n, PL_STATIONS_MAX);
  if (!(think >= 0 && isfinite(think)))
    return pl_fail(err, PL_EINVAL, "a think time of %g; it is 0 or more", think);
  if (users < 0)
    return pl_fail(err, PL_EINVAL, "%lld users; there are 0 or more", (long long)users);
  if (users > PL_USERS_MAX || (double)users * (double)n > PL_MVA_WORK_MAX)
    return pl_fail(err, PL_ELIMIT, "%lld users at %zu stations; at most %d, and %d users times stations", (long long)users, n, PL_USERS_MAX, PL_MVA_WORK_MAX);
  for (size_t i = 0; i < n; i++) {
    if (!(s[i].demand >= 0 && isfinite(s[i].demand)))
      return pl_fail(err, PL_EINVAL, "station %zu: a demand of %g; it is 0 or more", i + 1, s[i].demand);
    if (s[i].servers < 1 || s[i].servers > PL_USERS_MAX)
      return pl_fail(err, PL_EINVAL, "station %zu: %lld servers; there are 1 to %d", i + 1, (long long)s[i].servers, PL_USERS_MAX);
    sum += s[i].demand;
  }
  if (!(sum + think > 0 && isfinite(sum + think)))
    return pl_fail(err, PL_EINVAL, "neither a demand nor a think time: users would be infinitely fast");
  return PL_OK;
}

static double of_server(const pl_station *s)
{
  return s->demand / (double)s->servers;
}

/* Bounds of any load (Lazowska, ch. 5). */
static void bounds(const pl_station *s, size_t n, double think, pl_network *out)
{
  double sum = think, most = 0;
  for (size_t i = 0; i < n; i++) {
    sum += s[i].demand;
    if (of_server(&s[i]) > most) {
      most = of_server(&s[i]);
      out->bottleneck = i;
    }
  }
  out->x_max = 1 / most;
  out->n_star = sum / most;
}

int pl_mva(const pl_allocator *a, const pl_station *stations, size_t n, double think, int64_t users, pl_network *out, double *utilisation, double *queue,
           double *xs, double *rs, pl_error *err)
{
  pl_network net = {0};
  int code = check(stations, n, think, users, err);
  if (code)
    return code;
  double *waiting = pl_alloc_zero(a, n, sizeof *waiting);
  if (!waiting)
    return pl_fail(err, PL_ENOMEM, "mean value analysis");
  bounds(stations, n, think, &net);
  for (int64_t u = 1; u <= users; u++) {
    net.r = 0;
    for (size_t i = 0; i < n; i++)
      net.r += of_server(&stations[i]) * waiting[i] + stations[i].demand;
    net.x = (double)u / (think + net.r);
    for (size_t i = 0; i < n; i++)
      waiting[i] = net.x * of_server(&stations[i]) * (1 + waiting[i]);
    if (xs)
      xs[u - 1] = net.x;
    if (rs)
      rs[u - 1] = net.r;
  }
  for (size_t i = 0; i < n; i++) {
    double d = of_server(&stations[i]);
    if (utilisation)
      utilisation[i] = net.x * d;
    if (queue)
      queue[i] = waiting[i] + net.x * (stations[i].demand - d);
  }
  pl_free(a, waiting, n * sizeof *waiting);
  *out = net;
  return PL_OK;
}
