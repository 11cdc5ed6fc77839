/* Half-overlapping windows are divided where the energy statistic is largest, as long as a t-test agrees; of all points that were found weak ones are then taken
 * away, and those behind them tested again over what joins. Values are divided by the largest, so that no sum overflows. */
#include "analysis/change/divisive.h"

#include <math.h>

#include "analysis/student.h"
#include "base/error.h"

typedef struct divisive {
  const pl_allocator *alloc;
  const pl_divisive *o;
  double *x;       /* n: parts of the largest */
  size_t n;
  size_t *points;  /* n + 2: what was found, in order, between 0 and n */
  size_t n_points; /* without these */
  size_t *inside;  /* of a window, as points */
  double *row;     /* window: see best_in */
  double *column;  /* window */
} divisive;

typedef struct moments {
  double n, mean, variance; /* of all */
} moments;

static moments moments_of(const double *x, size_t from, size_t to)
{
  moments m = {.n = (double)(to - from)};
  for (size_t i = from; i < to; i++)
    m.mean += x[i];
  m.mean /= m.n;
  for (size_t i = from; i < to; i++)
    m.variance += (x[i] - m.mean) * (x[i] - m.mean);
  m.variance /= m.n;
  return m;
}

/* Student's t-test; Otava gives it the deviation of all where that of a sample belongs. */
static double p_of(const double *x, size_t from, size_t at, size_t to)
{
  moments a = moments_of(x, from, at), b = moments_of(x, at, to);
  double df = a.n + b.n - 2;
  if (df <= 0)
    return 1;
  double pooled = ((a.n - 1) * a.variance + (b.n - 1) * b.variance) / df;
  double se = sqrt(pooled * (1 / a.n + 1 / b.n));
  if (!(se > 0))
    return a.mean == b.mean ? 1 : 0;
  return fmin(1, 2 * pl_student_cdf(-fabs((a.mean - b.mean) / se), df));
}

/* ---- One window ------------------------------------------------------------------------------------- */

typedef struct candidate {
  size_t at;
  double q;
} candidate;

/* The place in [from, to) with the largest statistic, over all places where what follows may end. row: the sum of each value's distances to those before
 * the place; column: of its distances to those before it, from the place on. */
static candidate best_in(const divisive *d, size_t from, size_t to)
{
  candidate best = {0, -HUGE_VAL};
  const double *x = d->x + from;
  size_t len = to - from;
  double before = 0; /* over pairs in front of the place */
  for (size_t i = 0; i < len; i++) {
    d->row[i] = d->column[i] = 0;
    for (size_t k = 0; k < i; k++)
      d->column[i] += fabs(x[i] - x[k]);
  }
  for (size_t at = 1; at < len; at++) {
    before += d->row[at - 1];
    double n = (double)at, between = 0, after = 0;
    for (size_t i = at; i < len; i++) {
      double m = (double)(i + 1 - at), far = fabs(x[i] - x[at - 1]);
      d->row[i] += far;
      d->column[i] -= far;
      between += d->row[i];
      after += d->column[i];
      double q = 2 / (m + n) * between - (n > 1 ? 2 * m / ((m + n) * (n - 1)) * before : 0) - (m > 1 ? 2 * n / ((m + n) * (m - 1)) * after : 0);
      if (q > best.q)
        best = (candidate){from + at, q};
    }
  }
  return best;
}

static void insert(size_t *points, size_t n, size_t place, size_t value)
{
  for (size_t i = n; i > place; i--)
    points[i] = points[i - 1];
  points[place] = value;
}

/* Divides [from, to) as long as the best place is one; inside[0] = from, the points, to. How many points. */
static size_t divide(const divisive *d, size_t from, size_t to, double p_most)
{
  size_t n = 2;
  d->inside[0] = from;
  d->inside[1] = to;
  for (;;) {
    candidate best = {0, -HUGE_VAL};
    size_t place = 0;
    for (size_t k = 1; k < n; k++) {
      candidate c = best_in(d, d->inside[k - 1], d->inside[k]);
      if (c.at && c.q > best.q) {
        best = c;
        place = k;
      }
    }
    if (!best.at || p_of(d->x, d->inside[place - 1], best.at, d->inside[place]) > p_most)
      return n - 2;
    insert(d->inside, n++, place, best.at);
  }
}

/* ---- All of them ------------------------------------------------------------------------------------ */

/* False: it was stopped. */
static bool split(divisive *d)
{
  double most = d->o->max_pvalue, weak = most < 0.05 ? 10 * most : most < 0.5 ? 2 * most : most;
  d->points[0] = 0;
  d->points[1] = d->n;
  for (size_t start = 0; start < d->n;) {
    if (pl_change_is_stopped(&d->o->ask))
      return false;
    size_t end = start + d->o->window < d->n ? start + d->o->window : d->n, next = start + d->o->window / 2;
    size_t found = divide(d, start, end, weak);
    for (size_t k = 1; k <= found; k++) {
      size_t place = d->n_points + 1;
      while (d->points[place - 1] > d->inside[k])
        place--;
      if (d->points[place - 1] != d->inside[k])
        insert(d->points, d->n_points++ + 2, place, d->inside[k]);
    }
    start = found && d->inside[found] > next ? d->inside[found] : next;
  }
  return true;
}

static double magnitude(const divisive *d, size_t k)
{
  double a = moments_of(d->x, d->points[k - 1], d->points[k]).mean, b = moments_of(d->x, d->points[k], d->points[k + 1]).mean;
  if (a == b)
    return 0;
  return a == 0 || b == 0 ? HUGE_VAL : fmax(fabs(b / a - 1), fabs(a / b - 1));
}

