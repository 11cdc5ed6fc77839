/* Autocorrelation of differences, and the classical decomposition (Makridakis, Wheelwright, Hyndman 1998, section 3/4) with medians in place of means. */
#include "analysis/change/cycle.h"

#include <math.h>
#include <stdbool.h>

#include "analysis/change/slip.h"
#include "analysis/order.h"

enum { LEAST = 3, CYCLES = 3, VALUES = 24 };

#define NORMAL_MAD 1.482602218505602 /* standard deviation over median absolute deviation, of a normal law */
#define CLEAR 0.5  /* of the highest peak */
#define ERRORS 2.5 /* standard errors that the correlation of so few products must be above 0 besides: some of that of noise is above 1/2 */
#define NEARLY 0.75 /* of it: a multiple of a season is a season too */

/* Of d[n], mean 0, as if each lag had n products. */
static double correlation(const double *d, size_t n, size_t lag)
{
  double sum = 0;
  for (size_t i = lag; i < n; i++)
    sum += d[i] * d[i - lag];
  return sum * (double)n / (double)(n - lag);
}

static bool is_peak(const double *r, size_t k)
{
  return r[k] > r[k - 1] && r[k] >= r[k + 1];
}

/* Steps and outliers of d[n], drawn in to 3 robust standard deviations. */
static void draw_in(double *d, size_t n, double *scratch)
{
  for (size_t i = 0; i < n; i++)
    scratch[i] = fabs(d[i]);
  pl_sort(scratch, n);
  double reach = 3 * NORMAL_MAD * pl_median_sorted(scratch, n);
  for (size_t i = 0; reach > 0 && i < n; i++)
    d[i] = fmax(-reach, fmin(d[i], reach));
}

size_t pl_cycle_find(const double *y, size_t n, double *scratch)
{
  double r[PL_CYCLE_MOST + 2], mean, highest = 0;
  if (n > PL_CYCLE_LOOK) {
    y += n - PL_CYCLE_LOOK;
    n = PL_CYCLE_LOOK;
  }
  if (n < VALUES)
    return 0;
  size_t size = n - 1, most = n / CYCLES < PL_CYCLE_MOST ? n / CYCLES : PL_CYCLE_MOST;
  mean = (y[n - 1] - y[0]) / (double)size;
  for (size_t i = 0; i < size; i++)
    scratch[i] = y[i + 1] - y[i] - mean;
  draw_in(scratch, size, scratch + n);
  double whole = correlation(scratch, size, 0);
  if (!(whole > 0))
    return 0;
  for (size_t k = LEAST - 1; k <= most + 1; k++)
    r[k] = correlation(scratch, size, k) / whole;
  size_t from = LEAST;
  while (from <= most && r[from - 1] > 0) /* within a season differences add up to nothing: nearer ones are alike as a smooth curve's are */
    from++;
  for (size_t k = from; k <= most; k++)
    highest = is_peak(r, k) && r[k] > ERRORS / sqrt((double)(size - k)) && r[k] > highest ? r[k] : highest;
  if (!(highest > CLEAR))
    return 0;
  for (size_t k = from; k <= most; k++) {
    if (is_peak(r, k) && r[k] >= NEARLY * highest)
      return k;
  }
  return 0;
}

/* What is above the moving average of m about each place that has one; elsewhere NaN. An even m: the outermost two count half. */
static void above_average(const double *y, size_t n, size_t m, double *above)
{
  size_t half = m / 2;
  double sum = 0;
  for (size_t i = 0; i < n; i++)
    above[i] = NAN;
  for (size_t i = 0; i < m; i++)
    sum += y[i];
  for (size_t i = half; i + half < n; i++) {
    double even = m % 2 ? 0 : (y[i + half] - y[i - half]) / 2;
    above[i] = y[i] - (sum + even) / (double)m;
    if (i - half + m < n)
      sum += y[i - half + m] - y[i - half];
  }
}

/* What is above the average at place k of the season, over all stretches; gives how many. */
static size_t at_place(const double *above, size_t n, size_t m, size_t k, const pl_slip *slips, size_t count, double *one)
{
  size_t c = 0;
  for (size_t j = 0; j < count; j++) {
    size_t from = slips[j].at, to = j + 1 < count ? slips[j + 1].at : n;
    for (size_t i = from + (k + m - (from + slips[j].by) % m) % m; i < to; i += m) {
      if (!isnan(above[i]))
        one[c++] = above[i];
    }
  }
  return c;
}

void pl_cycle_take(double *y, size_t n, size_t m, double *scratch)
{
  double *above = scratch, *one = scratch + n, *season = scratch + 2 * n, mean = 0;
  pl_slip slips[PL_SLIPS_MOST + 1];
  size_t count = pl_slips_find(y, n, m, scratch, slips);
  above_average(y, n, m, above);
  for (size_t k = 0; k < m; k++) {
    size_t c = at_place(above, n, m, k, slips, count, one);
    pl_sort(one, c);
    season[k] = c ? pl_median_sorted(one, c) : 0;
    mean += season[k] / (double)m;
  }
  for (size_t i = 0, j = 0; i < n; i++) {
    j += j + 1 < count && slips[j + 1].at == i ? 1 : 0;
    y[i] -= season[(i + slips[j].by) % m] - mean;
  }
}
