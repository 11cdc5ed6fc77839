/* See period.h. */
#include "analysis/anomaly/period.h"

#include <math.h>
#include <string.h>

enum { LAGS = PL_PERIOD_SLOTS / 4 * 3, BLOCK = 8, YOUNG = 96, EVERY = 256, SHORT = 16 };
static const double SEEN = 0.4;   /* the least autocorrelation, and what it is above that of some shorter lag */
static const double AGAIN = 0.6;  /* of it at twice the lag */
static const double EQUAL = 0.85; /* of the highest: a shorter lag that comes so near is the period, and the highest its multiple */
static const double WHOLE = 0.25; /* slots at the largest multiple: so near a whole period is taken for it */
static const double CLIP = 4;

/* Rows of a slot of a ring. */
static uint64_t rows_of(int ring)
{
  return ring == 0 ? 1 : ring == 1 ? PL_PERIOD_STEP : PL_PERIOD_STEP * PL_PERIOD_STEP;
}

/* Whether a ring is looked at: while it is young at every third more, later at every half of it. */
static int is_due(pl_period_ring *g)
{
  if (g->n < YOUNG || g->n < g->due)
    return 0;
  g->due = g->n + (g->n / 3 < EVERY ? g->n / 3 : EVERY);
  return 1;
}

/* Clips a ring's deviations at some mean ones, in place; missing ones are NaN. The mean deviation before. */
static double clip(double *z, size_t n)
{
  double sum = 0, there = 0, mean = 0, size = 0;
  for (size_t i = 0; i < n; i++) {
    if (!isnan(z[i])) {
      there++;
      mean += (z[i] - mean) / there;
    }
  }
  for (size_t i = 0; i < n; i++)
    sum += isnan(z[i]) ? 0 : fabs(z[i] / 4 - mean / 4) / there;
  size = sum * 4;
  for (size_t i = 0; i < n && size > 0; i++)
    z[i] = isnan(z[i]) ? NAN : fmax(-CLIP, fmin(CLIP, (z[i] / 4 - mean / 4) / sum));
  return size;
}

/* Takes the line that fits best from z, and puts 0 for what is missing. The sum of squares that is left. */
static double level(double *z, size_t n)
{
  double mid = (double)(n - 1) / 2, mean = 0, there = 0, tt = 0, tz = 0, squares = 0;
  for (size_t i = 0; i < n; i++) {
    double t = (double)i - mid;
    if (isnan(z[i]))
      continue;
    there++;
    mean += z[i];
    tt += t * t;
    tz += t * z[i];
  }
  mean /= there > 0 ? there : 1;
  for (size_t i = 0; i < n; i++) {
    z[i] = isnan(z[i]) ? 0 : z[i] - mean - tz / tt * ((double)i - mid);
    squares += z[i] * z[i];
  }
  return squares;
}

/* Autocorrelations of n values, whose squares sum up to `squares`, at lags below `lags` (a multiple of BLOCK; n + BLOCK values may be read). */
static void correlate(const double *z, size_t n, double squares, size_t lags, double *r)
{
  for (size_t l = 0; l < lags; l += BLOCK) {
    double sum[BLOCK] = {0};
    for (size_t i = 0; i + l < n; i++) {
      for (size_t k = 0; k < BLOCK; k++)
        sum[k] += z[i] * z[i + l + k];
    }
    for (size_t k = 0; k < BLOCK; k++)
      r[l + k] = l + k < n ? sum[k] / (double)(n - l - k) / squares * (double)n : 0;
  }
}

static int is_hill(const double *r, size_t l)
{
  return r[l] >= r[l - 1] && r[l] >= r[l + 1];
}

/* The highest within `near` of a lag below `lags`. */
static size_t highest_near(const double *r, size_t lag, size_t near, size_t lags)
{
  size_t best = lag;
  for (size_t l = lag - near; l <= lag + near && l + 1 < lags; l++)
    best = r[l] > r[best] ? l : best;
  return best;
}

/* Where the hill at lag l stands, to a part of a slot: the top of the parabola through points an eighth of a period apart. */
static double top_of(const double *r, size_t l, size_t lag, size_t lags)
{
  size_t h = lag / 8 > 1 ? lag / 8 : 1;
  if (l + h >= lags)
    return (double)l;
  double bend = 2 * r[l] - r[l - h] - r[l + h];
  double off = bend > 0 ? (double)h * (r[l + h] - r[l - h]) / 2 / bend : 0;
  return (double)l + fmax(-1, fmin(1, off));
}

