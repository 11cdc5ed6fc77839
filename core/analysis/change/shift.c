/* Values become standard ones (log, season, outliers), a model is chosen, and its changes are measured on the values themselves, as they then are. */
#include "analysis/change/shift.h"

#include <math.h>
#include <string.h>

#include "analysis/change/cycle.h"
#include "analysis/change/long_cycle.h"
#include "analysis/change/spread.h"
#include "analysis/gaps.h"
#include "base/error.h"

enum { AROUND = 3 /* values on each side of a local median */, WIDTH = 2 * AROUND + 1 };

#define NORMAL_MAD 1.482602218505602 /* standard deviation over median absolute deviation, of a normal law */
#define P_MOST 0.01                  /* of a change about which there is noise */
#define ROUNDING 1e-18               /* of squares */
#define DRAWN_IN 3.0                 /* standard deviations that an outlier counts as */

typedef struct shift {
  const pl_allocator *alloc;
  size_t room, n;  /* values; those that are there */
  double *x;       /* as they were, without season, outliers drawn in */
  double *y;       /* standard */
  double *work;    /* 3 room */
  double *grid;    /* 2 room: values with gaps, and with those filled, where seasons are looked for */
  size_t *at;      /* their index */
  double unit;     /* y is in parts of it, where it is no logarithm */
  bool logs;
  pl_change_model model;
  size_t *spare;   /* room for the cuts of another one */
} shift;

/* ---- Memory ----------------------------------------------------------------------------------------- */

static size_t work_of(size_t n)
{
  return (2 * n + (n > PL_CYCLE_MOST ? n : PL_CYCLE_MOST)) * sizeof(double);
}

static void shift_fini(shift *s)
{
  pl_free(s->alloc, s->x, s->room * sizeof *s->x);
  pl_free(s->alloc, s->y, s->room * sizeof *s->y);
  pl_free(s->alloc, s->work, work_of(s->room));
  pl_free(s->alloc, s->grid, 2 * s->room * sizeof *s->grid);
  pl_free(s->alloc, s->at, s->room * sizeof *s->at);
  pl_free(s->alloc, s->model.cuts, (s->room + 1) * sizeof *s->model.cuts);
  pl_free(s->alloc, s->spare, (s->room + 1) * sizeof *s->spare);
}

static bool shift_init(shift *s, const pl_allocator *a, size_t n)
{
  *s = (shift){.alloc = a, .room = n};
  s->x = pl_alloc(a, n * sizeof *s->x);
  s->y = pl_alloc(a, n * sizeof *s->y);
  s->work = pl_alloc(a, work_of(n));
  s->grid = pl_alloc(a, 2 * n * sizeof *s->grid);
  s->at = pl_alloc(a, n * sizeof *s->at);
  s->model.cuts = pl_alloc(a, (n + 1) * sizeof *s->model.cuts);
  s->spare = pl_alloc(a, (n + 1) * sizeof *s->spare);
  if (s->x && s->y && s->work && s->grid && s->at && s->model.cuts && s->spare)
    return true;
  shift_fini(s);
  return false;
}

/* ---- Standard values -------------------------------------------------------------------------------- */

/* Finds the values that are there, the largest, and whether all are above 0. */
static int take(shift *s, const double *x, size_t n, pl_error *err)
{
  double most = 0;
  s->logs = true;
  for (size_t i = 0; i < n; i++) {
    if (isnan(x[i]))
      continue;
    if (isinf(x[i]))
      return pl_fail(err, PL_EINVAL, "value %zu is infinite", i + 1);
    s->at[s->n++] = i;
    s->logs &= x[i] > 0;
    most = fabs(x[i]) > most ? fabs(x[i]) : most;
  }
  s->unit = most > 0 ? most : 1;
  return PL_OK;
}

/* Values follow where their standard form became another one. */
static void follow(shift *s, size_t i, double y)
{
  if (y == s->y[i])
    return;
  s->y[i] = y;
  s->x[i] = s->logs ? fmin(exp(y), 1.7e308) : fmax(-1.7e308, fmin(y * s->unit, 1.7e308));
}

/* Takes seasons off y[n]; whether there were any. */
static bool take_seasons(double *y, size_t n, double *work)
{
  size_t m = pl_cycle_find(y, n, work);
  if (m)
    pl_cycle_take(y, n, m, work);
  size_t longer = pl_long_cycle_find(y, n, work);
  if (longer)
    pl_cycle_take(y, n, longer, work);
  return m || longer;
}

/* Where values are missing, those behind them would lose step: a season is taken off all of the time, and what is missing is as on a line, or a season before
 * or behind. */
static void take_season(shift *s)
{
  size_t first = s->at[0], span = s->at[s->n - 1] - first + 1;
  double *open = s->grid, *full = s->grid + s->room;
  for (size_t i = 0; i < span; i++)
    open[i] = NAN;
  for (size_t i = 0; i < s->n; i++)
    open[s->at[i] - first] = s->y[i];
  if (pl_gaps_fill(open, span, 0, full) > 0)
    pl_gaps_fill(open, span, pl_cycle_find(full, span, s->work), full);
  if (!take_seasons(full, span, s->work))
    return;
  for (size_t i = 0; i < s->n; i++) {
    s->y[i] = full[s->at[i] - first];
    s->x[i] = s->logs ? fmin(exp(s->y[i]), 1.7e308) : s->y[i] * s->unit;
  }
}

