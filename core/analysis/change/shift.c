/* Values become standard ones (log, noise, outliers), are cut, and the cuts are measured on the values themselves, whose outliers are drawn in as far. */
#include "analysis/change/shift.h"

#include <math.h>
#include <string.h>

#include "analysis/change/partition.h"
#include "base/error.h"

enum { AROUND = 3 /* values on each side of a local median */, WIDTH = 2 * AROUND + 1, LAGS = 6, PASSES = 3, RESTLESS_CUTS = 5, RESTLESS_VALUES = 3 * PL_SHIFT_LEAST };


#define NORMAL_MAD 1.482602218505602 /* standard deviation over median absolute deviation, of a normal law */
#define DRAWN_IN 3.5                 /* standard deviations that an outlier counts as */
#define DIFFERENCE_MOST 3.0          /* and a difference, when noise is measured */
#define PENALTY 2.6                  /* log n; BIC's is 2 for a level and a place: more leaves room for noise that is not normal */
#define PHI_MOST 0.95
#define SMOOTH 1.5                   /* half differences over 4 that much larger than over 2: what comes hangs on what was long ago */
#define SHAPE_INFLATION 3.0           /* with the variance of all: at 200 values a cut takes a quarter of it away */

typedef struct shift {
  const pl_allocator *alloc;
  size_t n;         /* values that are there */
  double *x;        /* n: as they were, outliers drawn in */
  double *y;        /* n: standard */
  double *scratch;  /* n */
  double *kept;     /* n */
  size_t *at;       /* n: their index */
  size_t *cuts;     /* n + 1 */
  size_t *other;    /* n + 1: of another try */
  size_t n_cuts;
  double cost;      /* of the cuts */
  bool logs;
  bool shape;       /* there is no noise about levels */
  double sigma;     /* of noise about a level */
  double inflation; /* how much larger the variance of a mean is than if values were independent */
} shift;

/* ---- Memory ----------------------------------------------------------------------------------------- */

static void shift_fini(shift *s, size_t n)
{
  pl_free(s->alloc, s->x, n * sizeof *s->x);
  pl_free(s->alloc, s->y, n * sizeof *s->y);
  pl_free(s->alloc, s->scratch, n * sizeof *s->scratch);
  pl_free(s->alloc, s->kept, n * sizeof *s->kept);
  pl_free(s->alloc, s->at, n * sizeof *s->at);
  pl_free(s->alloc, s->cuts, (n + 1) * sizeof *s->cuts);
  pl_free(s->alloc, s->other, (n + 1) * sizeof *s->other);
}

static bool shift_init(shift *s, const pl_allocator *a, size_t n)
{
  *s = (shift){.alloc = a};
  s->x = pl_alloc(a, n * sizeof *s->x);
  s->y = pl_alloc(a, n * sizeof *s->y);
  s->scratch = pl_alloc(a, n * sizeof *s->scratch);
  s->kept = pl_alloc(a, n * sizeof *s->kept);
  s->at = pl_alloc(a, n * sizeof *s->at);
  s->cuts = pl_alloc(a, (n + 1) * sizeof *s->cuts);
  s->other = pl_alloc(a, (n + 1) * sizeof *s->other);
  if (s->x && s->y && s->scratch && s->kept && s->at && s->cuts && s->other)
    return true;
  shift_fini(s, n);
  return false;
}

/* ---- Standard values -------------------------------------------------------------------------------- */

