/* See window.h. Sums are compensated as in Prometheus, so that results agree to the last digits. */
#include "query/window.h"

#include <math.h>
#include <stdlib.h>

#include "query/vector.h"

/* ---- Numbers ---------------------------------------------------------------------------------- */

void pl_kahan_add(pl_kahan *k, double number)
{
  double total = k->sum + number;
  if (isinf(total))
    k->lost = 0;
  else if (fabs(k->sum) >= fabs(number))
    k->lost += (k->sum - total) + number;
  else
    k->lost += (number - total) + k->sum;
  k->sum = total;
}

double pl_kahan_total(const pl_kahan *k)
{
  return isinf(k->sum) ? k->sum : k->sum + k->lost;
}

void pl_mean_add(pl_mean *m, double number)
{
  m->n++;
  if (m->n == 1) {
    m->sum.sum = number;
    return;
  }
  if (!m->incremental) {
    pl_kahan longer = m->sum;
    pl_kahan_add(&longer, number);
    if (!isinf(longer.sum)) {
      m->sum = longer;
      return;
    }
    m->incremental = true;
    m->sum.sum /= m->n - 1;
    m->sum.lost /= m->n - 1;
  }
  double rest = (m->n - 1) / m->n;
  pl_kahan mean = {rest * m->sum.sum, rest * m->sum.lost};
  pl_kahan_add(&mean, number / m->n);
  m->sum = mean;
}

double pl_mean_value(const pl_mean *m)
{
  return m->incremental ? m->sum.sum + m->sum.lost : m->sum.sum / m->n + m->sum.lost / m->n;
}

/* NaN is below all others. */
static int by_value(const void *a_, const void *b_)
{
  double a = *(const double *)a_, b = *(const double *)b_;
  if (isnan(a) || isnan(b))
    return !isnan(a) - !isnan(b);
  return a < b ? -1 : a > b;
}

double pl_quantile_between(double p, double *numbers, size_t n)
{
  if (n == 0 || isnan(p))
    return NAN;
  if (p < 0 || p > 1)
    return p < 0 ? -INFINITY : INFINITY;
  qsort(numbers, n, sizeof *numbers, by_value);
  double rank = p * (double)(n - 1), weight = rank - floor(rank);
  size_t lower = (size_t)rank, upper = lower + 1 < n ? lower + 1 : n - 1;
  return weight == 0 ? numbers[lower] : numbers[lower] * (1 - weight) + numbers[upper] * weight;
}

/* ---- Rates ------------------------------------------------------------------------------------ */

static double seconds(int64_t ns)
{
  return (double)ns / 1e9;
}

/* The sample before sample i of a piece; the first one of all is before itself. */
static double value_before(const pl_window *w, const pl_piece *p, size_t i)
{
  return i ? p->values[i - 1] : w->n ? w->last : p->values[0];
}

/* Adds up what counters had when they began anew. */
static void add_falls(pl_window *w, const pl_piece *p)
{
  if (!p->falls && w->n == 0)
    return;
  double before = value_before(w, p, 0);
  for (size_t i = 0; i < p->n; i++) {
    if (p->values[i] < before)
      w->number += before;
    before = p->values[i];
  }
}

/* The difference between first and last sample, extended to the ends of the range: whole where a sample is near enough to an end, else by
 * half of the mean distance of samples; a counter never to before its zero. */
static double extrapolate(const pl_window *w, bool is_counter, bool by_second)
{
  if (w->n < 2)
    return pl_stale();
  double change = w->last - w->first + w->number, sampled = seconds(w->last_ns - w->first_ns), distance = sampled / (double)(w->n - 1);
  double to_start = seconds(w->first_ns - w->from_ns), to_end = seconds(w->to_ns - w->last_ns), threshold = distance * 1.1;
  if (to_start >= threshold)
    to_start = distance / 2;
  if (is_counter && change > 0 && w->first >= 0) {
    double to_zero = sampled * (w->first / change);
    to_start = to_zero < to_start ? to_zero : to_start;
  }
  if (to_end >= threshold)
    to_end = distance / 2;
  double factor = (sampled + to_start + to_end) / sampled;
  return change * (by_second ? factor / seconds(w->to_ns - w->from_ns) : factor);
}

static double rate(const pl_window *w)
{
  return extrapolate(w, true, true);
}

static double increase(const pl_window *w)
{
  return extrapolate(w, true, false);
}

static double delta(const pl_window *w)
{
  return extrapolate(w, false, false);
}

static double irate(const pl_window *w)
{
  if (w->n < 2)
    return pl_stale();
  return (w->last < w->before ? w->last : w->last - w->before) / seconds(w->last_ns - w->before_ns);
}

enum { SUM_X, SUM_Y, SUM_XY, SUM_XX };

static void add_to_line(pl_window *w, const pl_piece *p)
{
  for (size_t i = 0; i < p->n; i++) {
    double t = seconds(p->times_ns[i] - w->first_ns), v = p->values[i];
    w->varies = w->varies || v != w->first;
    pl_kahan_add(&w->sums[SUM_X], t);
    pl_kahan_add(&w->sums[SUM_Y], v);
    pl_kahan_add(&w->sums[SUM_XY], t * v);
    pl_kahan_add(&w->sums[SUM_XX], t * t);
  }
}

