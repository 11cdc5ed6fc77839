/* The list of changes, and what one is. Sums are of values divided by the largest, so that they never overflow. */
#include "analysis/change/change.h"

#include <math.h>
#include <stdlib.h>

#include "analysis/student.h"

enum { FEW = 5 /* independent values; fewer do not know their own variance, if there are so many in all: else one may be of the other side */ };

bool pl_changes_add(pl_changes *c, const pl_change *change)
{
  if (!pl_reach(c->alloc, (void **)&c->list, &c->cap, c->n, sizeof *c->list))
    return false;
  c->list[c->n++] = *change;
  return true;
}

static int by_index(const void *a, const void *b)
{
  size_t i = ((const pl_change *)a)->index, j = ((const pl_change *)b)->index;
  return (i > j) - (i < j);
}

void pl_changes_sort(pl_changes *c)
{
  if (c->n > 1)
    qsort(c->list, c->n, sizeof *c->list, by_index);
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

void pl_change_scale(pl_change *c, double scale)
{
  c->before = held(c->before * scale);
  c->after = held(c->after * scale);
  c->effect = held(c->effect * scale);
  c->lo = held(c->lo * scale);
  c->hi = held(c->hi * scale);
  c->noise = held(c->noise * scale);
  c->slope_before = held(c->slope_before * scale);
  c->slope_after = held(c->slope_after * scale);
}

/* One side's figure: its value, the square of its standard error, and how many independent values that rests on. */
typedef struct side {
  double value, variance, n;
} side;

/* Welch's degrees of freedom; 0: too few values. */
static double freedom_of(side a, side b)
{
  size_t ka = a.n < 2 ? 2 : (size_t)a.n, kb = b.n < 2 ? 2 : (size_t)b.n;
  return a.n >= 1.5 && b.n >= 1.5 ? pl_welch_freedom(a.variance * a.n, ka, b.variance * b.n, kb) : 0;
}

/* Fills in the rest of a change from both sides, in parts of `scale`; df 0: nothing is known of its spread. Gives how many standard errors the effect is. */
static double tell(side a, side b, double df, double scale, pl_change *out)
{
  double d = b.value - a.value, se = sqrt(a.variance + b.variance), reach = 0;
  out->p = d == 0 ? 1 : 0;
  if (se > 0 && df > 0) {
    out->p = fmin(1, 2 * pl_student_cdf(-fabs(d / se), df));
    reach = se * pl_student_quantile(0.975, df);
  }
  out->before = held(a.value * scale);
  out->after = held(b.value * scale);
  out->effect = held(d * scale);
  out->relative = a.value != 0 ? held(d / fabs(a.value)) : 0;
  out->lo = held((d - reach) * scale);
  out->hi = held((d + reach) * scale);
  return d == 0 ? 0 : se > 0 ? fabs(d) / se : HUGE_VAL;
}

/* The standard deviation of what leaves these sums of squares, by so many degrees of freedom; of fewer than one 0. */
static double noise_of(double squares, double freedom, double scale)
{
  return freedom >= 1 ? held(sqrt(squares / freedom) * scale) : 0;
}

static double scale_of(const double *before, size_t n_before, const double *after, size_t n_after)
{
  double scale = largest(after, n_after, largest(before, n_before, 0));
  return scale > 0 ? scale : 1;
}

void pl_change_measure(const double *before, size_t n_before, const double *after, size_t n_after, double independent, pl_change *out)
{
  double scale = scale_of(before, n_before, after, n_after);
  side a = {mean_of(before, n_before, scale), 0, fmax(1, (double)n_before * independent)};
  side b = {mean_of(after, n_after, scale), 0, fmax(1, (double)n_after * independent)};
  double va = variance_of(before, n_before, scale, a.value), vb = variance_of(after, n_after, scale, b.value);
  double squares = va * (double)(n_before - (n_before > 0)) + vb * (double)(n_after - (n_after > 0)), pooled = (double)n_before + (double)n_after - 2;
  bool one = n_before >= FEW && n_after >= FEW && fmin(a.n, b.n) < FEW;
  if (one)
    va = vb = squares / pooled;
  a.variance = va / a.n;
  b.variance = vb / b.n;
  double df = one ? fmax(1, a.n + b.n - 2) : freedom_of(a, b);
  out->kind = PL_CHANGE_LEVEL;
  out->lines = false;
  out->slope_before = out->slope_after = 0;
  out->noise = noise_of(squares, pooled, scale);
  (void)tell(a, b, df, scale, out);
}

/* A line by least squares through x[n]: its value half a step beyond the end, or before the begin, and its slope. Gives the sum of squares about it. */
static double line_of(const double *x, size_t n, double scale, double independent, bool at_end, side *value, side *slope)
{
  double size = (double)n, middle = (size - 1) / 2, mean = mean_of(x, n, scale), spread = size * (size * size - 1) / 12, squares = 0, far = size / 2;
  *slope = (side){0, 0, fmax(1, (size - 1) * independent)};
  for (size_t i = 0; i < n; i++)
    slope->value += ((double)i - middle) * (x[i] / scale) / spread;
  for (size_t i = 0; i < n; i++) {
    double d = x[i] / scale - mean - slope->value * ((double)i - middle);
    squares += d * d;
  }
  double variance = n > 2 ? squares / (size - 2) / independent : 0;
  slope->variance = variance / spread;
  *value = (side){mean + (at_end ? far : -far) * slope->value, variance * (1 / size + far * far / spread), slope->n};
  return squares;
}

void pl_change_measure_lines(const double *before, size_t n_before, const double *after, size_t n_after, double independent, pl_change *out)
{
  double scale = scale_of(before, n_before, after, n_after);
  side a, b, slope_a, slope_b;
  double squares = line_of(before, n_before, scale, independent, true, &a, &slope_a);
  squares += line_of(after, n_after, scale, independent, false, &b, &slope_b);
  pl_change trend = *out;
  double step = tell(a, b, freedom_of(a, b), scale, out), bend = tell(slope_a, slope_b, freedom_of(slope_a, slope_b), scale, &trend);
  out->kind = PL_CHANGE_LEVEL;
  if (bend > step) {
    *out = trend;
    out->kind = PL_CHANGE_TREND;
  }
  out->lines = true;
  out->noise = noise_of(squares, (double)n_before + (double)n_after - 4, scale);
  out->slope_before = held(slope_a.value * scale);
  out->slope_after = held(slope_b.value * scale);
}

/* The root of the mean square, and its variance by the fourth moment (the delta method). */
static side spread_of(const double *x, size_t n, double scale, double independent)
{
  double squares = 0, fourth = 0;
  for (size_t i = 0; i < n; i++) {
    double d = x[i] / scale;
    squares += d * d / (double)n;
    fourth += d * d * d * d / (double)n;
  }
  side s = {sqrt(squares), 0, fmax(1, (double)n * independent)};
  s.variance = squares > 0 ? fmax(0, fourth - squares * squares) / (4 * squares * s.n) : 0;
  return s;
}

void pl_change_measure_spread(const double *before, size_t n_before, const double *after, size_t n_after, double independent, pl_change *out)
{
  double scale = scale_of(before, n_before, after, n_after), p = out->p;
  side a = spread_of(before, n_before, scale, independent), b = spread_of(after, n_after, scale, independent);
  (void)tell(a, b, freedom_of(a, b), scale, out);
  out->kind = PL_CHANGE_SPREAD;
  out->noise = 0;
  out->p = p;
}