/* The point to be taken away: of the largest p, if that is too large, else of the least change, if that is too small; 0: none. */
static size_t weakest(const divisive *d, const double *p, const double *size)
{
  size_t by_p = 0, by_size = 0;
  for (size_t k = 1; k <= d->n_points; k++) {
    by_p = !by_p || p[k] > p[by_p] ? k : by_p;
    by_size = !by_size || size[k] < size[by_size] ? k : by_size;
  }
  if (by_p && p[by_p] >= d->o->max_pvalue)
    return by_p;
  return by_size && size[by_size] <= d->o->min_magnitude ? by_size : 0;
}

static void test(const divisive *d, double *p, double *size, size_t k)
{
  if (k < 1 || k > d->n_points)
    return;
  p[k] = p_of(d->x, d->points[k - 1], d->points[k], d->points[k + 1]);
  size[k] = magnitude(d, k);
}

/* Takes weak points away; p and size have room for n_points + 2. */
static void merge(divisive *d, double *p, double *size)
{
  for (size_t k = 1; k <= d->n_points; k++)
    test(d, p, size, k);
  for (size_t k; (k = weakest(d, p, size)) != 0;) {
    for (size_t i = k; i <= d->n_points; i++) {
      d->points[i] = d->points[i + 1];
      p[i] = p[i + 1];
      size[i] = size[i + 1];
    }
    d->n_points--;
    test(d, p, size, k); /* the one before keeps its p, as in Otava */
    test(d, p, size, k + 1);
  }
}

/* ---- The whole -------------------------------------------------------------------------------------- */

static int take(divisive *d, const double *x, size_t n, double *scale, pl_error *err)
{
  double most = 0, last = NAN;
  for (size_t i = 0; i < n; i++) {
    if (isinf(x[i]))
      return pl_fail(err, PL_EINVAL, "value %zu is infinite", i + 1);
    if (!isnan(x[i]) && isnan(last))
      last = x[i];
    most = fabs(x[i]) > most ? fabs(x[i]) : most;
  }
  *scale = most > 0 ? most : 1;
  for (size_t i = 0; i < n; i++) {
    last = isnan(x[i]) ? last : x[i];
    d->x[i] = (isnan(last) ? 0 : last) / *scale;
  }
  return PL_OK;
}

static int tell(const divisive *d, double scale, const double *p, pl_changes *out, pl_error *err)
{
  for (size_t k = 1; k <= d->n_points; k++) {
    pl_change c = {.index = d->points[k]};
    const size_t *at = d->points + k;
    pl_change_measure(d->x + at[-1], at[0] - at[-1], d->x + at[0], at[1] - at[0], 1, &c);
    pl_change_scale(&c, scale);
    c.p = p[k];
    if (!pl_changes_add(out, &c))
      return pl_fail(err, PL_ENOMEM, "out of memory for changes");
  }
  return PL_OK;
}

static int find(divisive *d, const double *x, pl_changes *out, pl_error *err)
{
  double scale = 1;
  int code = take(d, x, d->n, &scale, err);
  if (code)
    return code;
  if (!split(d))
    return pl_fail(err, PL_ECANCELED, "the search for changes was cancelled");
  size_t bytes = (d->n_points + 2) * sizeof(double);
  double *p = pl_alloc_zero(d->alloc, d->n_points + 2, sizeof *p), *size = pl_alloc_zero(d->alloc, d->n_points + 2, sizeof *size);
  if (p && size)
    merge(d, p, size);
  code = p && size ? tell(d, scale, p, out, err) : pl_fail(err, PL_ENOMEM, "out of memory for changes");
  pl_free(d->alloc, p, bytes);
  pl_free(d->alloc, size, bytes);
  return code;
}

int pl_divisive_find(const pl_allocator *a, const double *x, size_t n, const pl_divisive *o, pl_changes *out, pl_error *err)
{
  *out = (pl_changes){.alloc = a};
  if (o->window < 2 || o->window > PL_DIVISIVE_WINDOW_MOST || !(o->max_pvalue >= 0 && o->max_pvalue <= 1) || !(o->min_magnitude >= 0))
    return pl_fail(err, PL_EINVAL, "a window has 2 to %d values, a p-value is 0 to 1, a magnitude 0 or more", PL_DIVISIVE_WINDOW_MOST);
  if (n > PL_CHANGES_VALUES)
    return pl_fail(err, PL_ELIMIT, "a history has at most %d values", PL_CHANGES_VALUES);
  if (n == 0)
    return PL_OK;
  divisive d = {.alloc = a, .o = o, .n = n};
  size_t places = (n + 2) * sizeof *d.points, window = (o->window + 2) * sizeof *d.inside;
  d.x = pl_alloc(a, n * sizeof *d.x);
  d.points = pl_alloc(a, places);
  d.inside = pl_alloc(a, window);
  d.row = pl_alloc(a, o->window * sizeof *d.row);
  d.column = pl_alloc(a, o->window * sizeof *d.column);
  int code = d.x && d.points && d.inside && d.row && d.column ? find(&d, x, out, err) : pl_fail(err, PL_ENOMEM, "out of memory for a history");
  pl_free(a, d.x, n * sizeof *d.x);
  pl_free(a, d.points, places);
  pl_free(a, d.inside, window);
  pl_free(a, d.row, o->window * sizeof *d.row);
  pl_free(a, d.column, o->window * sizeof *d.column);
  if (code)
    pl_changes_fini(out);
  return code;
}
