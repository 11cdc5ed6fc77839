/* See naming.h. Lengths are at most PL_NAMING_ROWS: arrays of them stand on the stack. */
#include "analysis/anomaly/naming.h"

#include <math.h>
#include <string.h>

#include "analysis/order.h"

enum { LEAST = 8, BEFORE = 128, KNOTS = 8, BLOCK = 6 };
static const double FAR = 2.5;     /* deviations that make another level */
static const double WIDER = 2;     /* times another spread */
static const double UNSURE = 0.2;  /* a standard error of the season's share that says nothing yet */
static const double BETTER = 0.93; /* of the squares that two levels leave: two lines fit better */

/* A stretch in the middle of a set: its median, and its scale as a standard deviation of normal values has it. */
typedef struct summary {
  double median, scale;
  int still; /* more than half of the values are the same */
} summary;

static double median_of(const double *v, size_t n)
{
  double sorted[PL_NAMING_ROWS];
  memcpy(sorted, v, n * sizeof *v);
  pl_sort(sorted, n);
  return pl_median_sorted(sorted, n);
}

/* The scale is of the median absolute deviation, or of the mean one where more than half of the values are the same. */
static summary summary_of(const double *v, size_t n)
{
  double off[PL_NAMING_ROWS], mean = 0;
  summary s = {.median = median_of(v, n)};
  for (size_t i = 0; i < n; i++) {
    off[i] = fabs(v[i] - s.median);
    mean += off[i] / (double)n;
  }
  double middle = median_of(off, n);
  s.still = !(middle > 0);
  s.scale = middle > 0 ? 1.4826 * middle : 1.2533 * mean;
  return s;
}

/* The rows of a ring in their order, the last `n` of them. */
static void unroll(const double *ring, uint64_t seen, size_t n, double *out)
{
  for (size_t i = 0; i < n; i++)
    out[i] = ring[(seen - n + i) % PL_NAMING_ROWS];
}

/* How long it takes what raised an alert to see what began: rows before it that are not of before. */
static size_t lag_of(pl_anomaly_kind first)
{
  return first == PL_ANOMALY_LEAK ? 256 : first == PL_ANOMALY_SHIFT || first == PL_ANOMALY_VARIANCE ? 48 : first == PL_ANOMALY_SEASON ? 16 : 2;
}

/* Squares that the best two levels leave. */
static double step_squares(const double *v, size_t n)
{
  double sum = 0, squares = 0, left = 0, best = INFINITY;
  for (size_t i = 0; i < n; i++) {
    sum += v[i];
    squares += v[i] * v[i];
  }
  for (size_t k = 1; k < n; k++) {
    left += v[k - 1];
    double rest = squares - left * left / (double)k - (sum - left) * (sum - left) / (double)(n - k);
    best = rest < best ? rest : best;
  }
  return best;
}

/* Squares that a level up to row k and a line from it leave. */
static double hinge_squares(const double *v, size_t n, size_t k)
{
  double u = 0, uu = 0, y = 0, uy = 0, yy = 0, all = (double)n;
  for (size_t i = 0; i < n; i++) {
    double at = i > k ? (double)(i - k) : 0;
    u += at;
    uu += at * at;
    y += v[i];
    uy += at * v[i];
    yy += v[i] * v[i];
  }
  double sxx = uu - u * u / all, sxy = uy - u * y / all, syy = yy - y * y / all;
  return sxx > 0 ? syy - sxy * sxy / sxx : syy;
}

/* Whether the rows rise or fall slowly rather than at once. */
static int is_slow(const double *rows, size_t n, summary before)
{
  double v[PL_NAMING_ROWS], unit = 0, best = INFINITY;
  for (size_t i = 0; i < n; i++)
    unit = fabs(rows[i] / 2 - before.median / 2) > unit ? fabs(rows[i] / 2 - before.median / 2) : unit;
  if (!(unit > 0))
    return 0;
  for (size_t i = 0; i < n; i++)
    v[i] = (rows[i] / 2 - before.median / 2) / unit;
  for (size_t k = 0; k + KNOTS < n; k += KNOTS) {
    double rest = hinge_squares(v, n, k);
    best = rest < best ? rest : best;
  }
  return best < BETTER * step_squares(v, n);
}

/* How much of the profile is in the rows: the coefficient b of value = a + b profile + c row by least squares, 1 where the season is as it was, 0 where
 * it is lost, and its standard error; c keeps a slow drift out of it. The profile is orthogonal to a and c first (Frisch, Waugh, "Partial time regressions
 * as compared with individual trends", Econometrica 1, 1933). */
static double share_of_season(const double *value, const double *rest, size_t n, double *error)
{
  double mid = (double)(n - 1) / 2, unit = 0, pm = 0, vm = 0, tt = 0, pt = 0, vt = 0, pp = 0, pv = 0, vv = 0;
  for (size_t i = 0; i < n; i++)
    unit = fmax(unit, fmax(fabs(value[i] / 4), fabs(rest[i] / 4)));
  for (size_t i = 0; i < n; i++) {
    pm += (value[i] / 4 - rest[i] / 4) / unit / (double)n;
    vm += value[i] / 4 / unit / (double)n;
  }
  for (size_t i = 0; i < n; i++) {
    double t = (double)i - mid, p = (value[i] / 4 - rest[i] / 4) / unit - pm, v = value[i] / 4 / unit - vm;
    tt += t * t;
    pt += p * t;
    vt += v * t;
    pp += p * p;
    pv += p * v;
    vv += v * v;
  }
  pp -= pt * pt / tt;
  pv -= pt * vt / tt;
  vv -= vt * vt / tt;
  if (!(pp > 1e-12 * (double)n)) {
    *error = INFINITY;
    return 1;
  }
  *error = sqrt(fmax(0, vv - pv * pv / pp) / (double)(n - 3) / pp);
  return pv / pp;
}

