/* See quantile_ratio.h. */
#include "analysis/quantile_ratio.h"

#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "analysis/moments.h"
#include "analysis/order.h"
#include "analysis/ranks.h"
#include "base/random.h"

enum { ROUNDS = 2000, ROUNDS_MIN = 100, ROUNDS_MAX = 100000, VALUES_MAX = 10000000, REPETITIONS_MAX = 1000000 };

static bool usable(const pl_run_values *v, size_t *total, size_t *longest)
{
  *total = *longest = 0;
  for (size_t i = 0; i < v->runs; i++) {
    if (!v->length[i] || v->length[i] > VALUES_MAX - *total)
      return false;
    *total += v->length[i];
    *longest = v->length[i] > *longest ? v->length[i] : *longest;
  }
  for (size_t i = 0; i < *total; i++) {
    if (!isfinite(v->x[i]) || v->x[i] < 0)
      return false;
  }
  return v->runs > 0;
}

static double quantile_of(double *x, size_t n, double p)
{
  pl_sort(x, n);
  return x[pl_nearest_rank(p, n) - 1];
}

/* Runs are drawn, then as many values in each as it has. starts: where each run begins. */
static double draw(const pl_run_values *v, const size_t *starts, double p, pl_rng *rng, double *room)
{
  size_t taken = 0;
  for (size_t i = 0; i < v->runs; i++) {
    size_t run = (size_t)pl_rng_below(rng, v->runs), n = v->length[run];
    for (size_t k = 0; k < n; k++)
      room[taken++] = v->x[starts[run] + (size_t)pl_rng_below(rng, n)];
  }
  return quantile_of(room, taken, p);
}

static double ratio_of(double candidate, double base)
{
  if (base > 0)
    return fmin(DBL_MAX, candidate / base);
  return candidate > 0 ? DBL_MAX : 1;
}

static void fill_starts(const pl_run_values *v, size_t *starts)
{
  for (size_t i = 0, at = 0; i < v->runs; at += v->length[i++])
    starts[i] = at;
}

static void conclude(double *ratios, size_t rounds, double level, pl_resampled *out)
{
  pl_moments m = {0};
  for (size_t r = 0; r < rounds; r++)
    (void)pl_moments_add(&m, ratios[r]);
  pl_sort(ratios, rounds);
  size_t cut = (size_t)((1 - level) / 2 * ((double)rounds + 1));
  cut = cut < 1 ? 1 : cut;
  out->lo = ratios[cut - 1];
  out->hi = ratios[rounds - cut];
  out->error = pl_moments_deviation(&m);
}

int pl_quantile_ratio(const pl_allocator *a, const pl_run_values *base, const pl_run_values *candidate, double p,
                      const pl_resample_options *o, pl_resampled *out)
{
  size_t total_a, total_b, longest_a, longest_b, rounds = o->rounds ? o->rounds : ROUNDS;
  if (!usable(base, &total_a, &longest_a) || !usable(candidate, &total_b, &longest_b) || !(p >= 0) || !(p <= 1) || rounds < ROUNDS_MIN ||
      rounds > ROUNDS_MAX || !(o->level > 0) || !(o->level < 1))
    return PL_EINVAL;
  size_t most_a = base->runs * longest_a, most_b = candidate->runs * longest_b, most = most_a > most_b ? most_a : most_b;
  if (most > VALUES_MAX) /* very unequal runs: drawing the longest each time must fit */
    return PL_EINVAL;
  size_t values = (most + rounds) * sizeof(double), starts_bytes = (base->runs + candidate->runs) * sizeof(size_t);
  double *room = pl_alloc(a, values);
  size_t *starts = pl_alloc(a, starts_bytes);
  int code = room && starts ? PL_OK : PL_ENOMEM;
  if (!code) {
    pl_rng rng;
    pl_rng_init(&rng, o->seed, total_a, total_b, 0);
    fill_starts(base, starts);
    fill_starts(candidate, starts + base->runs);
    memcpy(room, candidate->x, total_b * sizeof *room);
    double now = quantile_of(room, total_b, p);
    memcpy(room, base->x, total_a * sizeof *room);
    *out = (pl_resampled){.value = ratio_of(now, quantile_of(room, total_a, p))};
    for (size_t r = 0; r < rounds; r++) {
      double drawn = draw(candidate, starts + base->runs, p, &rng, room);
      room[most + r] = ratio_of(drawn, draw(base, starts, p, &rng, room));
    }
    conclude(room + most, rounds, o->level, out);
  }
  pl_free(a, starts, starts_bytes);
  pl_free(a, room, values);
  return code;
}

size_t pl_repetitions(double cost_outer, double cost_inner, double variance_outer, double variance_inner)
{
  if (!(cost_outer > 0) || !(cost_inner > 0) || !(variance_outer > 0) || !(variance_inner > 0))
    return 1;
  double n = ceil(sqrt(cost_outer / cost_inner * (variance_inner / variance_outer)));
  return n < 1 ? 1 : n < REPETITIONS_MAX ? (size_t)n : REPETITIONS_MAX;
}
