/* See grid.h. Stamps are sorted once; each later pass is linear. */
#include "analysis/forecast/grid.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/forecast/median.h"

typedef struct point {
  double time, value;
} point;

static int by_time(const void *a, const void *b)
{
  const point *x = a, *y = b;
  if (x->time != y->time)
    return x->time < y->time ? -1 : 1;
  return (x->value > y->value) - (x->value < y->value);
}

/* The finite ones of n values, sorted; how many they are. */
static size_t sorted_points(const double *time, const double *value, size_t n, point *out)
{
  size_t kept = 0;
  for (size_t i = 0; i < n; i++)
    if (isfinite(time[i]) && isfinite(value[i]))
      out[kept++] = (point){time[i], value[i]};
  qsort(out, kept, sizeof *out, by_time);
  return kept;
}

/* The median spacing of different stamps; scratch[n]. 0: there is only one. */
static double median_spacing(const point *p, size_t n, double *scratch)
{
  size_t kept = 0;
  for (size_t i = 1; i < n; i++)
    if (p[i].time > p[i - 1].time)
      scratch[kept++] = p[i].time - p[i - 1].time;
  return kept ? pl_quantile_in(scratch, kept, 0.5) : 0;
}

/* The step that the whole span says: a stamp counts as many steps after the one before it as round to. */
static double refined(const point *p, size_t n, double step)
{
  double cells = 0, last = p[0].time;
  for (size_t i = 1; i < n; i++) {
    double steps = round((p[i].time - last) / step);
    if (steps < 1)
      continue;
    cells += steps;
    last = p[i].time;
  }
  double fine = cells > 0 ? (last - p[0].time) / cells : step;
  double whole = round(fine);
  return whole >= 1 && fabs(fine - whole) < 0.001 * whole ? whole : fine;
}

/* Where the first cell lies: the median distance of stamps from a grid through the first. */
static double phase(const point *p, size_t n, double step, double *scratch)
{
  for (size_t i = 0; i < n; i++) {
    double at = (p[i].time - p[0].time) / step;
    scratch[i] = (at - round(at)) * step;
  }
  return p[0].time + pl_median_in(scratch, n);
}

/* Puts the points into out->y, which is all NaN; count[n] is zero. */
static void place(const point *p, size_t n, pl_grid *out, unsigned *count)
{
  for (size_t i = 0; i < n; i++) {
    double at = round((p[i].time - out->start) / out->step);
    size_t cell = at < 0 ? 0 : (size_t)at >= out->n ? out->n - 1 : (size_t)at;
    if (count[cell]++ == 0)
      out->y[cell] = p[i].value;
    else
      out->y[cell] += p[i].value / count[cell] - out->y[cell] / count[cell]; /* no difference of the largest doubles */
    out->repeated += count[cell] > 1;
  }
  for (size_t i = 0; i < out->n; i++)
    out->missing += count[i] == 0;
}

static int lay_out(const pl_allocator *a, const point *p, size_t n, double step, double *scratch, pl_grid *out)
{
  double spacing = step > 0 ? step : median_spacing(p, n, scratch);
  if (n == 0 || !(spacing > 0))
    return PL_EINVAL;
  pl_grid g = {.step = step > 0 ? step : refined(p, n, spacing), .ignored = out->ignored};
  g.start = phase(p, n, g.step, scratch);
  double cells = round((p[n - 1].time - g.start) / g.step) + 1;
  if (!(cells <= PL_GRID_MAX))
    return PL_ELIMIT;
  g.n = cells < 1 ? 1 : (size_t)cells;
  g.y = pl_alloc(a, g.n * sizeof *g.y);
  unsigned *count = pl_alloc_zero(a, g.n, sizeof *count);
  if (g.y && count) {
    for (size_t i = 0; i < g.n; i++)
      g.y[i] = NAN;
    place(p, n, &g, count);
    *out = g;
  } else {
    pl_free(a, g.y, g.n * sizeof *g.y);
  }
  pl_free(a, count, g.n * sizeof *count);
  return out->y ? PL_OK : PL_ENOMEM;
}

int pl_grid_of(const pl_allocator *a, const double *time, const double *value, size_t n, double step, pl_grid *out)
{
  if (n == 0)
    return PL_EINVAL;
  point *p = pl_alloc(a, n * sizeof *p);
  double *scratch = pl_alloc(a, n * sizeof *scratch);
  pl_grid g = {0};
  int code = PL_ENOMEM;
  if (p && scratch) {
    size_t kept = sorted_points(time, value, n, p);
    g.ignored = n - kept;
    code = lay_out(a, p, kept, step, scratch, &g);
  }
  pl_free(a, scratch, n * sizeof *scratch);
  pl_free(a, p, n * sizeof *p);
  if (code == PL_OK)
    *out = g;
  return code;
}

void pl_grid_free(const pl_allocator *a, pl_grid *g)
{
  pl_free(a, g->y, g->n * sizeof *g->y);
  memset(g, 0, sizeof *g);
}
