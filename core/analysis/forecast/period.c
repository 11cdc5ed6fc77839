/* See period.h. */
#include "analysis/forecast/period.h"

#include <complex.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "analysis/forecast/median.h"
#include "analysis/forecast/season.h"
#include "analysis/forecast/theil_sen.h"
#include "analysis/gaps.h"

enum { LONGEST = 65536, SHORTEST = 12, USUAL = 17, NATURAL = 4, PEAKS = 6, LENGTHS = USUAL + NATURAL + 2 * PEAKS };

/* Steps of days, weeks and years, whatever a step is; and these themselves, where the step is known, in seconds. */
static const size_t usual[USUAL] = {4, 7, 12, 24, 48, 52, 60, 96, 144, 168, 288, 336, 365, 672, 1008, 1440, 2016};
static const double natural[NATURAL] = {3600, 86400, 604800, 365.25 * 86400};

/* A peak of the autocorrelation this high counts, plus two standard errors of white noise; and this much above the least before it. */
static const double peak = 0.15, prominence = 0.15;
/* What a season must explain to be one; a shorter one that explains this part of the most is the season, whose multiples explain as much; and a natural
 * length near the best one this part. */
static const double enough = 0.1, nearly = 0.8, hardly_less = 0.9, as_strong = 0.999999;

/* Lengths that are tried: first `likely` ones, of the clock, none where it is not known; others that have names; those of peaks. */
typedef struct lengths {
  size_t at[LENGTHS], n, likely, named;
  double strength[LENGTHS];
} lengths;

/* In place; n is a power of two. Cooley and Tukey. */
static void fourier(double complex *x, size_t n)
{
  for (size_t i = 1, j = 0; i < n; i++) {
    size_t bit = n >> 1;
    for (; j & bit; bit >>= 1)
      j ^= bit;
    j ^= bit;
    if (i < j) {
      double complex was = x[i];
      x[i] = x[j];
      x[j] = was;
    }
  }
  for (size_t len = 2; len <= n; len <<= 1) {
    double angle = -2 * M_PI / (double)len;
    for (size_t k = 0; k < len / 2; k++) {
      double complex w = cos(angle * (double)k) + sin(angle * (double)k) * I;
      for (size_t i = k; i < n; i += len) {
        double complex even = x[i], odd = w * x[i + len / 2];
        x[i] = even + odd;
        x[i + len / 2] = even - odd;
      }
    }
  }
}

int pl_autocorrelations(const pl_allocator *a, const double *x, size_t n, double *out)
{
  size_t size = 2;
  double mean = 0;
  while (size < 2 * n)
    size *= 2;
  double complex *z = pl_alloc_zero(a, size, sizeof *z);
  if (!z)
    return PL_ENOMEM;
  for (size_t i = 0; i < n; i++)
    mean += (x[i] - x[0]) / (double)n;
  for (size_t i = 0; i < n; i++)
    z[i] = x[i] - x[0] - mean; /* exactly 0 of a constant */
  fourier(z, size);
  for (size_t i = 0; i < size; i++)
    z[i] = creal(z[i]) * creal(z[i]) + cimag(z[i]) * cimag(z[i]);
  fourier(z, size); /* the power is even: forth is back */
  double all = creal(z[0]);
  for (size_t i = 0; i < n; i++)
    out[i] = all > 0 ? creal(z[i]) / all * ((double)n / (double)(n - i)) : 0;
  pl_free(a, z, size * sizeof *z);
  return PL_OK;
}

/* Clips x[n], about 0, at six robust standard deviations, if it has any; gives the largest size that is left. scratch[n]. */
static double clip(double *x, size_t n, double *scratch)
{
  double most = 0;
  memcpy(scratch, x, n * sizeof *x);
  double spread = pl_mad_in(scratch, n);
  for (size_t i = 0; i < n; i++) {
    if (spread > 0)
      x[i] = fmin(fmax(x[i], -6 * spread), 6 * spread);
    most = fmax(most, fabs(x[i]));
  }
  return most;
}

/* x without its robust trend, clipped; scratch[n]. *constant: nothing is left. */
static int flatten(const pl_allocator *a, double *x, size_t n, double *scratch, bool *constant)
{
  pl_line line;
  double size = 0;
  for (size_t i = 0; i < n; i++)
    size = fmax(size, fabs(x[i]));
  for (size_t i = 0; i < n && size > 0; i++)
    x[i] /= size;
  int code = pl_theil_sen(a, x, n, &line);
  if (code)
    return code;
  for (size_t i = 0; i < n; i++)
    x[i] -= line.intercept + line.slope * (double)i;
  *constant = clip(x, n, scratch) < 1e-9;
  return PL_OK;
}

/* Whether r[p] is a peak of its neighbourhood. */
static bool is_peak(const double *r, size_t n, size_t p)
{
  size_t w = p / 10 + 1;
  for (size_t i = p > w + 1 ? p - w : 1; i <= p + w && i < n; i++)
    if (r[i] > r[p] || (i != p && i < p && r[i] == r[p]))
      return false;
  return true;
}

static void add(lengths *l, size_t p)
{
  for (size_t i = 0; i < l->n; i++)
    if (l->at[i] == p)
      return;
  l->at[l->n++] = p;
}

