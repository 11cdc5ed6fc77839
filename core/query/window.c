/* See window.h. Sums are compensated as in Prometheus, so that results agree to the last digits. */
#include "query/window.h"

#include <math.h>
#include <stdlib.h>

#include "query/vector.h"

static double absent(void)
{
  double v;
  memcpy(&v, &PL_STALE_BITS, sizeof v);
  return v;
}

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

static double increase_of(const pl_window *w, bool is_counter)
{
  double sum = w->values[w->n - 1] - w->values[0];
  if (!is_counter || !w->falls)
    return sum;
  for (size_t i = 1; i < w->n; i++) {
    if (w->values[i] < w->values[i - 1])
      sum += w->values[i - 1];
  }
  return sum;
}

/* The difference between first and last sample, extended to the ends of the range: whole where a sample is near enough to an end, else by
 * half of the mean distance of samples; a counter never to before its zero. */
static double extrapolate(const pl_window *w, bool is_counter, bool by_second)
{
  if (w->n < 2)
    return absent();
  double change = increase_of(w, is_counter), sampled = seconds(w->times_ns[w->n - 1] - w->times_ns[0]), distance = sampled / (double)(w->n - 1);
  double to_start = seconds(w->times_ns[0] - w->from_ns), to_end = seconds(w->to_ns - w->times_ns[w->n - 1]), threshold = distance * 1.1;
  if (to_start >= threshold)
    to_start = distance / 2;
  if (is_counter && change > 0 && w->values[0] >= 0) {
    double to_zero = sampled * (w->values[0] / change);
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
    return absent();
  double last = w->values[w->n - 1], before = w->values[w->n - 2];
  return (last < before ? last : last - before) / seconds(w->times_ns[w->n - 1] - w->times_ns[w->n - 2]);
}

/* The slope of the least squares line. */
static double deriv(const pl_window *w)
{
  pl_kahan x = {0}, y = {0}, xy = {0}, xx = {0};
  bool constant = true;
  double n = (double)w->n;
  if (w->n < 2)
    return absent();
  for (size_t i = 0; i < w->n; i++) {
    double t = seconds(w->times_ns[i] - w->times_ns[0]), v = w->values[i];
    constant = constant && v == w->values[0];
    pl_kahan_add(&x, t);
    pl_kahan_add(&y, v);
    pl_kahan_add(&xy, t * v);
    pl_kahan_add(&xx, t * t);
  }
  if (constant)
    return isinf(w->values[0]) ? NAN : 0;
  double sum_x = x.sum + x.lost, sum_y = y.sum + y.lost;
  return (xy.sum + xy.lost - sum_x * sum_y / n) / (xx.sum + xx.lost - sum_x * sum_x / n);
}

static double changes(const pl_window *w)
{
  double n = 0;
  for (size_t i = 1; i < w->n; i++)
    n += w->values[i] != w->values[i - 1] && !(isnan(w->values[i]) && isnan(w->values[i - 1]));
  return n;
}

static double resets(const pl_window *w)
{
  double n = 0;
  for (size_t i = 1; i < w->n; i++)
    n += w->values[i] < w->values[i - 1];
  return n;
}

/* ---- Over time -------------------------------------------------------------------------------- */

static double avg_over(const pl_window *w)
{
  pl_mean m = {.n = 0};
  for (size_t i = 0; i < w->n; i++)
    pl_mean_add(&m, w->values[i]);
  return pl_mean_value(&m);
}

static double sum_over(const pl_window *w)
{
  pl_kahan k = {0};
  for (size_t i = 0; i < w->n; i++)
    pl_kahan_add(&k, w->values[i]);
  return pl_kahan_total(&k);
}

static double min_over(const pl_window *w)
{
  double least = w->values[0];
  for (size_t i = 1; i < w->n; i++)
    least = w->values[i] < least || isnan(least) ? w->values[i] : least;
  return least;
}

static double max_over(const pl_window *w)
{
  double most = w->values[0];
  for (size_t i = 1; i < w->n; i++)
    most = w->values[i] > most || isnan(most) ? w->values[i] : most;
  return most;
}

static double count_over(const pl_window *w)
{
  return (double)w->n;
}

static double last_over(const pl_window *w)
{
  return w->values[w->n - 1];
}

static double present_over(const pl_window *w)
{
  (void)w;
  return 1;
}

static double stdvar_over(const pl_window *w)
{
  pl_kahan mean = {0}, squares = {0};
  for (size_t i = 0; i < w->n; i++) {
    double off = w->values[i] - (mean.sum + mean.lost);
    pl_kahan_add(&mean, off / (double)(i + 1));
    pl_kahan_add(&squares, off * (w->values[i] - (mean.sum + mean.lost)));
  }
  return (squares.sum + squares.lost) / (double)w->n;
}

static double stddev_over(const pl_window *w)
{
  return sqrt(stdvar_over(w));
}

static double quantile_over(const pl_window *w)
{
  memcpy(w->scratch, w->values, w->n * sizeof *w->scratch);
  return pl_quantile_between(w->param, w->scratch, w->n);
}

pl_window_fn pl_window_function(enum pl_function_id id)
{
  static const pl_window_fn functions[] = {
      [PL_FN_RATE] = rate, [PL_FN_INCREASE] = increase, [PL_FN_DELTA] = delta, [PL_FN_IRATE] = irate, [PL_FN_DERIV] = deriv, [PL_FN_CHANGES] = changes,
      [PL_FN_RESETS] = resets, [PL_FN_AVG_OVER] = avg_over, [PL_FN_SUM_OVER] = sum_over, [PL_FN_MIN_OVER] = min_over, [PL_FN_MAX_OVER] = max_over,
      [PL_FN_COUNT_OVER] = count_over, [PL_FN_LAST_OVER] = last_over, [PL_FN_PRESENT_OVER] = present_over, [PL_FN_STDDEV_OVER] = stddev_over,
      [PL_FN_STDVAR_OVER] = stdvar_over, [PL_FN_QUANTILE_OVER] = quantile_over,
  };
  return (size_t)id < sizeof functions / sizeof *functions ? functions[id] : NULL;
}