/* A period from its first hill: each multiple that can be seen tells it better, by least squares weighed with the products that its hill rests on. */
static double refine(const double *r, size_t n, size_t lag, size_t lags)
{
  double w = (double)(n - lag), sum = w * top_of(r, lag, lag, lags), squares = w, period = (double)lag;
  size_t near = lag / 8 > 1 ? lag / 8 : 1, times = 1;
  for (size_t k = 2;; k++) {
    size_t at = (size_t)(period * (double)k + 0.5);
    if (at + near + 1 >= lags || r[highest_near(r, at, near, lags)] < SEEN * AGAIN)
      break;
    w = (double)(n - at) * (double)k;
    sum += w * top_of(r, highest_near(r, at, near, lags), lag, lags);
    squares += w * (double)k;
    period = sum / squares;
    times = k;
  }
  double whole = floor(period + 0.5);
  return fabs(period - whole) * (double)times < WHOLE ? whole : period;
}

/* The lag from `least` on at which a hill says that rows come again; 0: none. */
static size_t hill(const double *r, size_t least, size_t most)
{
  double lowest = 1, highest = 0;
  for (int pass = 0; pass < 2; pass++) {
    lowest = 1;
    for (size_t l = 1; l <= most; l++) {
      lowest = fmin(lowest, r[l]);
      if (l < least || !is_hill(r, l) || r[l] < SEEN || r[l] - lowest < SEEN || r[highest_near(r, 2 * l, l / 8 > 1 ? l / 8 : 1, 2 * most + 2)] < AGAIN * r[l])
        continue;
      if (pass && r[l] >= EQUAL * highest)
        return l;
      highest = fmax(highest, r[l]);
    }
  }
  return 0;
}

/* The period of a ring in its slots; 0: none, or one that is left to the ring of shorter slots, where this one sees but a multiple of it. */
static double look(const pl_period_ring *g, int first)
{
  double z[PL_PERIOD_SLOTS + BLOCK] = {0}, r[LAGS];
  size_t n = g->n < PL_PERIOD_SLOTS ? (size_t)g->n : PL_PERIOD_SLOTS, lags = n / 4 * 3 / BLOCK * BLOCK, most = n / 3 - 1;
  for (size_t i = 0; i < n; i++)
    z[i] = g->slot[(g->n - n + i) % PL_PERIOD_SLOTS];
  if (!(clip(z, n) > 0))
    return 0;
  double squares = level(z, n);
  if (!(squares > 1e-9))
    return 0;
  correlate(z, n, squares, lags, r);
  size_t lag = hill(r, first ? PL_PERIOD_LEAST : 2, most);
  return lag && (first || lag >= SHORT) ? refine(r, n, lag, lags) : 0;
}

/* A row or, where it is NaN, a missing one; whether it fills a slot. */
static int fill(pl_period_ring *g, double value, uint64_t rows)
{
  if (!isnan(value))
    g->mean += (value - g->mean) / ++g->there;
  if (++g->rows < rows)
    return 0;
  g->slot[g->n++ % PL_PERIOD_SLOTS] = g->there ? g->mean : NAN;
  g->rows = g->there = 0;
  g->mean = 0;
  return 1;
}

/* Missing rows: those that end the slot being filled, whole slots, and the rest. */
static void skip(pl_period_ring *g, uint64_t missing, uint64_t rows)
{
  for (; missing > 0 && g->rows > 0; missing--)
    (void)fill(g, NAN, rows);
  for (uint64_t k = 0; k < missing / rows && k < PL_PERIOD_SLOTS; k++)
    g->slot[g->n++ % PL_PERIOD_SLOTS] = NAN;
  g->rows += (uint32_t)(missing % rows);
}

double pl_period_add(pl_period *p, double value, uint64_t missing, int *ring)
{
  double found = 0;
  for (int i = 0; i < PL_PERIOD_RINGS; i++) {
    uint64_t rows = rows_of(i);
    if (missing)
      skip(&p->ring[i], missing, rows);
    if (!fill(&p->ring[i], value, rows) || !is_due(&p->ring[i]) || found > 0)
      continue;
    found = look(&p->ring[i], i == 0) * (double)rows;
    found = i == 0 ? floor(found + 0.5) : found;
    *ring = i;
  }
  return found;
}

double pl_period_value(const pl_period *p, int ring, uint64_t ago)
{
  const pl_period_ring *g = &p->ring[ring];
  if (ago < g->rows)
    return NAN;
  uint64_t back = (ago - g->rows) / rows_of(ring);
  return back < g->n && back < PL_PERIOD_SLOTS ? g->slot[(g->n - 1 - back) % PL_PERIOD_SLOTS] : NAN;
}