/* The highest peaks of r among the lags that lie in n values three times. */
static void add_peaks(lengths *l, const double *r, size_t n)
{
  double threshold = peak + 2 / sqrt((double)n), least = r[1];
  size_t best[PEAKS], found = 0;
  for (size_t p = 2; p <= n / 3; p++) {
    if (r[p] >= threshold && r[p] - least >= prominence && is_peak(r, n / 2, p)) {
      size_t at = found < PEAKS ? found++ : PEAKS;
      for (; at > 0 && r[best[at - 1]] < r[p]; at--)
        if (at < PEAKS)
          best[at] = best[at - 1];
      if (at < PEAKS)
        best[at] = p;
    }
    least = fmin(least, r[p]);
  }
  for (size_t i = 0; i < found; i++)
    add(l, best[i]);
}

/* Lengths to try for x[n]; those of peaks from its autocorrelation and from that of its differences, in which a walk hides no season. scratch[2 n] */
static int collect(const pl_allocator *a, const double *x, size_t n, double step_s, bool peaks, lengths *l, double *scratch)
{
  double *steps = scratch + n;
  for (size_t i = 0; i < NATURAL && step_s > 0; i++) {
    double p = round(natural[i] / step_s);
    if (p >= 2 && 2 * p <= (double)n)
      add(l, (size_t)p);
  }
  l->likely = l->n;
  for (size_t i = 0; i < USUAL; i++)
    if (n >= 3 * usual[i])
      add(l, usual[i]);
  l->named = l->n;
  if (!peaks)
    return PL_OK;
  int code = pl_autocorrelations(a, x, n, scratch);
  if (code)
    return code;
  add_peaks(l, scratch, n);
  for (size_t i = 0; i + 1 < n; i++)
    steps[i] = x[i + 1] - x[i];
  code = pl_autocorrelations(a, steps, n - 1, scratch);
  if (code == PL_OK)
    add_peaks(l, scratch, n - 1);
  return code;
}

/* How far noise of n values strays in strength for a season of m: by the Beta distribution of the part that the mean of c cycles explains. */
static double stray(size_t n, size_t m)
{
  double c = (double)n / (double)m;
  return c * sqrt(2 / (double)n) / pow(c - 1, 1.5);
}

/* The season of x; 0: none. */
static size_t first_of(lengths *l, const double *x, size_t n, double *scratch)
{
  size_t best = 0;
  for (size_t i = 0; i < l->n; i++) {
    l->strength[i] = pl_season_strength(x, n, l->at[i], scratch);
    /* The less is known for a length, the more it must show: a peak was chosen for its height. */
    double strays = i < l->likely ? 0 : i < l->named ? 1 : 2;
    if (l->strength[i] < enough + strays * stray(n, l->at[i]))
      l->strength[i] = 0;
    best = l->strength[i] > l->strength[best] ? i : best;
  }
  if (l->n == 0 || !(l->strength[best] > enough))
    return 0;
  double most = l->strength[best], p = (double)l->at[best];
  for (size_t i = 0; best >= l->named && i < l->named; i++)
    if (fabs((double)l->at[i] / p - 1) <= 0.1 && l->strength[i] >= hardly_less * most)
      best = i;
  size_t shortest = best;
  for (size_t i = 0; i < l->n; i++) {
    /* The half of a day may be a peak, too: it must be as strong. */
    double part = i < l->named ? nearly : best < l->named ? as_strong : hardly_less;
    if ((double)l->at[i] < 0.9 * p && l->strength[i] > enough && l->strength[i] >= part * most && l->at[i] < l->at[shortest])
      shortest = i;
  }
  return l->at[shortest];
}

/* The least multiple of m among the named lengths that is strong in x; 0: none. */
static size_t multiple_of(const lengths *l, const double *x, size_t n, size_t m, double *scratch)
{
  size_t found = 0;
  for (size_t i = 0; i < l->named; i++) {
    size_t p = l->at[i];
    if (p > m && p % m == 0 && (!found || p < found) && pl_season_strength(x, n, p, scratch) > enough)
      found = p;
  }
  return found;
}

/* Finds seasons of x, which loses them. scratch[2 n + n / 2]: what a shape and its finding need. */
static void take_all(const lengths *l, double *x, size_t n, size_t first, double *scratch, size_t out[PL_SEASONS_MAX], size_t *count)
{
  double *shape = scratch + 2 * n;
  *count = 0;
  for (size_t m = first; m > 0 && *count < PL_SEASONS_MAX; m = multiple_of(l, x, n, m, scratch)) {
    out[(*count)++] = m;
    if (2 * m > n)
      return;
    pl_season_shape(x, n, m, shape, scratch);
    pl_season_take(x, n, m, shape);
    (void)clip(x, n, scratch); /* what was none of the season's wild values may be one beside what is left, and hide the next season */
  }
}

int pl_periods_find(const pl_allocator *a, const double *y, size_t n, double step_s, size_t known, size_t out[PL_SEASONS_MAX], size_t *count)
{
  const double *from = n > LONGEST ? y + (n - LONGEST) : y;
  size_t len = n > LONGEST ? LONGEST : n, space = 4 * len;
  bool constant = true;
  lengths l = {.n = 0};
  memset(out, 0, PL_SEASONS_MAX * sizeof *out);
  out[0] = known;
  *count = known > 0;
  if (len < SHORTEST)
    return PL_OK;
  double *x = pl_alloc(a, space * sizeof *x);
  if (!x)
    return PL_ENOMEM;
  int code = PL_OK;
  if (pl_gaps_fill(from, len, 0, x) < len / 2)
    code = flatten(a, x, len, x + len, &constant);
  if (code == PL_OK && !constant)
    code = collect(a, x, len, step_s, known == 0, &l, x + len);
  if (code == PL_OK && !constant)
    take_all(&l, x, len, known ? known : first_of(&l, x, len, x + len), x + len, out, count);
  pl_free(a, x, space * sizeof *x);
  return code;
}
