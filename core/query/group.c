/* See group.h. Histograms are nanoseconds, values are base units (seconds). */
#include "query/group.h"

#include <math.h>
#include <string.h>

void pl_tally_init(pl_tally *t)
{
  *t = (pl_tally){.min = INFINITY, .max = -INFINITY};
}

void pl_tally_fini(pl_tally *t, const pl_allocator *a)
{
  if (t->hist) {
    pl_hist_fini(t->hist);
    pl_free(a, t->hist, sizeof *t->hist);
  }
  pl_tally_init(t);
}

void pl_tally_clear(pl_tally *t)
{
  pl_hist *h = t->hist;
  pl_tally_init(t);
  t->hist = h;
  if (h)
    pl_hist_clear(h);
}

int pl_tally_add_hist(pl_tally *t, const pl_hist *h, const pl_allocator *a)
{
  if (!t->hist) {
    t->hist = pl_alloc(a, sizeof *t->hist);
    if (!t->hist)
      return PL_ENOMEM;
    pl_hist_init(t->hist, a);
  }
  return pl_hist_add(t->hist, h);
}

int pl_tally_add(pl_tally *into, const pl_tally *from, const pl_allocator *a)
{
  into->part += from->part;
  into->all += from->all;
  into->sum += from->sum;
  into->min = fmin(into->min, from->min);
  into->max = fmax(into->max, from->max);
  into->n += from->n;
  into->seconds += from->seconds;
  return from->hist && from->hist->count ? pl_tally_add_hist(into, from->hist, a) : PL_OK;
}

static bool dist_value(const pl_hist *h, const pl_expr *e, unsigned seconds, double *out)
{
  if (!h || !h->count)
    return false;
  switch (e->aggregate) {
  case PL_AGG_QUANTILE:
    *out = (double)pl_hist_quantile(h, e->p) / 1e9;
    return true;
  case PL_AGG_MEAN:
    *out = pl_hist_mean(h) / 1e9;
    return true;
  case PL_AGG_MIN:
    *out = (double)h->min / 1e9;
    return true;
  case PL_AGG_MAX:
    *out = (double)h->max / 1e9;
    return true;
  case PL_AGG_COUNT:
    *out = (double)h->count;
    return true;
  case PL_AGG_RATE:
    *out = (double)h->count / (seconds ? seconds : 1);
    return true;
  default:
    return false;
  }
}

static bool gauge_value(const pl_tally *t, const pl_expr *e, double last, double *out)
{
  if (!t->n)
    return false;
  switch (e->aggregate) {
  case PL_AGG_MIN:
    *out = t->min;
    break;
  case PL_AGG_MAX:
    *out = t->max;
    break;
  case PL_AGG_LAST:
    *out = last;
    break;
  case PL_AGG_SUM:
    *out = t->sum;
    break;
  case PL_AGG_COUNT:
    *out = (double)t->n;
    break;
  default:
    *out = t->sum / (double)t->n;
  }
  return true;
}

bool pl_tally_value(const pl_tally *t, const pl_expr *e, double last, double *out)
{
  switch (e->metric.kind) {
  case PL_METRIC_DIST:
    return dist_value(t->hist, e, t->seconds, out);
  case PL_METRIC_COUNTER:
    if (!t->seconds || !t->n)
      return false;
    *out = e->aggregate == PL_AGG_RATE ? t->all / t->seconds : t->all;
    return true;
  case PL_METRIC_SHARE:
    if (!(t->all > 0))
      return false;
    *out = t->part / t->all;
    return true;
  case PL_METRIC_GAUGE:
  case PL_METRIC_UNUSED:
    break;
  }
  return gauge_value(t, e, last, out);
}

uint64_t pl_tally_samples(const pl_tally *t, const pl_expr *e)
{
  if (e->metric.kind == PL_METRIC_DIST)
    return t->hist ? t->hist->count : 0;
  if (e->metric.kind == PL_METRIC_SHARE && e->metric.of_load)
    return (uint64_t)t->all;
  return t->n;
}
