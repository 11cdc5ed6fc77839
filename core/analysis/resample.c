/* See resample.h. */
#include "analysis/resample.h"

#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "analysis/bootstrap.h"
#include "analysis/moments.h"
#include "analysis/normal.h"
#include "analysis/order.h"
#include "analysis/ranks.h"
#include "base/random.h"

enum { ROUNDS = 2000, ROUNDS_MIN = 100, ROUNDS_MAX = 100000, VALUES_MAX = 10000000, JACKKNIFE_MAX = 200 };

double pl_statistic_mean(double *x, size_t n, void *user)
{
  double mean = 0;
  (void)user;
  for (size_t i = 0; i < n; i++)
    mean += x[i] / (double)n;
  return mean;
}

double pl_statistic_median(double *x, size_t n, void *user)
{
  (void)user;
  pl_sort(x, n);
  return pl_median_sorted(x, n);
}

double pl_statistic_quantile(double *x, size_t n, void *user)
{
  const double *p = user;
  pl_sort(x, n);
  return x[pl_nearest_rank(*p, n) - 1];
}

/* What all rounds share. */
typedef struct drawing {
  const double *x;
  size_t n, block, rounds;
  pl_statistic_fn statistic;
  void *user;
  double *room;    /* n values */
  double *figures; /* one a round */
  pl_rng rng;
} drawing;

static bool usable(const double *x, size_t n)
{
  for (size_t i = 0; i < n; i++) {
    if (!isfinite(x[i]))
      return false;
  }
  return n > 0 && n <= VALUES_MAX;
}

static void draw_all(drawing *d)
{
  for (size_t r = 0; r < d->rounds; r++) {
    for (size_t taken = 0; taken < d->n;) {
      size_t start = (size_t)pl_rng_below(&d->rng, d->n);
      for (size_t i = 0; i < d->block && taken < d->n; i++)
        d->room[taken++] = d->x[(start + i) % d->n];
    }
    d->figures[r] = d->statistic(d->room, d->n, d->user);
  }
}

static double figure_of(drawing *d)
{
  memcpy(d->room, d->x, d->n * sizeof *d->x);
  return d->statistic(d->room, d->n, d->user);
}

/* The skewness of the figure as values are left out, over 6; 0 where it does not move. */
static double acceleration(drawing *d)
{
  size_t groups = d->n < JACKKNIFE_MAX ? d->n : JACKKNIFE_MAX;
  double left[JACKKNIFE_MAX], mean = 0, squares = 0, cubes = 0, most = 0;
  for (size_t g = 0; g < groups; g++) {
    size_t from = d->n * g / groups, to = d->n * (g + 1) / groups;
    memcpy(d->room, d->x, from * sizeof *d->x);
    memcpy(d->room + from, d->x + to, (d->n - to) * sizeof *d->x);
    left[g] = d->statistic(d->room, d->n - (to - from), d->user);
    mean += left[g] / (double)groups;
  }
  for (size_t g = 0; g < groups; g++)
    most = fmax(most, fabs(mean - left[g]));
  for (size_t g = 0; g < groups && most > 0; g++) {
    double apart = (mean - left[g]) / most;
    squares += apart * apart;
    cubes += apart * apart * apart;
  }
  return squares > 0 ? cubes / (6 * pow(squares, 1.5)) : 0;
}

/* The figure below which a share of the sorted rounds lies. */
static double at_share(const drawing *d, double share)
{
  double place = floor(share * ((double)d->rounds + 1));
  size_t rank = place < 1 ? 1 : place > (double)d->rounds ? d->rounds : (size_t)place;
  return d->figures[rank - 1];
}

static double adjusted(double bias, double acceleration, double z)
{
  double sum = bias + z, below = 1 - acceleration * sum;
  return below > 0 ? pl_normal_cdf(bias + sum / below) : sum > 0 ? 1 : 0;
}