/* The slope of the least squares line. */
static double deriv(const pl_window *w)
{
  double n = (double)w->n, total[4];
  if (w->n < 2)
    return pl_stale();
  if (!w->varies)
    return isinf(w->first) ? NAN : 0;
  for (size_t i = 0; i < 4; i++)
    total[i] = w->sums[i].sum + w->sums[i].lost;
  return (total[SUM_XY] - total[SUM_X] * total[SUM_Y] / n) / (total[SUM_XX] - total[SUM_X] * total[SUM_X] / n);
}

static void add_changes(pl_window *w, const pl_piece *p)
{
  double before = value_before(w, p, 0);
  for (size_t i = 0; i < p->n; i++) {
    w->number += p->values[i] != before && !(isnan(p->values[i]) && isnan(before));
    before = p->values[i];
  }
}

static void add_resets(pl_window *w, const pl_piece *p)
{
  double before = value_before(w, p, 0);
  for (size_t i = 0; i < p->n; i++) {
    w->number += p->values[i] < before;
    before = p->values[i];
  }
}

static double number(const pl_window *w)
{
  return w->number;
}

/* ---- Over time -------------------------------------------------------------------------------- */

static void add_to_mean(pl_window *w, const pl_piece *p)
{
  for (size_t i = 0; i < p->n; i++)
    pl_mean_add(&w->mean, p->values[i]);
}

static double mean(const pl_window *w)
{
  return pl_mean_value(&w->mean);
}

static void add_to_sum(pl_window *w, const pl_piece *p)
{
  for (size_t i = 0; i < p->n; i++)
    pl_kahan_add(&w->sums[0], p->values[i]);
}

static double sum(const pl_window *w)
{
  return pl_kahan_total(&w->sums[0]);
}

static void add_to_least(pl_window *w, const pl_piece *p)
{
  double least = w->n ? w->number : p->values[0];
  for (size_t i = 0; i < p->n; i++)
    least = p->values[i] < least || isnan(least) ? p->values[i] : least;
  w->number = least;
}

static void add_to_most(pl_window *w, const pl_piece *p)
{
  double most = w->n ? w->number : p->values[0];
  for (size_t i = 0; i < p->n; i++)
    most = p->values[i] > most || isnan(most) ? p->values[i] : most;
  w->number = most;
}

static double count(const pl_window *w)
{
  return (double)w->n;
}

static double last(const pl_window *w)
{
  return w->last;
}

static double present(const pl_window *w)
{
  (void)w;
  return 1;
}

enum { SUM_MEAN, SUM_SQUARES };

static void add_deviations(pl_window *w, const pl_piece *p)
{
  pl_kahan *centre = &w->sums[SUM_MEAN];
  for (size_t i = 0; i < p->n; i++) {
    double off = p->values[i] - (centre->sum + centre->lost);
    pl_kahan_add(centre, off / (double)(w->n + i + 1));
    pl_kahan_add(&w->sums[SUM_SQUARES], off * (p->values[i] - (centre->sum + centre->lost)));
  }
}

static double stdvar(const pl_window *w)
{
  return (w->sums[SUM_SQUARES].sum + w->sums[SUM_SQUARES].lost) / (double)w->n;
}

static double stddev(const pl_window *w)
{
  return sqrt(stdvar(w));
}

static void take_quantile(pl_window *w, const pl_piece *p)
{
  memcpy(w->scratch, p->values, p->n * sizeof *w->scratch);
  w->number = pl_quantile_between(w->param, w->scratch, p->n);
}

/* ---- All of them ------------------------------------------------------------------------------ */

const pl_window_function *pl_window_function_of(enum pl_function_id id)
{
  static const pl_window_function functions[] = {
      [PL_FN_RATE] = {add_falls, rate, false},
      [PL_FN_INCREASE] = {add_falls, increase, false},
      [PL_FN_DELTA] = {NULL, delta, false},
      [PL_FN_IRATE] = {NULL, irate, false},
      [PL_FN_DERIV] = {add_to_line, deriv, false},
      [PL_FN_CHANGES] = {add_changes, number, false},
      [PL_FN_RESETS] = {add_resets, number, false},
      [PL_FN_AVG_OVER] = {add_to_mean, mean, false},
      [PL_FN_SUM_OVER] = {add_to_sum, sum, false},
      [PL_FN_MIN_OVER] = {add_to_least, number, false},
      [PL_FN_MAX_OVER] = {add_to_most, number, false},
      [PL_FN_COUNT_OVER] = {NULL, count, false},
      [PL_FN_LAST_OVER] = {NULL, last, false},
      [PL_FN_PRESENT_OVER] = {NULL, present, false},
      [PL_FN_STDDEV_OVER] = {add_deviations, stddev, false},
      [PL_FN_STDVAR_OVER] = {add_deviations, stdvar, false},
      [PL_FN_QUANTILE_OVER] = {take_quantile, number, true},
  };
  return (size_t)id < sizeof functions / sizeof *functions ? &functions[id] : NULL;
}

void pl_window_add(pl_window *w, const pl_window_function *f, const pl_piece *p)
{
  size_t end = p->n - 1;
  if (w->n == 0) {
    w->first_ns = p->times_ns[0];
    w->first = p->values[0];
  }
  if (f->add)
    f->add(w, p);
  w->before_ns = end ? p->times_ns[end - 1] : w->last_ns;
  w->before = end ? p->values[end - 1] : w->last;
  w->last_ns = p->times_ns[end];
  w->last = p->values[end];
  w->n += p->n;
}
