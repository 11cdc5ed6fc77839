/* See replicas.h. */
#include "analysis/rightsize/replicas.h"

#include <math.h>

#include "analysis/normal.h"

#define MOST 1e9

/* One standard error on the side of hi, or of lo; bounds at the value are none. */
static double spread_of(pl_bounded b, bool upper)
{
  double side = upper ? b.hi - b.value : b.value - b.lo;
  double z = pl_normal_inverse((1 + b.level) / 2);
  return side > 0 && z > 0 ? side / z : 0;
}

/* All in units of what one replica carries: numbers of any size keep their squares finite. */
static bool carries(double n, double sc, double d, double sd, double z)
{
  return n - d >= z * sqrt(sd * sd + n * n * sc * sc);
}

/* The root where so many carry just enough: (1 - z^2 sc^2) n^2 - 2 d n + d^2 - z^2 sd^2 = 0. */
static double least_of(double sc, double d, double sd, double z)
{
  double a = 1 - z * z * sc * sc, rest = d * d - z * z * sd * sd;
  double root = d * d - a * rest;
  double n = ceil((d + sqrt(root > 0 ? root : 0)) / a - 1e-9);
  while (n > 1 && n < MOST && carries(n - 1, sc, d, sd, z))
    n--;
  while (n < MOST && !carries(n, sc, d, sd, z))
    n++;
  return n < 1 ? 1 : n;
}

pl_replicas pl_replicas_for(pl_bounded demand, pl_bounded per_replica, double headroom, int32_t survive, double chance)
{
  pl_replicas out = {.known = false};
  if (!isfinite(demand.value) || !(per_replica.value > 0) || !isfinite(per_replica.value) || !(headroom >= 0) || !isfinite(headroom) || survive < 0 || survive >= MOST ||
      !(chance >= 0.5 && chance < 1))
    return out;
  double z = pl_normal_inverse(chance), sd = spread_of(demand, true), sc = spread_of(per_replica, false);
  out.demand = demand.value + z * sd;
  out.capacity = per_replica.value - z * sc;
  if (!(out.capacity > 0) || !isfinite(out.demand))
    return out;
  double c = per_replica.value, d = demand.value / c * (1 + headroom), spread = sd / c * (1 + headroom), each = sc / c, left = out.capacity / c;
  if (!(d / left <= MOST / 2) || !(spread * z / left <= MOST / 2))
    return out;
  double n = d + z * spread <= 0 ? 1 : least_of(each, d, spread, z);
  double error = sqrt(spread * spread + n * n * each * each);
  out.chance = error > 0 ? pl_normal_cdf((n - d) / error) : 1;
  out.needed = (int32_t)n;
  out.replicas = (int32_t)n + survive;
  out.known = true;
  return out;
}