/* Takes the values that are there: logarithms where all are above 0, else parts of the largest. */
static int take(shift *s, const double *x, size_t n, pl_error *err)
{
  double most = 0;
  s->logs = true;
  for (size_t i = 0; i < n; i++) {
    if (isnan(x[i]))
      continue;
    if (isinf(x[i]))
      return pl_fail(err, PL_EINVAL, "value %zu is infinite", i + 1);
    s->at[s->n] = i;
    s->x[s->n++] = x[i];
    s->logs &= x[i] > 0;
    most = fabs(x[i]) > most ? fabs(x[i]) : most;
  }
  for (size_t i = 0; i < s->n; i++)
    s->y[i] = s->logs ? log(s->x[i]) : s->x[i] / (most > 0 ? most : 1);
  return PL_OK;
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

/* Half the mean square of differences over `lag`, each at most `most`. */
static double half_difference(const shift *s, size_t lag, double most)
{
  double sum = 0;
  for (size_t i = lag; i < s->n; i++) {
    double d = fmin(fabs(s->y[i] - s->y[i - lag]), most);
    sum += d * d;
  }
  return sum / (double)(s->n - lag) / 2;
}

/* What hangs on what was long ago has no noise about a level: changes are what explains a good part of all that the values do. */
static void measure_shape(shift *s)
{
  double n = (double)s->n, mean = 0, squares = 0;
  for (size_t i = 0; i < s->n; i++)
    mean += s->y[i] / n;
  for (size_t i = 0; i < s->n; i++)
    squares += (s->y[i] - mean) * (s->y[i] - mean);
  s->sigma = sqrt(squares / n);
  s->inflation = SHAPE_INFLATION;
  s->shape = true;
}

/* Noise: sigma about a level, and the inflation: an AR(1)'s, or, far_back, the sum over all lags where that is more. False: the values are constant. */
static bool measure_noise(shift *s, bool far_back)
{
  for (size_t i = 1; i < s->n; i++)
    s->scratch[i - 1] = fabs(s->y[i] - s->y[i - 1]);
  double sd = NORMAL_MAD * kth(s->scratch, s->n - 1, (s->n - 1) / 2), most = sd > 0 ? DIFFERENCE_MOST * sd : HUGE_VAL;
  double half[LAGS];
  for (size_t k = 0; k < LAGS; k++)
    half[k] = half_difference(s, k + 1, most);
  if (!(half[0] > 0))
    return false;
  double phi = fmin(PHI_MOST, fmax(0, half[1] / half[0] - 1));
  double far = fmax(half[0] / (1 - phi), half[LAGS - 1]), sum = 1;
  for (size_t k = 0; k < LAGS; k++)
    sum += 2 * (1 - half[k] / far);
  s->inflation = fmax((1 + phi) / (1 - phi), far_back ? sum : 0);
  s->sigma = sqrt(far);
  if (half[3] > SMOOTH * half[1])
    measure_shape(s);
  return true;
}

/* The median of the values around i. */
static double around(const shift *s, size_t i)
{
  double v[WIDTH];
  size_t n = 0, from = i > AROUND ? i - AROUND : 0, to = i + AROUND + 1 < s->n ? i + AROUND + 1 : s->n;
  for (size_t k = from; k < to; k++) {
    size_t j = n++;
    for (; j > 0 && v[j - 1] > s->y[k]; j--)
      v[j] = v[j - 1];
    v[j] = s->y[k];
  }
  return v[n / 2];
}

/* Draws outliers in, in both forms. */
static void draw_in(shift *s)
{
  double reach = DRAWN_IN * s->sigma;
  for (size_t i = 0; i < s->n; i++) {
    double m = around(s, i), d = s->y[i] - m;
    s->scratch[i] = fabs(d) > reach ? m + copysign(reach, d) : s->y[i];
  }
  for (size_t i = 0; i < s->n; i++) {
    if (s->scratch[i] != s->y[i])
      s->x[i] = s->logs ? exp(s->scratch[i]) : s->y[i] != 0 ? s->x[i] * (s->scratch[i] / s->y[i]) : s->x[i];
    s->y[i] = s->scratch[i];
  }
}

/* Subtracts the mean, and where `line` the straight line through all, and divides by sigma: into scratch. */
static void standardise(shift *s, bool line)
{
  double n = (double)s->n, mean = 0, slope = 0, middle = (n - 1) / 2;
  for (size_t i = 0; i < s->n; i++)
    mean += s->y[i] / n;
  for (size_t i = 0; line && i < s->n; i++)
    slope += ((double)i - middle) * (s->y[i] - mean);
  slope /= n * (n * n - 1) / 12;
  for (size_t i = 0; i < s->n; i++)
    s->scratch[i] = (s->y[i] - mean - slope * ((double)i - middle)) / s->sigma;
}

/* ---- Cuts ------------------------------------------------------------------------------------------- */

static double penalty_of(const shift *s)
{
  return PENALTY * log((double)s->n) * s->inflation;
}

static int cut(shift *s)
{
  standardise(s, false);
  return pl_partition(s->alloc, s->scratch, s->n, penalty_of(s), PL_SHIFT_LEAST, s->cuts, &s->n_cuts, &s->cost);
}

/* A straight line instead of stairs, where it and what is cut about it cost less. */
static int try_line(shift *s)
{
  double cost, stairs = s->cost;
  size_t n = s->n_cuts;
  if (n == 0)
    return PL_OK;
  standardise(s, true);
  int code = pl_partition(s->alloc, s->scratch, s->n, penalty_of(s), PL_SHIFT_LEAST, s->other, &n, &cost);
  if (!code && n < s->n_cuts && cost + penalty_of(s) < stairs) {
    memcpy(s->cuts, s->other, n * sizeof *s->cuts);
    s->n_cuts = n;
  }
  return code;
}

/* Noise again, about the levels of the first pass: jumps no longer hide in it, and what hangs on values further back is seen. */
static void measure_again(shift *s)
{
  memcpy(s->kept, s->y, s->n * sizeof *s->y);
  s->cuts[s->n_cuts] = s->n;
  for (size_t k = 0, from = 0; k <= s->n_cuts; from = s->cuts[k++]) {
    double mean = 0;
    for (size_t i = from; i < s->cuts[k]; i++)
      mean += s->y[i] / (double)(s->cuts[k] - from);
    for (size_t i = from; i < s->cuts[k]; i++)
      s->y[i] -= mean;
  }
  (void)measure_noise(s, true);
  memcpy(s->y, s->kept, s->n * sizeof *s->y);
}

/* Noise and cuts in turn. Many short stretches are no levels. */
static int find(shift *s)
{
  int code = cut(s);
  if (code || s->shape)
    return code ? code : try_line(s);
  if (s->n_cuts >= RESTLESS_CUTS && s->n < RESTLESS_VALUES * (s->n_cuts + 1)) {
    measure_shape(s);
    return cut(s);
  }
  for (int pass = 1; pass < PASSES && !code; pass++) {
    measure_again(s);
    code = cut(s);
  }
  return code ? code : try_line(s);
}

static int tell(shift *s, pl_changes *out, pl_error *err)
{
  s->cuts[s->n_cuts] = s->n;
  for (size_t k = 0, from = 0; k < s->n_cuts; from = s->cuts[k++]) {
    size_t i = s->cuts[k];
    pl_change c = {.index = s->at[i]};
    pl_change_measure(s->x + from, i - from, s->x + i, s->cuts[k + 1] - i, 1 / s->inflation, &c);
    if (!pl_changes_add(out, &c))
      return pl_fail(err, PL_ENOMEM, "out of memory for changes");
  }
  return PL_OK;
}

int pl_shift_find(const pl_allocator *a, const double *x, size_t n, pl_changes *out, pl_error *err)
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
  if (!code && s.n >= 2 * PL_SHIFT_LEAST && measure_noise(&s, false)) {
    draw_in(&s);
    code = find(&s);
    code = code ? pl_fail(err, code, "out of memory for a history") : tell(&s, out, err);
  }
  shift_fini(&s, n);
  if (code)
    pl_changes_fini(out);
  return code;
}
