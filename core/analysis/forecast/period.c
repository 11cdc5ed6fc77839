/* See period.h. */
#include "analysis/forecast/period.h"

#include <complex.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "analysis/forecast/grid.h"
#include "analysis/forecast/median.h"
#include "analysis/forecast/theil_sen.h"

enum { LONGEST = 65536, SHORTEST = 8 };

/* A peak this high counts, plus two standard errors of white noise; and this much above the least before it. */
static const double peak = 0.15, prominence = 0.15;
/* The least lag that is nearly as high as the highest is the period: its multiples are as high. */
static const double nearly = 0.75;
static const double alike = 0.3;

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
    mean += x[i] / (double)n;
  for (size_t i = 0; i < n; i++)
    z[i] = x[i] - mean;
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

/* x without its robust trend, clipped at four robust standard deviations; scratch[n]. False: it is constant. */
static int flatten(const pl_allocator *a, double *x, size_t n, double *scratch, bool *constant)
{
  pl_line line;
  double size = 0, most = 0;
  for (size_t i = 0; i < n; i++)
    size = fmax(size, fabs(x[i]));
  for (size_t i = 0; i < n && size > 0; i++)
    x[i] /= size;
  int code = pl_theil_sen(a, x, n, &line);
  if (code)
    return code;
  for (size_t i = 0; i < n; i++)
    scratch[i] = x[i] -= line.intercept + line.slope * (double)i;
  double spread = pl_mad_in(scratch, n);
  for (size_t i = 0; i < n; i++) {
    if (spread > 0)
      x[i] = fmin(fmax(x[i], -4 * spread), 4 * spread);
    most = fmax(most, fabs(x[i]));
  }
  *constant = most < 1e-9;
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

/* The period that r says; 0: none. */
static size_t period_of(const double *r, size_t n)
{
  double best = 0, threshold = peak + 2 / sqrt((double)n);
  for (int pass = 0; pass < 2; pass++) {
    double least = r[1];
    for (size_t p = 2; p <= n / 2; p++) {
      if (r[p] >= fmax(threshold, nearly * best) && r[p] - least >= prominence && is_peak(r, n / 2 + n / 20 + 1, p)) {
        if (pass == 1)
          return p;
        best = fmax(best, r[p]);
      }
      least = fmin(least, r[p]);
    }
    if (best == 0)
      return 0;
  }
  return 0;
}

/* The hour, day, week or year that p is near and at which r is hardly less; else p where r says it again at 2 p and it lies three times in
 * the series, for walks have waves of half and a third of their length. 0: neither. */
static size_t natural(const double *r, size_t p, double step_s, size_t n)
{
  static const double lengths[] = {3600, 86400, 604800, 365.25 * 86400};
  for (size_t i = 0; p > 0 && step_s > 0 && i < sizeof lengths / sizeof *lengths; i++) {
    double steps = round(lengths[i] / step_s);
    if (steps < 2 || steps > (double)n / 2 || fabs((double)p / steps - 1) > 0.1)
      continue;
    if (r[(size_t)steps] >= 0.9 * r[p])
      return (size_t)steps;
  }
  return p > 0 && p <= n / 3 && r[2 * p] >= r[p] / 2 ? p : 0;
}

/* Means of x by phase into form[p]; count[p] is scratch. */
static void form_of(const double *x, size_t from, size_t to, size_t p, double *form, double *count)
{
  for (size_t i = 0; i < p; i++)
    form[i] = count[i] = 0;
  for (size_t i = from; i < to; i++) {
    count[i % p]++;
    form[i % p] += (x[i] - form[i % p]) / count[i % p];
  }
}

/* Whether both halves of x[n] show the same form of period p; scratch[3 p]. */
static bool both_halves(const double *x, size_t n, size_t p, double *scratch)
{
  double *first = scratch, *second = scratch + p, xy = 0, xx = 0, yy = 0, mx = 0, my = 0;
  form_of(x, 0, n / 2, p, first, scratch + 2 * p);
  form_of(x, n / 2, n, p, second, scratch + 2 * p);
  for (size_t i = 0; i < p; i++) {
    mx += first[i] / (double)p;
    my += second[i] / (double)p;
  }
  for (size_t i = 0; i < p; i++) {
    xy += (first[i] - mx) * (second[i] - my);
    xx += (first[i] - mx) * (first[i] - mx);
    yy += (second[i] - my) * (second[i] - my);
  }
  return xx > 0 && yy > 0 && xy > alike * sqrt(xx * yy);
}

/* Puts p among the periods, in order; one that divides it into two or less is within it. */
static void add_period(size_t out[PL_PERIODS_MAX], size_t *count, size_t p)
{
  size_t at = 0;
  for (size_t i = 0; i < *count; i++) {
    if (p % out[i] == 0 && p / out[i] <= 2) {
      out[i] = p;
      return;
    }
  }
  while (at < *count && out[at] < p)
    at++;
  memmove(out + at + 1, out + at, (*count - at) * sizeof *out);
  out[at] = p;
  (*count)++;
}

/* Looks for periods of x, which loses them. correlation[n], scratch[2 n] */
static int find_all(const pl_allocator *a, double *x, size_t n, double step_s, double *scratch, size_t out[PL_PERIODS_MAX], size_t *count)
{
  double *correlation = scratch + 2 * n;
  for (int round = 0; round < 2 * PL_PERIODS_MAX && *count < PL_PERIODS_MAX; round++) {
    int code = pl_autocorrelations(a, x, n, correlation);
    if (code)
      return code;
    size_t p = natural(correlation, period_of(correlation, n), step_s, n);
    if (p == 0 || !both_halves(x, n, p, scratch))
      return PL_OK;
    for (size_t i = 0; i < *count; i++)
      if (out[i] % p == 0) /* what is left of a form that was taken away */
        return PL_OK;
    form_of(x, 0, n, p, scratch, scratch + p);
    for (size_t i = 0; i < n; i++)
      x[i] -= scratch[i % p];
    add_period(out, count, p);
  }
  return PL_OK;
}

int pl_periods_find(const pl_allocator *a, const double *y, size_t n, double step_s, size_t out[PL_PERIODS_MAX], size_t *count)
{
  const double *from = n > LONGEST ? y + (n - LONGEST) : y;
  size_t len = n > LONGEST ? LONGEST : n;
  bool constant = true;
  *count = 0;
  if (len < SHORTEST)
    return PL_OK;
  double *x = pl_alloc(a, 4 * len * sizeof *x);
  if (!x)
    return PL_ENOMEM;
  int code = PL_OK;
  if (pl_grid_fill(from, len, 0, x) < len / 2)
    code = flatten(a, x, len, x + len, &constant);
  if (code == PL_OK && !constant)
    code = find_all(a, x, len, step_s, x + len, out, count);
  pl_free(a, x, 4 * len * sizeof *x);
  return code;
}
