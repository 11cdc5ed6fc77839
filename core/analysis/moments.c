/* See moments.h. Differences are halved where whole ones overflow; what overflows none the less stays at DBL_MAX. */
#include "analysis/moments.h"

#include <float.h>
#include <math.h>

/* fmin takes the number where the other is NaN (0 times infinity). */
static double within_range(double x)
{
  return fmin(x, DBL_MAX);
}

bool pl_moments_add(pl_moments *m, double value)
{
  if (!isfinite(value))
    return false;
  double before = m->mean, n = (double)++m->n;
  m->mean = isfinite(value - before) ? before + (value - before) / n : before + (value / n - before / n);
  if (m->n > 1)
    m->squares = within_range(m->squares + within_range((value - before) * (value - m->mean)));
  m->lo = m->n == 1 ? value : fmin(m->lo, value);
  m->hi = m->n == 1 ? value : fmax(m->hi, value);
  return true;
}

void pl_moments_join(pl_moments *m, const pl_moments *other)
{
  if (!other->n)
    return;
  if (!m->n) {
    *m = *other;
    return;
  }
  double n = (double)m->n, k = (double)other->n, share = k / (n + k), apart = other->mean - m->mean;
  m->squares = within_range(m->squares + other->squares);
  if (apart != 0)
    m->squares = within_range(m->squares + within_range(apart * apart * n * share));
  m->mean += isfinite(apart) ? apart * share : other->mean * share - m->mean * share;
  m->n += other->n;
  m->lo = fmin(m->lo, other->lo);
  m->hi = fmax(m->hi, other->hi);
}

double pl_moments_variance(const pl_moments *m)
{
  return m->n > 1 ? m->squares / (double)(m->n - 1) : 0;
}

double pl_moments_deviation(const pl_moments *m)
{
  return sqrt(pl_moments_variance(m));
}

double pl_deviation(const double *values, size_t n)
{
  double largest = 0;
  int power = 0;
  pl_moments m = {0};
  for (size_t i = 0; i < n; i++)
    largest = isfinite(values[i]) ? fmax(largest, fabs(values[i])) : largest;
  (void)frexp(largest, &power);
  for (size_t i = 0; i < n; i++)
    (void)pl_moments_add(&m, ldexp(values[i], -power));
  return within_range(ldexp(pl_moments_deviation(&m), power));
}
