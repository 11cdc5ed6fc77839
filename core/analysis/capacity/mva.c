/* Mean value analysis: who arrives sees what N - 1 users leave there. */
#include "analysis/capacity/mva.h"

#include <math.h>

enum { ARRAYS = 6 /* of users + 1 numbers */ };

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
  if (!(sum + think > 0))
    return pl_fail(err, PL_EINVAL, "neither a demand nor a think time: users would be infinitely fast");
  if (!isfinite((sum + think) * ((double)users + 1)))
    return pl_fail(err, PL_EINVAL, "demands and think time of %g s: the response time of %lld users is beyond the numbers", sum + think, (long long)users);
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

/* What the stations wait for, one by one, of `users`: waiting[i] is the queue at i counted in servers' demands (Seidmann). */
static void mean_values(const pl_station *stations, size_t n, double think, int64_t users, pl_network *net, double *waiting, double *xs, double *rs)
{
  for (int64_t u = 1; u <= users; u++) {
    net->r = 0;
    for (size_t i = 0; i < n; i++)
      net->r += of_server(&stations[i]) * waiting[i] + stations[i].demand;
    net->x = (double)u / (think + net->r);
    for (size_t i = 0; i < n; i++)
      waiting[i] = net->x * of_server(&stations[i]) * (1 + waiting[i]);
    if (xs)
      xs[u - 1] = net->x;
    if (rs)
      rs[u - 1] = net->r;
  }
}

static bool is_shared(const pl_station *s)
{
  return s->servers > 1 && s->demand > 0;
}

/* Whether there are stations of several servers, and few enough terms to solve them exactly. */
static bool is_exact_worth(const pl_station *s, size_t n, int64_t users, bool *any)
{
  double shared = 0, terms = 0;
  for (size_t i = 0; i < n; i++) {
    if (!is_shared(&s[i]))
      continue;
    shared++;
    terms += (double)users * (double)(s[i].servers < users ? s[i].servers : users);
  }
  *any = shared > 0;
  return terms * shared <= PL_MVA_EXACT_MAX;
}

/* Logarithms of the normalising constants G(0 ... users) of thinking and the stations of one server: X(k) = G(k - 1) / G(k). Where they are
 * nothing at all, G is 1 of nobody and 0 of others. */
static void constants_of_single(const pl_station *s, size_t n, double think, int64_t users, double *waiting, double *g)
{
  double sum = think;
  for (size_t i = 0; i < n; i++) {
    sum += is_shared(&s[i]) ? 0 : s[i].demand;
    waiting[i] = 0;
  }
  g[0] = 0;
  for (int64_t u = 1; u <= users; u++) {
    double r = think, x;
    for (size_t i = 0; i < n; i++)
      r += is_shared(&s[i]) ? 0 : s[i].demand * (1 + waiting[i]);
    x = sum > 0 ? (double)u / r : INFINITY;
    for (size_t i = 0; i < n && sum > 0; i++)
      waiting[i] = is_shared(&s[i]) ? 0 : x * s[i].demand * (1 + waiting[i]);
    g[u] = g[u - 1] - log(x);
  }
}

/* The logarithm of the largest of the terms of convolve's sum for u users; `before` is the term of one user fewer. */
static double largest_term(const double *weights, int64_t last, const double *from, int64_t u, double before)
{
  double most = before;
  for (int64_t j = 0; j <= last; j++)
    most = fmax(most, weights[j] + from[u - j]);
  return most;
}

/* Puts a station of several servers into the network: with d its demand and m its servers, sum over j of d^j / (1 2 ... min(j, m) ...) z^j is
 * (sum over j < m of (1 - j / m) d^j / j! z^j) / (1 - d / m z), whose every term is positive. from, to: logarithms, users + 1 each; weights:
 * room for as many. */
