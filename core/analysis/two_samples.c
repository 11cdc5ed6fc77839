/* See two_samples.h. */
#include "analysis/two_samples.h"

#include <float.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/bootstrap.h"
#include "analysis/compare.h"
#include "analysis/normal.h"
#include "analysis/ranks.h"
#include "analysis/student.h"
#include "base/random.h"

enum { ROUNDS_MAX = 9999, ROUNDS_MIN = 199, DRAWS = 100000000, PERCENTILE_MIN = 1000, DEPENDENT_MIN = 20 };

static const double tail = 0.025;

typedef struct side {
  const double *x; /* what is drawn from */
  size_t n;        /* how many that are */
  size_t draws;    /* how many are drawn a round */
  size_t block;
  double mean, variance;
  double centre; /* of the resampled means */
  double high;   /* near the 95th percentile: where the 99th is looked for first */
} side;

static int by_value(const void *a, const void *b)
{
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static bool describe(const double *x, size_t n, side *out)
{
  double mean = 0, variance = 0;
  for (size_t i = 0; i < n; i++) {
    if (!isfinite(x[i]))
      return false;
    mean += (x[i] - mean) / (double)(i + 1);
  }
  for (size_t i = 0; i < n && n > 1; i++)
    variance += (x[i] - mean) * (x[i] - mean) / (double)(n - 1);
  *out = (side){.x = x, .n = n, .draws = n, .block = 1, .mean = mean, .variance = variance, .centre = mean, .high = -INFINITY};
  return n > 0;
}

static double correlation(const void *of, size_t lag)
{
  const side *s = of;
  return pl_autocorrelation(s->x, s->n, lag);
}

static size_t block_length(const side *s)
{
  return s->n < DEPENDENT_MIN ? 1 : pl_block_length(s->n, correlation, s);
}

/* The nearest-rank 99th percentile of x, which is put into another order. Only what reaches `high` is sorted, where that is enough. */
static double p99(double *x, size_t n, double high)
{
  size_t from_top = n - (size_t)pl_nearest_rank(0.99, n), kept = 0;
  for (size_t i = 0; i < n; i++) {
    if (x[i] >= high) {
      double swap = x[kept];
      x[kept++] = x[i];
      x[i] = swap;
    }
  }
  size_t sorted = kept > from_top ? kept : n;
  qsort(x, sorted, sizeof *x, by_value);
  return x[sorted - 1 - from_top];
}

/* Fills out[draws] with one resampling in blocks. */
static void draw(const side *s, pl_rng *rng, double *out)
{
  for (size_t taken = 0; taken < s->draws;) {
    size_t start = (size_t)pl_rng_below(rng, s->n);
    for (size_t i = 0; i < s->block && taken < s->draws; i++)
      out[taken++] = s->x[(start + i) % s->n];
  }
}

/* One resampled statistic. */
static double resample(const side *s, enum pl_statistic statistic, pl_rng *rng, double *room)
{
  draw(s, rng, room);
  if (statistic == PL_STATISTIC_P99)
    return p99(room, s->draws, s->high);
  double sum = 0;
  for (size_t i = 0; i < s->draws; i++)
    sum += room[i] - s->mean;
  return s->centre + sqrt((double)s->n / (double)(s->n - 1)) * sum / (double)s->draws;
}

/* Degrees of freedom of the difference of two means, or of one value and a mean. */
static double freedom(const side *a, const side *b)
{
  return b->draws == 1 ? (double)a->n - 1 : pl_welch_freedom(a->variance, a->n, b->variance, b->n);
}

/* lo, hi and p from the sorted differences of the rounds. df: infinite for percentiles. */
static void conclude(const double *rounds, size_t n, double df, pl_two_samples *out)
{
  double share = isinf(df) ? tail : pl_normal_cdf(pl_student_quantile(tail, df)), mean = 0, variance = 0;
  size_t cut = (size_t)(share * (double)(n + 1) + 0.5);
  cut = cut < 1 ? 1 : cut;
  out->lo = rounds[cut - 1];
  out->hi = rounds[n - cut];
  for (size_t i = 0; i < n; i++)
    mean += rounds[i] / (double)n;
  for (size_t i = 0; i < n; i++)
    variance += (rounds[i] - mean) * (rounds[i] - mean) / (double)(n - 1);
  double t = fabs(out->difference) / sqrt(variance);
  if (variance > 0)
    out->p = 2 * (isinf(df) ? pl_normal_cdf(-t) : pl_student_cdf(-t, df));
  else
    out->p = out->difference == 0 ? 1 : 0;
}

static bool noise_known(size_t n_base, size_t n_candidate, enum pl_statistic statistic)
{
  if (statistic == PL_STATISTIC_P99)
    return n_base >= PERCENTILE_MIN && n_candidate >= PERCENTILE_MIN;
  return pl_noise_known(n_base, n_candidate);
}

/* The statistic of one side; room holds it. */
static double measure(side *s, enum pl_statistic statistic, double *room)
{
  if (statistic == PL_STATISTIC_MEAN)
    return s->mean;
  memcpy(room, s->x, s->n * sizeof *room);
  double value = p99(room, s->n, -INFINITY); /* all of room is sorted now */
  s->high = room[(size_t)(0.95 * (double)s->n)];
  return value;
}

static size_t rounds_for(size_t values)
{
  size_t affordable = DRAWS / values;
  return affordable > ROUNDS_MAX ? ROUNDS_MAX : affordable < ROUNDS_MIN ? ROUNDS_MIN : affordable;
}

static void bootstrap(side *a, side *b, enum pl_statistic statistic, double *room, double *rounds, pl_two_samples *out)
{
  double df = statistic == PL_STATISTIC_P99 ? INFINITY : freedom(a, b);
  size_t n = rounds_for(a->n + b->n);
  pl_rng rng;
  pl_rng_init(&rng, 1, a->n, b->n, 0);
  a->block = block_length(a);
  if (b->draws == 1)
    *b = (side){.x = a->x, .n = a->n, .draws = 1, .block = 1, .mean = a->mean, .centre = b->centre};
  else
    b->block = block_length(b);
  for (size_t i = 0; i < n; i++)
    rounds[i] = resample(b, statistic, &rng, room) - resample(a, statistic, &rng, room);
  qsort(rounds, n, sizeof *rounds, by_value);
  conclude(rounds, n, df, out);
}

static int compare(const pl_allocator *a, const double *base, size_t n_base, const double *candidate, size_t n_candidate,
                   enum pl_statistic statistic, pl_two_samples *out)
{
  side before, now;
  if (!describe(base, n_base, &before) || !describe(candidate, n_candidate, &now))
    return PL_EINVAL;
  size_t most = n_base > n_candidate ? n_base : n_candidate, bytes = (most + ROUNDS_MAX) * sizeof(double);
  double *room = pl_alloc(a, bytes);
  if (!room)
    return PL_ENOMEM;
  *out = (pl_two_samples){.baseline = measure(&before, statistic, room), .candidate = measure(&now, statistic, room), .p = 1};
  out->difference = out->candidate - out->baseline;
  out->noise_known = noise_known(n_base, n_candidate, statistic);
  if (out->noise_known)
    bootstrap(&before, &now, statistic, room, room + most, out);
  pl_free(a, room, bytes);
  return PL_OK;
}

static double bounded(double x)
{
  return fmax(-DBL_MAX, fmin(DBL_MAX, x));
}

/* Values whose squares would overflow or vanish, in units of the largest of them. */
static int compare_scaled(const pl_allocator *a, const double *base, size_t n_base, const double *candidate, size_t n_candidate,
                          double unit, enum pl_statistic statistic, pl_two_samples *out)
{
  size_t n = n_base + n_candidate;
  double *scaled = pl_alloc(a, n * sizeof *scaled);
  if (!scaled)
    return PL_ENOMEM;
  for (size_t i = 0; i < n; i++)
    scaled[i] = (i < n_base ? base[i] : candidate[i - n_base]) / unit;
  int code = compare(a, scaled, n_base, scaled + n_base, n_candidate, statistic, out);
  pl_free(a, scaled, n * sizeof *scaled);
  if (code)
    return code;
  double *figures[] = {&out->baseline, &out->candidate, &out->difference, &out->lo, &out->hi};
  for (size_t i = 0; i < sizeof figures / sizeof *figures; i++)
    *figures[i] = bounded(*figures[i] * unit);
  return PL_OK;
}

int pl_compare_two_samples(const pl_allocator *a, const double *base, size_t n_base, const double *candidate, size_t n_candidate,
                           enum pl_statistic statistic, pl_two_samples *out)
{
  double most = 0;
  for (size_t i = 0; i < n_base + n_candidate; i++)
    most = fmax(most, fabs(i < n_base ? base[i] : candidate[i - n_base]));
  if (isfinite(most) && most > 0 && (most > 1e100 || most < 1e-100))
    return compare_scaled(a, base, n_base, candidate, n_candidate, most, statistic, out);
  return compare(a, base, n_base, candidate, n_candidate, statistic, out);
}