/* The k-th smallest of v[n], which is put in some other order (Hoare's selection). */
static double kth(double *v, size_t n, size_t k)
{
  size_t lo = 0, hi = n - 1;
  while (lo < hi) {
    double pivot = v[lo + (hi - lo) / 2];
    size_t i = lo, j = hi;
    for (;;) {
      while (v[i] < pivot)
        i++;
      while (v[j] > pivot)
        j--;
      if (i >= j)
        break;
      double t = v[i];
      v[i++] = v[j];
      v[j--] = t;
    }
    size_t split = v[j] > pivot ? j - 1 : j; /* all up to it are at most the pivot */
    if (k <= split)
      hi = split;
    else
      lo = split + 1;
  }
  return v[k];
}

/* The median of v[n], a few. */
static double middle_of(const double *v, size_t n)
{
  double sorted[WIDTH];
  for (size_t i = 0; i < n; i++) {
    size_t j = i;
    for (; j > 0 && sorted[j - 1] > v[i]; j--)
      sorted[j] = sorted[j - 1];
    sorted[j] = v[i];
  }
  return sorted[n / 2];
}

/* Of as many values at both ends: three outliers there are no level yet. */
static double around(const shift *s, size_t i)
{
  size_t last = s->n > WIDTH ? s->n - WIDTH : 0, from = i > AROUND ? i - AROUND : 0;
  from = from < last ? from : last;
  size_t to = from + WIDTH < s->n ? from + WIDTH : s->n;
  return middle_of(s->y + from, to - from);
}

/* The robust standard deviation of v[n], which is put in some other order and made absolute. */
static double robust(double *v, size_t n, double centre)
{
  for (size_t i = 0; i < n; i++)
    v[i] = fabs(v[i] - centre);
  return NORMAL_MAD * kth(v, n, n / 2);
}

/* Draws outliers in, in both forms: by the larger one of what neighbours differ by and of what values are from the median around. */
static void draw_in(shift *s)
{
  double *v = s->work, *m = s->work + s->n;
  for (size_t i = 1; i < s->n; i++)
    v[i - 1] = s->y[i] - s->y[i - 1];
  double centre = kth(v, s->n - 1, (s->n - 1) / 2), near = robust(v, s->n - 1, centre) / sqrt(2);
  for (size_t i = 0; i < s->n; i++) {
    m[i] = around(s, i);
    v[i] = s->y[i] - m[i];
  }
  double reach = DRAWN_IN * fmax(near, robust(v, s->n, 0));
  for (size_t i = 0; reach > 0 && i < s->n; i++) {
    double d = s->y[i] - m[i];
    if (fabs(d) > reach)
      follow(s, i, m[i] + copysign(reach, d));
  }
}

/* About 0, so that sums lose no digits; gives half the mean square of differences of neighbours about their mean, the variance of noise without memory. */
static double centre(shift *s)
{
  double n = (double)s->n, mean = 0, sum = 0, drift = (s->y[s->n - 1] - s->y[0]) / (n - 1);
  for (size_t i = 0; i < s->n; i++)
    mean += s->y[i] / n;
  for (size_t i = 1; i < s->n; i++) {
    double d = s->y[i] - s->y[i - 1] - drift;
    sum += d * d;
  }
  for (size_t i = 0; i < s->n; i++)
    s->y[i] -= mean;
  return sum / (n - 1) / 2;
}

/* ---- What changed ----------------------------------------------------------------------------------- */

/* What lies on both sides of the k-th cut. */
static pl_change measured(const shift *s, size_t k)
{
  const pl_change_model *m = &s->model;
  size_t from = k > 0 ? m->cuts[k - 1] : 0, i = m->cuts[k], to = k + 1 < m->n ? m->cuts[k + 1] : s->n;
  pl_change c = {.index = s->at[i]};
  (m->lines ? pl_change_measure_lines : pl_change_measure)(s->x + from, i - from, s->x + i, to - i, 1 / m->noise.inflation, &c);
  return c;
}

/* Takes cuts away that could as well be noise, what joins is measured again. Of a shape nothing is said about noise. */
static void drop_doubtful(shift *s)
{
  pl_change_model *m = &s->model;
  for (size_t k = 0; k < m->n && !m->shape;) {
    if (measured(s, k).p <= P_MOST) {
      k++;
      continue;
    }
    memmove(m->cuts + k, m->cuts + k + 1, (m->n - k - 1) * sizeof *m->cuts);
    m->n--;
    k -= k > 0;
  }
}

static int tell_model(shift *s, pl_changes *out)
{
  drop_doubtful(s);
  for (size_t k = 0; k < s->model.n; k++) {
    pl_change c = measured(s, k);
    if (!pl_changes_add(out, &c))
      return PL_ENOMEM;
  }
  return PL_OK;
}

