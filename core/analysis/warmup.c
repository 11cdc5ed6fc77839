/* See warmup.h. */
#include "analysis/warmup.h"

#include <float.h>
#include <math.h>

#include "analysis/effective_size.h"
#include "analysis/moments.h"
#include "analysis/normal.h"
#include "analysis/order.h"
#include "analysis/student.h"

enum { BATCH = 5, VALUES_MIN = 20, POINTS_MAX = 1000 };

static double batch_mean(const double *x, size_t batch)
{
  double sum = 0;
  for (size_t i = 0; i < BATCH; i++)
    sum += x[batch * BATCH + i] / BATCH;
  return sum;
}

static pl_moments batches(const double *x, size_t from, size_t to)
{
  pl_moments m = {0};
  for (size_t i = from; i < to; i++)
    (void)pl_moments_add(&m, batch_mean(x, i));
  return m;
}

/* Whether the batches before a cut have another mean than those behind it, by the spread of the latter: a beginning that falls is spread
 * widely itself. */
static bool differ(const pl_moments *before, const pl_moments *after)
{
  double apart = fabs(before->mean - after->mean);
  double error = pl_moments_deviation(after) * sqrt(1 / (double)before->n + 1 / (double)after->n);
  if (!(error > 0))
    return apart > 0;
  return 2 * pl_student_cdf(-apart / error, (double)after->n - 1) < 0.001;
}

static bool all_finite(const double *x, size_t n)
{
  for (size_t i = 0; i < n; i++) {
    if (!isfinite(x[i]))
      return false;
  }
  return true;
}

size_t pl_warmup(const double *x, size_t n, bool *unsettled)
{
  size_t count = n / BATCH, best = 0;
  double least = INFINITY;
  pl_moments tail = {0};
  *unsettled = false;
  if (n < VALUES_MIN || !all_finite(x, n))
    return 0;
  for (size_t i = count; i-- > 0;) { /* from the end, so that each cut's moments come from the one behind it */
    (void)pl_moments_add(&tail, batch_mean(x, i));
    double measure = tail.squares / ((double)tail.n * (double)tail.n);
    if (i <= count / 2 && measure <= least) {
      least = measure;
      best = i;
    }
  }
  pl_moments before = batches(x, 0, best), after = batches(x, best, count);
  if (!best || !differ(&before, &after))
    return 0;
  *unsettled = best == count / 2;
  return best * BATCH;
}

/* Pairs that rise less those that fall; fills the slopes. */
static double rises(const double *x, size_t n, double *slopes)
{
  double score = 0;
  size_t k = 0;
  for (size_t i = 0; i < n; i++) {
    for (size_t j = i + 1; j < n; j++) {
      score += (x[j] > x[i]) - (x[j] < x[i]);
      slopes[k++] = fmax(-DBL_MAX, fmin(DBL_MAX, x[j] / (double)(j - i) - x[i] / (double)(j - i)));
    }
  }
  return score;
}

/* Of the score without a trend; room: n values. */
static double variance_of_score(const double *x, size_t n, double *room)
{
  double size = (double)n, variance = size * (size - 1) * (2 * size + 5);
  for (size_t i = 0; i < n; i++)
    room[i] = x[i];
  pl_sort(room, n);
  for (size_t i = 0, after; i < n; i = after) {
    for (after = i + 1; after < n && room[after] == room[i];)
      after++;
    double t = (double)(after - i);
    variance -= t * (t - 1) * (2 * t + 5);
  }
  return fmax(0, variance) / 18;
}

static void judge(const double *x, size_t n, double *room, pl_trend *out)
{
  double *slopes = room + n, score = rises(x, n, slopes);
  size_t pairs = n * (n - 1) / 2;
  pl_sort(slopes, pairs);
  out->slope = pl_median_sorted(slopes, pairs);
  double variance = variance_of_score(x, n, room);
  for (size_t i = 0; i < n; i++) /* the trend itself is no dependence */
    room[i] = x[i] - out->slope * (double)i;
  double size = all_finite(room, n) ? pl_effective_size(room, n) : (double)n;
  variance *= (double)n / size;
  out->p = variance > 0 ? fmin(1, 2 * pl_normal_cdf(-fmax(0, fabs(score) - 1) / sqrt(variance))) : 1;
}

int pl_trend_of(const pl_allocator *a, const double *x, size_t n, pl_trend *out)
{
  if (n < 4 || !all_finite(x, n))
    return PL_EINVAL;
  size_t points = n < POINTS_MAX ? n : POINTS_MAX, bytes = (2 * points + points * (points - 1) / 2) * sizeof(double);
  double *means = pl_alloc(a, bytes);
  if (!means)
    return PL_ENOMEM;
  for (size_t i = 0; i < points; i++) {
    pl_moments m = {0};
    for (size_t k = n * i / points; k < n * (i + 1) / points; k++)
      (void)pl_moments_add(&m, x[k]);
    means[i] = m.mean;
  }
  pl_trend found = {0};
  judge(means, points, means + points, &found);
  found.slope *= (double)points / (double)n;
  found.change = fmax(-DBL_MAX, fmin(DBL_MAX, found.slope * ((double)n - 1)));
  *out = found;
  pl_free(a, means, bytes);
  return PL_OK;
}
