/* See tally.h. Histograms are nanoseconds, values are base units (seconds). */
#include "query/tally.h"

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
  pl_ranks_fini(&t->ranks, a);
  pl_tally_init(t);
}

void pl_tally_clear(pl_tally *t)
{
  pl_hist *h = t->hist;
  pl_ranks ranks = t->ranks;
  pl_tally_init(t);
  t->hist = h;
  t->ranks = ranks;
  pl_ranks_clear(&t->ranks);
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

int pl_tally_add_value(pl_tally *t, double value, bool keep, const pl_allocator *a)
{
  int code = keep ? pl_ranks_add(&t->ranks, value, 1, a) : PL_OK;
  if (code)
    return code;
  t->n_values++;
  t->sum += value;
  t->min = fmin(t->min, value);
  t->max = fmax(t->max, value);
  t->last = value;
  return PL_OK;
}

int pl_tally_add(pl_tally *into, const pl_tally *from, const pl_allocator *a)
{
  int code = pl_ranks_join(&into->ranks, &from->ranks, a);
  if (code)
    return code;
  into->part += from->part;
  into->all += from->all;
  into->n += from->n;
  into->covered_s += from->covered_s;
  into->sum += from->sum;
  into->min = fmin(into->min, from->min);
  into->max = fmax(into->max, from->max);
  into->last = from->n_values ? from->last : into->last;
  into->n_values += from->n_values;
  return from->hist && from->hist->count ? pl_tally_add_hist(into, from->hist, a) : PL_OK;
}

static bool dist_value(const pl_tally *t, const pl_expr *e, double *out)
{
  const pl_hist *h = t->hist;
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
    *out = (double)h->count / t->covered_s;
    return t->covered_s > 0;
  default:
    return false;
  }
}

/* What is rounded never leaves the values' range. */
static double quantile_of(const pl_tally *t, double p)
{
  if (p <= 0 || p >= 1)
    return p <= 0 ? t->min : t->max;
  return fmin(t->max, fmax(t->min, pl_ranks_quantile(&t->ranks, p)));
}

static bool values_value(const pl_tally *t, const pl_expr *e, double *out)
{
  if (!t->n_values)
    return false;
  switch (e->aggregate) {
  case PL_AGG_QUANTILE:
    *out = quantile_of(t, e->p);
    break;
  case PL_AGG_MIN:
    *out = t->min;
    break;
  case PL_AGG_MAX:
    *out = t->max;
    break;
  case PL_AGG_LAST:
    *out = t->last;
    break;
  case PL_AGG_SUM:
    *out = t->sum;
    break;
  case PL_AGG_COUNT:
    *out = (double)t->n_values;
    break;
  default:
    *out = t->sum / (double)t->n_values;
  }
  return true;
}

bool pl_tally_value(const pl_tally *t, const pl_expr *e, double *out)
{
  switch (e->metric.kind) {
  case PL_METRIC_DIST:
    return dist_value(t, e, out);
  case PL_METRIC_COUNTER:
    if (!t->n || (e->aggregate == PL_AGG_RATE && !(t->covered_s > 0)))
      return false;
    *out = e->aggregate == PL_AGG_RATE ? t->all / t->covered_s : t->all;
    return true;
  case PL_METRIC_SHARE:
    if (e->aggregate != PL_AGG_RATIO)
      break;
    *out = t->all > 0 ? t->part / t->all : 0;
    return t->all > 0;
  case PL_METRIC_GAUGE:
  case PL_METRIC_UNUSED:
    break;
  }
  return values_value(t, e, out);
}

uint64_t pl_tally_samples(const pl_tally *t, const pl_expr *e)
{
  if (e->metric.kind == PL_METRIC_DIST)
    return t->hist ? t->hist->count : 0;
  if (e->metric.kind == PL_METRIC_SHARE && e->metric.of_load)
    return (uint64_t)t->all;
  return t->n;
}
