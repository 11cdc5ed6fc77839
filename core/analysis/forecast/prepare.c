/* See prepare.h. Sizes are divided out first (unit), so that differences of the largest doubles are none too large. */
#include "analysis/forecast/prepare.h"

#include <float.h>
#include <math.h>

/* Gaps of z, marked by NaN, between finite values at both ends. */
static void fill(double *z, size_t n)
{
  for (size_t t = 1; t < n; t++) {
    if (!isnan(z[t]))
      continue;
    size_t next = t;
    while (isnan(z[next]))
      next++;
    double step = (z[next] - z[t - 1]) / (double)(next - t + 1);
    for (; t < next; t++)
      z[t] = z[t - 1] + step;
  }
}

static void normalise(pl_prepared *p)
{
  double lo = p->z[0], hi = lo, steps = 0;
  for (size_t t = 1; t < p->n; t++) {
    lo = fmin(lo, p->z[t]);
    hi = fmax(hi, p->z[t]);
    steps += fabs(p->z[t] - p->z[t - 1]) / (double)(p->n - 1);
  }
  p->shift = lo + (hi - lo) / 2;
  p->scale = hi > lo ? fmax(steps, (hi - lo) * 1e-6) : 0;
  for (size_t t = 0; t < p->n && p->scale > 0; t++)
    p->z[t] = (p->z[t] - p->shift) / p->scale;
}

bool pl_prepare(const double *y, size_t n, size_t most, double *z, pl_prepared *p)
{
  size_t first = 0, end = n;
  double unit = 0;
  *p = (pl_prepared){.z = z};
  while (end > 0 && !isfinite(y[end - 1]))
    end--;
  if (end == 0)
    return false;
  first = end > most ? end - most : 0;
  while (!isfinite(y[first]))
    first++;
  p->n = end - first;
  p->ahead = n - end;
  for (size_t t = first; t < end; t++) {
    if (isfinite(y[t]))
      unit = fmax(unit, fabs(y[t]));
  }
  p->unit = unit > 0 ? unit : 1;
  for (size_t t = 0; t < p->n; t++) {
    bool known = isfinite(y[first + t]);
    z[t] = known ? y[first + t] / p->unit : NAN;
    p->missing += !known;
  }
  fill(z, p->n);
  normalise(p);
  return true;
}

void pl_prepare_season(pl_prepared *p, const double *y, size_t n, const double *shape, size_t m)
{
  const double *from = y + (n - p->ahead - p->n);
  if (!p->missing)
    return;
  for (size_t t = 0; t < p->n; t++)
    p->z[t] = isfinite(from[t]) ? p->z[t] - shape[t % m] : NAN;
  fill(p->z, p->n);
  for (size_t t = 0; t < p->n; t++)
    p->z[t] += shape[t % m];
}

double pl_prepared_value(const pl_prepared *p, double z)
{
  double v = (p->shift + z * p->scale) * p->unit;
  return fmin(fmax(v, -DBL_MAX), DBL_MAX);
}
