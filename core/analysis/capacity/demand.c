/* A line through utilisation over throughput. */
#include "analysis/capacity/demand.h"

#include <math.h>

#include "analysis/student.h"

typedef struct moments {
  double x, u, xx, xu, uu; /* means; then sums of squared deviations */
} moments;

static moments of(const double *x, const double *u, size_t n)
{
  moments m = {0};
  for (size_t i = 0; i < n; i++) {
    double dx = x[i] - m.x, du = u[i] - m.u, k = (double)(i + 1);
    m.x += dx / k;
    m.u += du / k;
    m.xx += dx * (x[i] - m.x);
    m.uu += du * (u[i] - m.u);
    m.xu += dx * (u[i] - m.u);
  }
  return m;
}

static double end_of(double ceiling, const moments *m, double slope)
{
  if (m->u >= ceiling)
    return m->x;
  return slope > 0 ? m->x + (ceiling - m->u) / slope : INFINITY;
}

static int check(const double *x, const double *u, size_t n, double level, double ceiling, pl_error *err)
{
  bool moved = false;
  if (!n)
    return pl_fail(err, PL_EINVAL, "there are no values");
  if (!(level > 0 && level < 1) || !(ceiling > 0))
    return pl_fail(err, PL_EINVAL, "a level of %g and a ceiling of %g; the one lies between 0 and 1, the other is above 0", level, ceiling);
  for (size_t i = 0; i < n; i++) {
    if (!(x[i] >= 0 && isfinite(x[i]) && u[i] >= 0 && isfinite(u[i])))
      return pl_fail(err, PL_EINVAL, "value %zu: a throughput of %g, a utilisation of %g; both are 0 or more", i + 1, x[i], u[i]);
    moved = moved || x[i] > 0;
  }
  return moved ? PL_OK : pl_fail(err, PL_EINVAL, "the throughput is 0 everywhere");
}

int pl_demand_fit(const double *x, const double *u, size_t n, double level, double ceiling, pl_demand *out, pl_error *err)
{
  int code = check(x, u, n, level, ceiling, err);
  if (code)
    return code;
  moments m = of(x, u, n);
  pl_demand d = {.demand_lo = NAN, .demand_hi = NAN, .x_max_lo = NAN, .x_max_hi = NAN, .r2 = NAN};
  d.varied = n > 1 && sqrt(m.xx / (double)(n - 1)) > 0.05 * m.x;
  d.demand = d.varied ? m.xu / m.xx : m.u / m.x;
  d.idle = d.varied ? m.u - d.demand * m.x : 0;
  d.x_max = end_of(ceiling, &m, d.demand);
  if (d.varied && m.uu > 0)
    d.r2 = m.xu * m.xu / (m.xx * m.uu);
  if (n >= 3) {
    /* Without variation of the load the ratio's spread is that of the utilisation over the mean load. */
    double rest = d.varied ? fmax(0, m.uu - d.demand * m.xu) / (double)(n - 2) / m.xx : m.uu / (double)(n - 1) / (double)n / (m.x * m.x);
    double half = pl_student_quantile((1 + level) / 2, (double)(d.varied ? n - 2 : n - 1)) * sqrt(rest);
    d.demand_lo = d.demand - half;
    d.demand_hi = d.demand + half;
    d.x_max_lo = end_of(ceiling, &m, d.demand_hi);
    d.x_max_hi = end_of(ceiling, &m, d.demand_lo);
  }
  *out = d;
  return PL_OK;
}

size_t pl_first_to_end(const pl_demand *demands, size_t n)
{
  size_t first = n;
  for (size_t i = 0; i < n; i++)
    if (isfinite(demands[i].x_max) && (first == n || demands[i].x_max < demands[first].x_max))
      first = i;
  return first;
}
