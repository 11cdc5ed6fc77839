/* See season.h. */
#include "analysis/forecast/season.h"

#include <math.h>

static double covariance(const double *y, size_t n, double mean, size_t lag)
{
  double sum = 0;
  for (size_t t = lag; t < n; t++)
    sum += (y[t] - mean) * (y[t - lag] - mean);
  return sum;
}

/* Sum of products of the steps of y that are `lag` apart, less their mean. */
static double step_covariance(const double *y, size_t n, double mean, size_t lag)
{
  double sum = 0;
  for (size_t t = lag + 1; t < n; t++)
    sum += (y[t] - y[t - 1] - mean) * (y[t - lag] - y[t - lag - 1] - mean);
  return sum;
}

double pl_season_qs(const double *y, size_t n, size_t m)
{
  if (m < 1 || n < 2 * m + 2)
    return 0;
  double steps = (double)n - 1, mean = y[n - 1] / steps - y[0] / steps, variance = step_covariance(y, n, mean, 0);
  if (!(variance > 1e-12 * steps * mean * mean)) /* a line, but for rounding */
    return 0;
  double one = step_covariance(y, n, mean, m) / variance, two = fmax(step_covariance(y, n, mean, 2 * m) / variance, 0);
  return one > 0 ? steps * (steps + 2) * (one * one / (steps - (double)m) + two * two / (steps - 2 * (double)m)) : 0;
}

/* Whether the autocorrelation of y at m is beyond Bartlett's limit. */
static bool repeats(const double *y, size_t n, size_t m)
{
  double mean = 0, before = 0;
  for (size_t t = 0; t < n; t++)
    mean += (y[t] - y[0]) / (double)n; /* a constant's is 0: what rounding leaves of its mean would go on for ever */
  mean += y[0];
  double variance = covariance(y, n, mean, 0);
  if (!(variance > 0))
    return false;
  for (size_t lag = 1; lag < m; lag++) {
    double r = covariance(y, n, mean, lag) / variance;
    before += r * r;
  }
  return fabs(covariance(y, n, mean, m) / variance) > 1.645 * sqrt((1 + 2 * before) / (double)n);
}

bool pl_has_season(const double *y, size_t n, size_t m)
{
  const double limit = 5.991464547107979; /* 95 % of chi squared with two degrees of freedom */
  return m >= 2 && n >= 3 * m && (repeats(y, n, m) || pl_season_qs(y, n, m) > limit);
}

/* y less its centred moving average; NaN for the first and last m / 2. */
static void deviations(const double *y, size_t n, size_t m, double *out)
{
  size_t half = m / 2, width = 2 * half + 1;
  double edge = m % 2 ? 1 : 0.5, sum = 0;
  for (size_t t = 0; t < n; t++)
    out[t] = NAN;
  for (size_t t = 1; t + 1 < width; t++)
    sum += y[t];
  for (size_t t = half; t + half < n; t++) {
    out[t] = y[t] - (sum + edge * (y[t - half] + y[t + half])) / (double)m;
    if (t + half + 1 < n)
      sum += y[t + half] - y[t - half + 1];
  }
}

/* Mean of d at the places of i; *n of them. */
static double mean_at(const double *d, size_t n, size_t m, size_t i, size_t *found)
{
  double sum = 0;
  *found = 0;
  for (size_t t = i; t < n; t += m) {
    if (!isnan(d[t])) {
      sum += d[t];
      (*found)++;
    }
  }
  return *found ? sum / (double)*found : 0;
}

void pl_season_shape(const double *y, size_t n, size_t m, double *season, double *scratch)
{
  double mean = 0, between = 0, within = 0;
  size_t values = 0, found;
  deviations(y, n, m, scratch);
  for (size_t i = 0; i < m; i++) {
    season[i] = mean_at(scratch, n, m, i, &found);
    mean += season[i] / (double)m;
  }
  for (size_t i = 0; i < m; i++)
    season[i] -= mean;
  for (size_t t = 0; t < n; t++) {
    if (!isnan(scratch[t])) {
      double e = scratch[t] - mean - season[t % m];
      within += e * e;
      values++;
    }
  }
  for (size_t i = 0; i < m; i++)
    between += season[i] * season[i];
  if (values <= m || !(between > 0) || m < 4)
    return;
  /* Variance of a place's mean: what is within, by how many values it has. */
  double noise = within / (double)(values - m) / ((double)values / (double)m);
  double keep = fmax(1 - ((double)m - 3) * noise / between, 0);
  for (size_t i = 0; i < m; i++)
    season[i] *= keep;
}

