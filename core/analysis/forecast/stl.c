/* See stl.h. */
#include "analysis/forecast/stl.h"

#include <string.h>

#include "analysis/forecast/ets.h"

enum { INNER = 2, ROUNDS = 2 };

/* The local line at x (may lie one step outside) of y[n] with a window of q values: tricube weights of the q nearest. */
static double line_at(const double *y, size_t n, size_t q, double x)
{
  size_t width = q < n ? q : n;
  double start = floor(x) - (double)(width - 1) / 2;
  size_t from = start <= 0 ? 0 : (size_t)start;
  from = from + width > n ? n - width : from;
  double last = (double)(from + width - 1);
  double reach = fmax(x - (double)from, last - x) + (q > n ? (double)((q - n) / 2) : 0);
  double w = 0, wx = 0, wxx = 0, wy = 0, wxy = 0;
  for (size_t i = from; i < from + width; i++) {
    double d = (double)i - x, r = fabs(d) / reach;
    if (r > 0.999)
      continue;
    double c = 1 - r * r * r, v = r > 0.001 ? c * c * c : 1;
    w += v;
    wx += v * d;
    wxx += v * d * d;
    wy += v * y[i];
    wxy += v * d * y[i];
  }
  if (!(w > 0))
    return y[from];
  double centre = wx / w, spread = wxx / w - centre * centre, range = (double)(n - 1);
  double slope = spread > 1e-6 * range * range ? (wxy / w - centre * wy / w) / spread : 0;
  return wy / w - slope * centre;
}

/* Local lines at the places of y, each jump-th by regression. */
static void smooth(const double *y, size_t n, size_t q, size_t jump, double *out)
{
  size_t last = 0;
  out[0] = line_at(y, n, q, 0);
  for (size_t i = jump; last + 1 < n; i += jump) {
    size_t at = i < n ? i : n - 1;
    out[at] = line_at(y, n, q, (double)at);
    for (size_t k = last + 1; k < at; k++)
      out[k] = out[last] + (out[at] - out[last]) * (double)(k - last) / (double)(at - last);
    last = at;
  }
}

/* Running means of q: n - q + 1 of them. In place is fine. */
static size_t means_of(const double *y, size_t n, size_t q, double *out)
{
  double sum = 0;
  for (size_t i = 0; i < q; i++)
    sum += y[i];
  for (size_t i = 0; i + q <= n; i++) {
    double first = y[i];
    out[i] = sum / (double)q;
    sum += (i + q < n ? y[i + q] : 0) - first;
  }
  return n - q + 1;
}

/* Each place of the season smoothed on its own, and carried on by one season at both ends: n + 2 m values. part: a place's values, then its line. */
static void smooth_places(const double *y, size_t n, size_t m, size_t window, double *out, double *part)
{
  for (size_t i = 0; i < m; i++) {
    size_t k = (n - i + m - 1) / m;
    double *line = part + k;
    for (size_t j = 0; j < k; j++)
      part[j] = y[i + j * m];
    smooth(part, k, window, 1, line);
    out[i] = line_at(part, k, window, -1);
    out[i + (k + 1) * m] = line_at(part, k, window, (double)k);
    for (size_t j = 0; j < k; j++)
      out[i + (j + 1) * m] = line[j];
  }
}

static size_t odd_from(double x)
{
  size_t q = (size_t)ceil(x);
  return q + (q % 2 == 0);
}

void pl_stl(const double *y, size_t n, size_t m, size_t window, bool jump, double *seasonal, double *trend, double *scratch)
{
  double *detrended = scratch, *cycle = scratch + n, *low = cycle + n + 2 * m, *rest = low + n + 2 * m;
  size_t of_trend = odd_from(1.5 * (double)m / (1 - 1.5 / (double)window)), of_low = odd_from((double)m);
  memset(trend, 0, n * sizeof *trend);
  for (size_t round = 0; round < INNER; round++) {
    for (size_t t = 0; t < n; t++)
      detrended[t] = y[t] - trend[t];
    smooth_places(detrended, n, m, window, cycle, low);
    size_t k = means_of(cycle, n + 2 * m, m, low);
    k = means_of(low, k, m, low);
    k = means_of(low, k, 3, low);
    smooth(low, k, of_low, jump ? (of_low + 9) / 10 : 1, rest);
    for (size_t t = 0; t < n; t++) {
      seasonal[t] = cycle[m + t] - rest[t];
      detrended[t] = y[t] - seasonal[t];
    }
    smooth(detrended, n, of_trend, jump ? (of_trend + 9) / 10 : 1, trend);
  }
}

size_t pl_mstl(const double *y, size_t n, const size_t *seasons, double *seasonal, size_t *used, double *left, double *scratch)
{
  size_t rows = 0;
  double *trend = scratch;
  for (size_t i = 0; i < PL_SEASONS_MAX && seasons[i]; i++) {
    if (seasons[i] > 1 && n >= 2 * seasons[i])
      used[rows++] = seasons[i];
  }
  memcpy(left, y, n * sizeof *y);
  memset(seasonal, 0, rows * n * sizeof *seasonal);
  for (size_t round = 0; round < (rows > 1 ? ROUNDS : 1); round++) {
    for (size_t i = 0; i < rows; i++) {
      double *row = seasonal + i * n;
      for (size_t t = 0; t < n; t++)
        left[t] += row[t];
      pl_stl(left, n, used[i], 11 + 4 * i, true, row, trend, scratch + n);
      for (size_t t = 0; t < n; t++)
        left[t] -= row[t];
    }
  }
  return rows;
}

void pl_mstl_fit(const double *y, size_t n, const size_t *seasons, size_t h, double *f, pl_model_memory *memory, double *scratch)
{
  double *seasonal = scratch, *left = seasonal + PL_SEASONS_MAX * n, *more = left + n;
  size_t used[PL_SEASONS_MAX];
  if (!seasons[0]) {
    pl_ets(y, n, h, f, memory, scratch);
    return;
  }
  size_t rows = pl_mstl(y, n, seasons, seasonal, used, left, more);
  pl_ets(left, n, h, f, memory, more);
  for (size_t i = 0; i < rows; i++) {
    const double *last = seasonal + (i + 1) * n - used[i];
    for (size_t k = 0; k < h; k++)
      f[k] += last[k % used[i]];
  }
}
