/* See replicas.h. */
#include "analysis/rightsize/replicas.h"

#include <math.h>

#define MOST 1e9

double pl_normal_quantile(double p)
{
  if (!(p > 0 && p < 1))
    return NAN;
  double q = p - 0.5;
  if (fabs(q) <= 0.425) {
    double r = 0.180625 - q * q;
    return q * (((5.9109374720e1 * r + 1.5929113202e2) * r + 5.0434271938e1) * r + 3.3871327179e0) /
           (((6.7187563600e1 * r + 7.8757757664e1) * r + 1.7895169469e1) * r + 1);
  }
  double r = sqrt(-log(q < 0 ? p : 1 - p)), z;
  if (r <= 5) {
    r -= 1.6;
    z = (((1.7023821103e-1 * r + 1.3067284816e0) * r + 2.7568153900e0) * r + 1.4234372777e0) / ((1.2021132975e-1 * r + 7.3700164250e-1) * r + 1);
  } else {
    r -= 5;
    z = (((1.7337203997e-2 * r + 4.2868294337e-1) * r + 3.0812263860e0) * r + 6.6579051150e0) / ((1.2258202635e-2 * r + 2.4197894225e-1) * r + 1);
  }
  return q < 0 ? -z : z;
}

/* One standard error on the side of hi, or of lo; bounds at the value are none. */
static double spread_of(pl_bounded b, bool upper)
{
  double side = upper ? b.hi - b.value : b.value - b.lo;
  double z = pl_normal_quantile((1 + b.level) / 2);
  return side > 0 && z > 0 ? side / z : 0;
}

static bool carries(double n, double c, double sc, double d, double sd, double z)
{
  return n * c - d >= z * sqrt(sd * sd + n * n * sc * sc);
}

/* The root where so many carry just enough: (c^2 - z^2 sc^2) n^2 - 2 c d n + d^2 - z^2 sd^2 = 0. */
static double least_of(double c, double sc, double d, double sd, double z)
{
  double a = c * c - z * z * sc * sc, rest = d * d - z * z * sd * sd;
  double root = c * c * d * d - a * rest;
  double n = ceil((c * d + sqrt(root > 0 ? root : 0)) / a - 1e-9);
  while (n > 1 && n < MOST && carries(n - 1, c, sc, d, sd, z))
    n--;
  while (n < MOST && !carries(n, c, sc, d, sd, z))
    n++;
  return n < 1 ? 1 : n;
}

static double normal_cdf(double z)
{
  return 0.5 * erfc(-z / sqrt(2));
}

pl_replicas pl_replicas_for(pl_bounded demand, pl_bounded per_replica, double headroom, int32_t survive, double chance)
{
  pl_replicas out = {.known = false};
  if (!isfinite(demand.value) || !(per_replica.value > 0) || !isfinite(per_replica.value) || !(headroom >= 0) || !isfinite(headroom) || survive < 0 ||
      !(chance >= 0.5 && chance < 1))
    return out;
  double z = pl_normal_quantile(chance), sd = spread_of(demand, true), sc = spread_of(per_replica, false);
  out.demand = demand.value + z * sd;
  out.capacity = per_replica.value - z * sc;
  if (!(out.capacity > 0) || !isfinite(out.demand))
    return out;
  double d = demand.value * (1 + headroom), spread = sd * (1 + headroom);
  if (d / out.capacity > MOST / 2 || spread * z / out.capacity > MOST / 2)
    return out;
  double n = d + z * spread <= 0 ? 1 : least_of(per_replica.value, sc, d, spread, z);
  double error = sqrt(spread * spread + n * n * sc * sc);
  out.chance = error > 0 ? normal_cdf((n * per_replica.value - d) / error) : 1;
  out.needed = (int32_t)n;
  out.replicas = (int32_t)n + survive;
  out.known = survive < MOST;
  return out;
}
