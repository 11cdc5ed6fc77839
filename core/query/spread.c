/* Quantiles are resampled as shares: of each second it is counted how many of its values lie at or below the whole's quantile; the
 * interval of the share is inverted through the whole distribution (Woodruff 1952). */
#include "query/spread.h"

#include <math.h>
#include <string.h>

#include "analysis/bootstrap.h"
#include "analysis/steady.h"
#include "analysis/warmup.h"
#include "base/error.h"

enum { QUANTILES_MAX = 8, SECONDS_MAX = 7 * 86400, SERIES_MAX = 20000 };

/* What was read, by second of the grid. */
typedef struct spread_table {
  const pl_allocator *alloc;
  const pl_spread_range *range;
  size_t seconds, n;
  uint64_t threshold[QUANTILES_MAX];
  double *cells;        /* by second: count, sum, then of each quantile how many lie at or below it */
  int64_t *series;
  size_t n_series, cap_series;
  pl_error *err;
} spread_table;

static int no_memory(pl_error *err)
{
  return pl_fail(err, PL_ENOMEM, "out of memory for the seconds of a load");
}

static double *row_of(const spread_table *t, size_t second)
{
  return t->cells + second * (2 + t->n);
}

static bool is_wanted(const spread_table *t, const pl_series_info *info)
{
  for (size_t i = 0; i < info->n_labels; i++) {
    for (size_t k = 0; k < t->range->n_scenarios && pl_str_eqc(info->labels[i].name, "scenario"); k++) {
      if (pl_str_eq(info->labels[i].value, t->range->scenarios[k]))
        return true;
    }
  }
  return false;
}

static int on_series(void *user, const pl_series_info *info)
{
  spread_table *t = user;
  if (!is_wanted(t, info) || info->kind != PL_SERIES_DIST)
    return 0;
  if (t->n_series == SERIES_MAX)
    return pl_fail(t->err, PL_ELIMIT, "intervals of a load of more than %d series: fewer labels make fewer", SERIES_MAX);
  if (!pl_reach(t->alloc, (void **)&t->series, &t->cap_series, t->n_series, sizeof *t->series))
    return PL_ENOMEM;
  t->series[t->n_series++] = info->id;
  return 0;
}

static int on_dist(void *user, int64_t ts_ms, const pl_hist *h)
{
  spread_table *t = user;
  size_t second = (size_t)((ts_ms - t->range->start_ms) / 1000);
  if (ts_ms < t->range->start_ms || second >= t->seconds)
    return 0;
  double *row = row_of(t, second);
  row[0] += (double)h->count;
  row[1] += pl_hist_mean(h) * (double)h->count;
  for (size_t i = 0; i < t->n; i++)
    row[2 + i] += (double)pl_hist_count_at_most(h, t->threshold[i]);
  return 0;
}

static int fill(spread_table *t, pl_reader *reader, int64_t run)
{
  const pl_spread_range *g = t->range;
  int code = pl_reader_series(reader, g->metric, NULL, 0, run, on_series, t, t->err);
  for (size_t i = 0; i < t->n_series && !code; i++)
    code = pl_reader_dists(reader, t->series[i], run, 1, g->from_ms, g->to_ms, on_dist, t, t->err);
  return code == PL_ENOMEM ? no_memory(t->err) : code;
}

/* Column c of the seconds that have data, into out; how many those are. */
static size_t column(const spread_table *t, size_t c, double *out)
{
  size_t n = 0;
  for (size_t s = 0; s < t->seconds; s++) {
    const double *row = row_of(t, s);
    if (row[0] > 0)
      out[n++] = c == 1 ? row[1] / row[0] : row[c];
  }
  return n;
}

static void find_interval(const pl_hist *whole, const double *below, const double *all, size_t n, pl_spread_quantile *q)
{
  pl_interval share;
  if ((double)whole->count * (1 - q->p) < 10 - 1e-9 || !pl_bootstrap_ratio(below, all, n, 0.95, &share))
    return;
  q->known = true;
  q->few_seconds = share.too_few;
  q->lo = pl_hist_quantile(whole, fmax(0, q->p - (share.value - share.at_least)));
  q->hi = pl_hist_quantile(whole, fmin(1, q->p + (share.at_most - share.value)));
}

/* What of the seconds' means is no steady level. PL_ENOMEM. */
static int follow(const pl_allocator *a, const double *means, size_t n, pl_spread *out)
{
  pl_trend trend;
  double mean = 0;
  out->warmup = pl_warmup(means, n, &out->unsettled);
  out->change = out->change_p = NAN;
  for (size_t i = 0; i < n; i++)
    mean += means[i] / (double)n;
  int code = n < 10 || !(mean > 0) ? PL_EINVAL : pl_trend_of(a, means, n, &trend);
  if (!code) {
    out->change = trend.change / mean;
    out->change_p = trend.p;
  }
  return code == PL_ENOMEM ? code : PL_OK;
}

static int judge(const spread_table *t, const pl_hist *whole, pl_spread_quantile *q, double *all, double *values, pl_spread *out)
{
  size_t n = column(t, 1, values);
  *out = (pl_spread){.seconds = n, .lag1 = n < 10 ? NAN : pl_autocorrelation(values, n, 1), .kpss = pl_kpss(values, n)};
  if (follow(t->alloc, values, n, out))
    return no_memory(t->err);
  (void)column(t, 0, all);
  for (size_t i = 0; i < t->n; i++) {
    (void)column(t, 2 + i, values);
    find_interval(whole, values, all, n, &q[i]);
  }
  return PL_OK;
}

int pl_spread_read(const pl_allocator *a, pl_reader *reader, int64_t run, const pl_spread_range *range, const pl_hist *whole,
                   pl_spread_quantile *q, size_t n, pl_spread *out, pl_error *err)
{
  int64_t seconds = (range->to_ms - range->start_ms) / 1000 + 1;
  if (n > QUANTILES_MAX || seconds < 1 || seconds > SECONDS_MAX)
    return pl_fail(err, PL_EINVAL, "intervals of %zu quantiles of %lld s: at most %d of %d s", n, (long long)seconds, QUANTILES_MAX, SECONDS_MAX);
  spread_table t = {.alloc = a, .range = range, .seconds = (size_t)seconds, .n = n, .err = err};
  for (size_t i = 0; i < n; i++) {
    q[i] = (pl_spread_quantile){.p = q[i].p};
    t.threshold[i] = whole->count ? pl_hist_quantile(whole, q[i].p) : 0;
  }
  t.cells = pl_alloc_zero(a, t.seconds * (2 + n), sizeof *t.cells);
  double *all = pl_alloc(a, t.seconds * sizeof *all), *values = pl_alloc(a, t.seconds * sizeof *values);
  int code = t.cells && all && values ? fill(&t, reader, run) : no_memory(err);
  if (!code)
    code = judge(&t, whole, q, all, values, out);
  pl_free(a, t.series, t.cap_series * sizeof *t.series);
  pl_free(a, t.cells, t.seconds * (2 + n) * sizeof *t.cells);
  pl_free(a, all, t.seconds * sizeof *all);
  pl_free(a, values, t.seconds * sizeof *values);
  return code;
}
