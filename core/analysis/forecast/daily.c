/* See daily.h. */
#include "analysis/forecast/daily.h"

#include <math.h>

#include "analysis/forecast/median.h"

static const double day_s = 86400;

/* One figure of a day's values, which are put into another order. */
static double figure(double *x, size_t n, pl_daily_kind kind)
{
  double sum = 0, least = INFINITY, most = -INFINITY;
  if (kind == PL_DAILY_P95)
    return pl_quantile_in(x, n, 0.95);
  for (size_t i = 0; i < n; i++) {
    sum += x[i] / (double)n;
    least = fmin(least, x[i]);
    most = fmax(most, x[i]);
  }
  return kind == PL_DAILY_MEAN ? sum : kind == PL_DAILY_MAX ? most : least;
}

/* Fills days[count], the first of which begins at `first`. */
static void fill_days(const pl_grid *g, pl_daily_kind kind, double first, double *days, size_t count, double *scratch)
{
  size_t i = 0, enough = (size_t)ceil(day_s / g->step / 2);
  for (size_t d = 0; d < count; d++) {
    size_t kept = 0;
    /* Half a step of tolerance at midnight would move values to another day; a thousandth takes up rounding. */
    for (; i < g->n && g->start + (double)i * g->step < first + ((double)d + 1) * day_s - g->step / 1000; i++)
      if (!isnan(g->y[i]))
        scratch[kept++] = g->y[i];
    days[d] = kept >= enough && kept > 0 ? figure(scratch, kept, kind) : NAN;
  }
}

/* Leaves out days without a value at both ends; false: there is no other. */
static bool trim(pl_grid *g)
{
  size_t from = 0, to = g->n;
  while (from < to && isnan(g->y[from]))
    from++;
  while (to > from && isnan(g->y[to - 1]))
    to--;
  for (size_t i = from; i < to; i++)
    g->y[i - from] = g->y[i];
  g->start += (double)from * day_s;
  g->n = to - from;
  for (size_t i = 0; i < g->n; i++)
    g->missing += isnan(g->y[i]) ? 1 : 0;
  return g->n > 0;
}

int pl_daily(const pl_allocator *a, const pl_grid *g, pl_daily_kind kind, double offset_s, pl_grid *out)
{
  if (g->n == 0 || !(g->step > 0 && g->step <= day_s))
    return PL_EINVAL;
  double first = floor((g->start + offset_s) / day_s) * day_s - offset_s;
  size_t count = (size_t)(floor((g->start + (double)(g->n - 1) * g->step - first) / day_s) + 1);
  double *days = pl_alloc(a, count * sizeof *days), *scratch = pl_alloc(a, g->n * sizeof *scratch);
  pl_grid found = {.y = days, .n = count, .start = first, .step = day_s};
  int code = PL_ENOMEM;
  if (days && scratch) {
    fill_days(g, kind, first, days, count, scratch);
    code = trim(&found) ? PL_OK : PL_EINVAL;
  }
  pl_free(a, scratch, g->n * sizeof *scratch);
  /* What pl_grid_free gives back has the grid's own length. */
  double *exact = code == PL_OK ? pl_realloc(a, days, count * sizeof *days, found.n * sizeof *days) : NULL;
  if (!exact) {
    pl_free(a, days, count * sizeof *days);
    return code ? code : PL_ENOMEM;
  }
  found.y = exact;
  *out = found;
  return PL_OK;
}
