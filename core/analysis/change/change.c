/* The list of changes, and what one is. Sums are of values divided by the largest, so that they never overflow. */
#include "analysis/change/change.h"

#include <math.h>

#include "analysis/student.h"

bool pl_changes_add(pl_changes *c, const pl_change *change)
{
  if (!pl_reach(c->alloc, (void **)&c->list, &c->cap, c->n, sizeof *c->list))
    return false;
  c->list[c->n++] = *change;
  return true;
}

void pl_changes_fini(pl_changes *c)
{
  if (c->alloc)
    pl_free(c->alloc, c->list, c->cap * sizeof *c->list);
  *c = (pl_changes){0};
}

static double largest(const double *x, size_t n, double most)
{
  for (size_t i = 0; i < n; i++)
    most = fabs(x[i]) > most ? fabs(x[i]) : most;
  return most;
}

static double mean_of(const double *x, size_t n, double scale)
{
  double sum = 0;
  for (size_t i = 0; i < n; i++)
    sum += x[i] / scale;
  return n ? sum / (double)n : 0;
}

/* Of the scaled values, with n - 1. */
static double variance_of(const double *x, size_t n, double scale, double mean)
{
  double sum = 0;
  for (size_t i = 0; i < n; i++) {
    double d = x[i] / scale - mean;
    sum += d * d;
  }
  return n > 1 ? sum / (double)(n - 1) : 0;
}

/* A finite number, whatever was multiplied. */
static double held(double v)
{
  return v > 1e308 ? 1e308 : v < -1e308 ? -1e308 : v;
}

void pl_change_measure(const double *before, size_t n_before, const double *after, size_t n_after, double independent, pl_change *out)
{
  double scale = largest(after, n_after, largest(before, n_before, 0));
  scale = scale > 0 ? scale : 1;
  double a = mean_of(before, n_before, scale), b = mean_of(after, n_after, scale);
  double va = variance_of(before, n_before, scale, a), vb = variance_of(after, n_after, scale, b);
  double na = fmax(1, (double)n_before * independent), nb = fmax(1, (double)n_after * independent);
  double d = b - a, se = sqrt(va / na + vb / nb), reach = 0;
  out->p = d == 0 ? 1 : 0;
  if (se > 0 && na >= 1.5 && nb >= 1.5) {
    size_t ka = na < 2 ? 2 : (size_t)na, kb = nb < 2 ? 2 : (size_t)nb;
    double df = pl_welch_freedom(va, ka, vb, kb);
    out->p = fmin(1, 2 * pl_student_cdf(-fabs(d / se), df));
    reach = se * pl_student_quantile(0.975, df);
  }
  out->before = a * scale;
  out->after = b * scale;
  out->effect = held(d * scale);
  out->relative = a != 0 ? held(d / fabs(a)) : 0;
  out->lo = held((d - reach) * scale);
  out->hi = held((d + reach) * scale);
}