/* Whether a cut of the model lies near. */
static bool is_cut_near(const pl_change_model *m, size_t i)
{
  for (size_t k = 0; k < m->n; k++) {
    if (m->cuts[k] < i + PL_SPREAD_LEAST && i < m->cuts[k] + PL_SPREAD_LEAST)
      return true;
  }
  return false;
}

/* Whether the model leaves nothing but what numbers are rounded by. */
static bool is_exact(const double *rest, const double *y, size_t n)
{
  double left = 0, all = 0;
  for (size_t i = 0; i < n; i++) {
    left += rest[i] * rest[i];
    all += y[i] * y[i];
  }
  return left <= ROUNDING * all;
}

/* Changes of spread alone, on what the model leaves of the standard values, measured on what it leaves of the values. */
static int tell_spread(shift *s, pl_changes *out)
{
  const pl_change_model *m = &s->model;
  size_t bytes = (s->n / PL_SPREAD_LEAST + 2) * sizeof(pl_spread_change), n = 0, from = 0;
  pl_spread_change *list = pl_alloc(s->alloc, bytes);
  int code = list ? PL_OK : PL_ENOMEM;
  pl_pieces_rest(s->y, s->n, m->lines, m->cuts, m->n, s->work);
  if (!code && !is_exact(s->work, s->y, s->n) && !pl_spread_changes(s->alloc, s->work, s->n, list, &n))
    code = PL_ENOMEM;
  pl_pieces_rest(s->x, s->n, m->lines, m->cuts, m->n, s->work);
  for (size_t k = 0; k < n && !code; k++) {
    size_t i = list[k].index, to = k + 1 < n ? list[k + 1].index : s->n;
    pl_change c = {.index = s->at[i], .p = list[k].p};
    pl_change_measure_spread(s->work + from, i - from, s->work + i, to - i, 1 / m->noise.inflation, &c);
    if (!is_cut_near(m, i) && !pl_changes_add(out, &c))
      code = PL_ENOMEM;
    from = i;
  }
  pl_free(s->alloc, list, bytes);
  return code;
}

/* Makes one form of the values; gives its noise (centre), and with what its criterion becomes that of the values themselves: its Jacobian (Box, Cox 1964). */
static double make_standard(shift *s, const double *given, bool logs, double *jacobian)
{
  *jacobian = logs ? 0 : (double)s->n * log(s->unit);
  s->logs = logs;
  for (size_t i = 0; i < s->n; i++) {
    s->x[i] = given[s->at[i]];
    s->y[i] = logs ? log(s->x[i]) : s->x[i] / s->unit;
  }
  take_season(s);
  draw_in(s);
  for (size_t i = 0; logs && i < s->n; i++)
    *jacobian += s->y[i];
  return centre(s);
}

/* One form of the values, and its best model. */
static int fit(shift *s, const double *given, bool logs, const pl_change_ask *ask)
{
  double jacobian, noise = make_standard(s, given, logs, &jacobian);
  s->model = (pl_change_model){.cuts = s->model.cuts, .criterion = -HUGE_VAL};
  if (!(noise > 0))
    return PL_OK;
  int code = pl_change_choose(s->y, s->n, noise, s->alloc, ask, s->work, &s->model);
  s->model.criterion += 2 * jacobian;
  return code;
}

/* Goes back to the values and their model. */
static void take_plain(shift *s, const double *given, const pl_change_model *plain)
{
  double jacobian;
  s->spare = s->model.cuts;
  s->model = *plain;
  (void)make_standard(s, given, false, &jacobian);
}

/* Logarithms, where there are any, or the values, whichever have the better model. */
static int find(shift *s, const double *given, const pl_change_ask *ask, pl_changes *out)
{
  bool logs = s->logs;
  int code = fit(s, given, false, ask);
  if (!code && logs) {
    const pl_change_model plain = s->model;
    s->model.cuts = s->spare;
    s->spare = plain.cuts;
    code = fit(s, given, true, ask);
    if (!code && plain.criterion < s->model.criterion)
      take_plain(s, given, &plain);
  }
  code = code ? code : tell_model(s, out);
  if (!code && !s->model.shape)
    code = tell_spread(s, out);
  pl_changes_sort(out);
  return code;
}

int pl_shift_find(const pl_allocator *a, const double *x, size_t n, const pl_change_ask *ask, pl_changes *out, pl_error *err)
{
  shift s;
  *out = (pl_changes){.alloc = a};
  if (n > PL_CHANGES_VALUES)
    return pl_fail(err, PL_ELIMIT, "a history has at most %d values", PL_CHANGES_VALUES);
  if (n == 0)
    return PL_OK;
  if (!shift_init(&s, a, n))
    return pl_fail(err, PL_ENOMEM, "out of memory for a history");
  int code = take(&s, x, n, err);
  if (!code && s.n >= PL_SHIFT_LEAST) {
    code = find(&s, x, ask, out);
    if (code)
      (void)pl_fail(err, code, code == PL_ECANCELED ? "the search for changes was cancelled" : "out of memory for a history");
  }
  shift_fini(&s);
  if (code)
    pl_changes_fini(out);
  return code;
}
