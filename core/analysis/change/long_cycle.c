/* Means of pairs, of pairs of those, and so on, until a season is short among them. */
#include "analysis/change/long_cycle.h"

#include <math.h>

#include "analysis/change/cycle.h"

enum { CYCLES = 3, LOOK = 1 << 16 /* the last means, by which the length is known more closely */ };

#define ABOUT (1.0 / 6) /* of a season: a peak of a noisy correlation lies so near to the true one, whether of one season or of many */

/* How well d[n], mean 0, goes with itself so many values before. */
static double correlation(const double *d, size_t n, size_t lag)
{
  double sum = 0;
  for (size_t i = lag; i < n; i++)
    sum += d[i] * d[i - lag];
  return sum / (double)(n - lag);
}

static size_t best_lag(const double *d, size_t n, size_t from, size_t to)
{
  size_t best = from;
  double most = -HUGE_VAL;
  for (size_t lag = from; lag <= to && lag < n; lag++) {
    double r = correlation(d, n, lag);
    if (r > most) {
      most = r;
      best = lag;
    }
  }
  return best;
}

/* How far from a lag the parabola through it and those so far away is highest, at most as far. */
static double vertex(const double *d, size_t n, size_t lag, size_t away)
{
  double before = correlation(d, n, lag - away), after = correlation(d, n, lag + away), bend = before + after - 2 * correlation(d, n, lag);
  double off = bend < 0 ? (double)away * (before - after) / (2 * bend) : 0;
  return fmax(-(double)away, fmin(off, (double)away));
}

/* The length of a season of about m among the means b[n], by the lag of 1, 2, 4 ... seasons, as long as two lags fit; m >= 3. d: n. */
static double length_of(const double *b, size_t n, size_t m, double *d)
{
  b += n > LOOK ? n - LOOK : 0;
  n = n > LOOK ? LOOK : n;
  size_t far = m / 4 > 0 ? m / 4 : 1, size = n - far; /* differences over a quarter keep the season, noise is small beside it, and levels are none */
  double mean = 0;
  for (size_t i = 0; i < size; i++)
    mean += (b[i + far] - b[i]) / (double)size;
  for (size_t i = 0; i < size; i++)
    d[i] = b[i + far] - b[i] - mean;
  size_t reach = (size_t)((double)m * ABOUT) + 1, lag = best_lag(d, size, m - reach, m + reach), seasons = 1;
  for (; 4 * lag < size; seasons *= 2)
    lag = best_lag(d, size, 2 * lag - reach, 2 * lag + reach);
  return ((double)lag + vertex(d, size, lag, reach)) / (double)seasons;
}

size_t pl_long_cycle_find(const double *y, size_t n, double *scratch)
{
  double *b = scratch, *rest = scratch + n / 2;
  if (n <= CYCLES * PL_CYCLE_MOST)
    return 0;
  for (size_t q = 2, k = n / 2; k >= PL_LONG_CYCLE_BLOCKS; q *= 2, k /= 2) {
    const double *from = q == 2 ? y : b;
    for (size_t i = 0; i < k; i++)
      b[i] = from[2 * i] / 2 + from[2 * i + 1] / 2;
    size_t m = pl_cycle_find(b, k, rest);
    if (!m)
      continue;
    double length = length_of(b, k, m, rest) * (double)q;
    return length > PL_CYCLE_MOST && length * CYCLES <= (double)n ? (size_t)(length + 0.5) : 0;
  }
  return 0;
}