/* Sorts the figures; the bias is how far the value lies from their middle. */
static void conclude(drawing *d, bool correct, double level, pl_resampled *out)
{
  double below = 0, z = pl_normal_inverse(0.5 + level / 2), a = correct && d->n > 1 ? acceleration(d) : 0;
  for (size_t r = 0; r < d->rounds; r++)
    below += d->figures[r] < out->value ? 1 : d->figures[r] == out->value ? 0.5 : 0;
  out->error = pl_deviation(d->figures, d->rounds);
  pl_sort(d->figures, d->rounds);
  double share = fmin(1 - 1 / (double)d->rounds, fmax(1 / (double)d->rounds, below / (double)d->rounds));
  double bias = correct ? pl_normal_inverse(share) : 0;
  out->lo = at_share(d, adjusted(bias, a, -z));
  out->hi = at_share(d, adjusted(bias, a, z));
}

static int run(const pl_allocator *a, drawing *d, bool correct, const pl_resample_options *o, pl_resampled *out)
{
  d->rounds = o->rounds ? o->rounds : ROUNDS;
  if (!usable(d->x, d->n) || d->rounds < ROUNDS_MIN || d->rounds > ROUNDS_MAX || !(o->level > 0) || !(o->level < 1))
    return PL_EINVAL;
  size_t bytes = (d->n + d->rounds) * sizeof(double);
  d->room = pl_alloc(a, bytes);
  if (!d->room)
    return PL_ENOMEM;
  d->figures = d->room + d->n;
  pl_rng_init(&d->rng, o->seed, d->n, d->block, 0);
  pl_resampled found = {.value = figure_of(d)};
  draw_all(d);
  conclude(d, correct, o->level, &found);
  *out = found;
  pl_free(a, d->room, bytes);
  return PL_OK;
}

int pl_bootstrap_bca(const pl_allocator *a, const double *x, size_t n, pl_statistic_fn statistic, void *user, const pl_resample_options *o,
                     pl_resampled *out)
{
  drawing d = {.x = x, .n = n, .block = 1, .statistic = statistic, .user = user};
  return run(a, &d, true, o, out);
}

static double correlation(const void *of, size_t lag)
{
  const drawing *d = of;
  return pl_autocorrelation(d->x, d->n, lag);
}

int pl_bootstrap_blocks(const pl_allocator *a, const double *x, size_t n, size_t block, pl_statistic_fn statistic, void *user,
                        const pl_resample_options *o, pl_resampled *out)
{
  drawing d = {.x = x, .n = n, .block = block < n ? block : n, .statistic = statistic, .user = user};
  if (!block && n)
    d.block = pl_block_length(n, correlation, &d);
  return run(a, &d, false, o, out);
}

/* Sum of the first n after they were dealt out at random. */
static double deal(pl_rng *rng, double *all, size_t n, size_t total)
{
  double sum = 0;
  for (size_t i = 0; i < n; i++) {
    size_t at = i + (size_t)pl_rng_below(rng, total - i);
    double x = all[at];
    all[at] = all[i];
    all[i] = x;
    sum += x;
  }
  return sum;
}

int pl_permutation_p(const pl_allocator *alloc, const double *a, size_t n, const double *b, size_t m, size_t rounds, uint64_t seed, double *p)
{
  rounds = rounds ? rounds : ROUNDS;
  if (!usable(a, n) || !usable(b, m) || rounds < ROUNDS_MIN || rounds > ROUNDS_MAX)
    return PL_EINVAL;
  size_t total = n + m, at_least = 1;
  double *all = pl_alloc(alloc, total * sizeof *all), most = DBL_MIN, sum = 0, of_a = 0;
  if (!all)
    return PL_ENOMEM;
  for (size_t i = 0; i < total; i++)
    most = fmax(most, fabs(i < n ? a[i] : b[i - n]));
  for (size_t i = 0; i < total; i++) { /* in units of the largest value: nothing overflows */
    all[i] = (i < n ? a[i] : b[i - n]) / most;
    sum += all[i];
    of_a += i < n ? all[i] : 0;
  }
  double expected = sum * ((double)n / (double)total), apart = fabs(of_a - expected) - 1e-12 * (double)total;
  pl_rng rng;
  pl_rng_init(&rng, seed, n, m, 0);
  for (size_t r = 0; r < rounds; r++)
    at_least += fabs(deal(&rng, all, n, total) - expected) >= apart;
  *p = (double)at_least / (double)(rounds + 1);
  pl_free(alloc, all, total * sizeof *all);
  return PL_OK;
}