static void convolve(const pl_station *s, int64_t users, const double *from, double *to, double *weights)
{
  int64_t terms = users + 1 < s->servers ? users + 1 : s->servers;
  double ratio = log(of_server(s)), demand = log(s->demand), power = 0;
  for (int64_t j = 0; j < terms; j++) {
    power += j > 0 ? demand - log((double)j) : 0;
    weights[j] = power + log1p(-(double)j / (double)s->servers);
  }
  for (int64_t u = 0; u <= users; u++) {
    int64_t last = u < terms - 1 ? u : terms - 1;
    double before = u > 0 ? ratio + to[u - 1] : -INFINITY, most = largest_term(weights, last, from, u, before);
    double sum = isinf(most) ? 0 : exp(before - most);
    for (int64_t j = 0; j <= last && !isinf(most); j++)
      sum += exp(weights[j] + from[u - j] - most);
    to[u] = isinf(most) ? -INFINITY : most + log(sum);
  }
}

/* The mean number at station s of the network whose constants are g, and `without` those of the network without it. */
static double inside(const pl_station *s, int64_t users, const double *g, const double *without)
{
  double weight = 0, sum = 0;
  for (int64_t j = 1; j <= users; j++) {
    weight += log(s->demand) - log((double)(j < s->servers ? j : s->servers));
    sum += (double)j * exp(weight + without[users - j] - g[users]);
  }
  return sum;
}

/* The constants of all stations but one (n: of all), in `into` or `spare`, which are as long, as is `weights`. */
static double *constants_without(const pl_station *s, size_t n, size_t left_out, const double *single, int64_t users, double *into, double *spare,
                                 double *weights)
{
  for (int64_t u = 0; u <= users; u++)
    into[u] = single[u];
  for (size_t i = 0; i < n; i++) {
    if (i == left_out || !is_shared(&s[i]))
      continue;
    convolve(&s[i], users, into, spare, weights);
    double *t = into;
    into = spare;
    spare = t;
  }
  return into;
}

/* Stations of several servers, exactly; the queue at each into waiting. */
static int exactly(const pl_allocator *a, const pl_station *s, size_t n, double think, int64_t users, pl_network *net, double *waiting, double *xs, double *rs)
{
  size_t each = (size_t)users + 1;
  double *memory = pl_alloc_zero(a, ARRAYS * each, sizeof *memory);
  if (!memory)
    return PL_ENOMEM;
  double *single = memory, *weights = memory + each, *others = memory + 4 * each;
  constants_of_single(s, n, think, users, waiting, single);
  const double *all = constants_without(s, n, n, single, users, memory + 2 * each, memory + 3 * each, weights);
  for (size_t i = 0; i < n; i++)
    waiting[i] = is_shared(&s[i]) ? inside(&s[i], users, all, constants_without(s, n, i, single, users, others, others + each, weights)) : 0;
  for (int64_t u = 1; u <= users; u++) {
    net->x = exp(all[u - 1] - all[u]);
    net->r = fmax(0, (double)u / net->x - think);
    for (size_t i = 0; i < n; i++)
      waiting[i] = is_shared(&s[i]) ? waiting[i] : net->x * s[i].demand * (1 + waiting[i]);
    if (xs)
      xs[u - 1] = net->x;
    if (rs)
      rs[u - 1] = net->r;
  }
  pl_free(a, memory, ARRAYS * each * sizeof *memory);
  return PL_OK;
}

int pl_mva(const pl_allocator *a, const pl_station *stations, size_t n, double think, int64_t users, pl_network *out, double *utilisation, double *queue,
           double *xs, double *rs, pl_error *err)
{
  pl_network net = {0};
  bool any;
  int code = check(stations, n, think, users, err);
  if (code)
    return code;
  double *waiting = pl_alloc_zero(a, n, sizeof *waiting);
  if (!waiting)
    return pl_fail(err, PL_ENOMEM, "mean value analysis");
  bounds(stations, n, think, &net);
  net.exact = is_exact_worth(stations, n, users, &any) || !any;
  bool shared = any && net.exact && users > 0;
  if (shared)
    code = exactly(a, stations, n, think, users, &net, waiting, xs, rs);
  else
    mean_values(stations, n, think, users, &net, waiting, xs, rs);
  for (size_t i = 0; i < n && !code; i++) {
    double d = of_server(&stations[i]);
    if (utilisation)
      utilisation[i] = net.x * d;
    if (queue)
      queue[i] = waiting[i] + (shared ? 0 : net.x * (stations[i].demand - d));
  }
  pl_free(a, waiting, n * sizeof *waiting);
  if (code)
    return pl_fail(err, code, "mean value analysis: out of memory");
  *out = net;
  return PL_OK;
}