/* Whether means of a few rows each go with the profile, though the rows do not: parts of a profile that learn a new level row by row, as those of a day that
 * hold several rows do, look like steps of its own, which the means do not show. */
static int keeps_season(const double *value, const double *rest, size_t n)
{
  double v[PL_NAMING_ROWS], r[PL_NAMING_ROWS], error;
  size_t blocks = n / BLOCK;
  if (blocks < LEAST)
    return 0;
  for (size_t k = 0; k < blocks; k++) {
    v[k] = r[k] = 0;
    for (size_t i = n - (blocks - k) * BLOCK; i < n - (blocks - k - 1) * BLOCK; i++) {
      v[k] += value[i] / BLOCK;
      r[k] += rest[i] / BLOCK;
    }
  }
  double share = share_of_season(v, r, blocks, &error);
  return share >= 0.5 && error < UNSURE;
}

/* Whether the early rows are far from those before, and the later ones are as they were: these by the season as it was, which has not learnt where they are;
 * but what drifts under a season drifts away from that too, and is not far at first. */
static int stays_away(const double *after, const double *held, size_t n, summary before)
{
  size_t third = n / 3;
  double early = median_of(after + n - 2 * third, third) - before.median, late = median_of(held + n - third, third) - before.median;
  double far = FAR * before.scale;
  return (early > far && late > far) || (early < -far && late < -far);
}

static int all_same(const double *v, size_t n)
{
  for (size_t i = 1; i < n; i++)
    if (v[i] != v[0])
      return 0;
  return 1;
}

void pl_naming_add(pl_naming *w, double value, double rest, double held)
{
  w->value[w->n % PL_NAMING_ROWS] = value;
  w->rest[w->n % PL_NAMING_ROWS] = rest;
  w->held[w->n % PL_NAMING_ROWS] = held;
  w->n++;
  if (w->after)
    w->after++;
  if (w->after > PL_NAMING_AFTER)
    w->after = 0;
}

void pl_naming_begin(pl_naming *w, pl_anomaly_kind first, int seasonal)
{
  w->after = 1;
  w->first = first;
  w->seasonal = seasonal;
}

int pl_naming_is_seasonal(const pl_naming *w)
{
  return w->after && w->seasonal;
}

int pl_naming_is_due(const pl_naming *w)
{
  return w->after == 24 || w->after == 96 || w->after == PL_NAMING_AFTER;
}

pl_anomaly_kind pl_naming_of(const pl_naming *w)
{
  double value[PL_NAMING_ROWS], rest[PL_NAMING_ROWS], held[PL_NAMING_ROWS];
  size_t n = w->n < PL_NAMING_ROWS ? (size_t)w->n : PL_NAMING_ROWS, after = (size_t)w->after;
  if (!after)
    return PL_ANOMALY_NONE;
  if (after < LEAST || n < after + LEAST || w->first == PL_ANOMALY_FLAT || w->first == PL_ANOMALY_MISSING)
    return w->first;
  unroll(w->value, w->n, n, value);
  unroll(w->seasonal ? w->rest : w->value, w->n, n, rest);
  unroll(w->seasonal ? w->held : w->value, w->n, n, held);
  size_t lag = lag_of(w->first), old = n - after;
  old = old > lag + LEAST ? old - lag : old > 2 * LEAST ? old / 2 : old;
  size_t from = old > BEFORE ? old - BEFORE : 0;
  summary before = summary_of(rest + from, old - from), then = summary_of(rest + n - after, after);
  if (all_same(value + n - after, after) && !all_same(value + from, old - from))
    return PL_ANOMALY_FLAT;
  double error = 0, share = w->seasonal ? share_of_season(value + n - after, held + n - after, after, &error) : 1;
  if (share < 0.5 && 1 - share > 3 * error && !keeps_season(value + n - after, held + n - after, after))
    return PL_ANOMALY_SEASON;
  if (stays_away(rest + n - after, held + n - after, after, before)) {
    if (w->first == PL_ANOMALY_SEASON && error > UNSURE)
      return PL_ANOMALY_SEASON;
    return is_slow(held + from, n - from, before) ? PL_ANOMALY_LEAK : PL_ANOMALY_SHIFT;
  }
  if (before.still && then.still && before.median == then.median)
    return PL_ANOMALY_SPIKE;
  if (then.scale > WIDER * before.scale || then.scale * WIDER < before.scale || w->first == PL_ANOMALY_VARIANCE)
    return PL_ANOMALY_VARIANCE;
  return w->first == PL_ANOMALY_LEAK ? PL_ANOMALY_LEAK : PL_ANOMALY_SPIKE;
}