double pl_season_strength(const double *y, size_t n, size_t m, double *scratch)
{
  double squares = 0, left = 0, mean = 0;
  size_t values = 0;
  deviations(y, n, m, scratch);
  for (size_t t = 0; t < n; t++) {
    if (!isnan(scratch[t])) {
      mean += scratch[t];
      values++;
    }
  }
  mean /= (double)(values ? values : 1);
  for (size_t i = 0; i < m; i++) {
    size_t found;
    double at = mean_at(scratch, n, m, i, &found), others = found > 1 ? (double)found / (double)(found - 1) : 0;
    for (size_t t = i; t < n; t += m) {
      if (isnan(scratch[t]))
        continue;
      double d = scratch[t] - mean, e = found > 1 ? (scratch[t] - at) * others : d;
      squares += d * d;
      left += e * e;
    }
  }
  return squares > 0 ? 1 - left / squares : 0;
}

void pl_season_take(double *y, size_t n, size_t m, const double *season)
{
  for (size_t t = 0; t < n; t++)
    y[t] -= season[t % m];
}

void pl_season_put(double *y, size_t n, size_t m, const double *season, size_t at)
{
  for (size_t t = 0; t < n; t++)
    y[t] += season[(at + t) % m];
}

/* The rate nearest to g's that keeps every factor above 1/10: of levels in the series, and of the shape, by which levels are found again. */
static double bounded(const double *y, const double *d, size_t n, size_t m, const double *season, pl_season_growth g)
{
  double most = 0;
  for (size_t t = 0; t < n; t++) {
    if (!isnan(d[t]))
      most = fmax(most, -g.rate * (y[t] - d[t] - g.centre));
  }
  for (size_t i = 0; i < m; i++)
    most = fmax(most, -g.rate * season[i]);
  return most > 0.9 ? g.rate * 0.9 / most : g.rate;
}

pl_season_growth pl_season_growth_of(const double *y, size_t n, size_t m, const double *season, double *scratch)
{
  pl_season_growth g = {0, 0};
  double values = 0, xx = 0, xd = 0, left = 0;
  deviations(y, n, m, scratch);
  for (size_t t = 0; t < n; t++) {
    if (!isnan(scratch[t])) {
      g.centre += y[t] - scratch[t];
      values++;
    }
  }
  g.centre /= fmax(values, 1);
  for (size_t t = 0; t < n; t++) {
    if (isnan(scratch[t]))
      continue;
    double x = season[t % m] * (y[t] - scratch[t] - g.centre), e = scratch[t] - season[t % m];
    xx += x * x;
    xd += x * e;
    left += e * e;
  }
  if (!(xx > 0) || values < 4)
    return g;
  double rate = xd / xx, variance = fmax(left - rate * xd, 0) / (values - 2) / xx;
  g.rate = rate * rate > 4 * variance ? rate : 0;
  g.rate = bounded(y, scratch, n, m, season, g);
  return g;
}

void pl_season_take_growing(double *y, size_t n, size_t m, const double *season, pl_season_growth g)
{
  for (size_t t = 0; t < n; t++) {
    double s = season[t % m];
    y[t] = (y[t] - s * (1 - g.rate * g.centre)) / (1 + g.rate * s);
  }
}

void pl_season_put_growing(double *y, size_t n, size_t m, const double *season, pl_season_growth g, size_t at)
{
  for (size_t t = 0; t < n; t++)
    y[t] += season[(at + t) % m] * fmax(1 + g.rate * (y[t] - g.centre), 0);
}
