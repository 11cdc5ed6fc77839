/* See predictive.h. The best size is one of the values: between two of them a larger one only lies idle. With values sorted, weights w and
 * their running sums W and S = sum of w x, the cost of the size v is (W - S / v) + cost (1 - W). */
#include "analysis/rightsize/predictive.h"

#include <math.h>
#include <stdlib.h>

#include "base/error.h"

#define COST_LEAST 0.1
#define COST_MOST 1000.0
enum { HALVINGS = 24, HISTORY_LEAST = 4, FOLDS = 4 };

typedef struct weighted {
  double value, weight;
} weighted;

pl_need_options pl_need_defaults(void)
{
  return (pl_need_options){.violation_cost = 4, .half_life = INFINITY, .least = 0, .most = INFINITY};
}

static int by_value(const void *a, const void *b)
{
  double x = ((const weighted *)a)->value, y = ((const weighted *)b)->value;
  return (x > y) - (x < y);
}

static bool is_usable(double value)
{
  return isfinite(value) && value >= 0;
}

/* Usable values with their weights, sorted; gives how many. Age counts from the newest of them: one weight is 1. */
static size_t weigh(const double *values, size_t n, double half_life, weighted *out)
{
  size_t count = 0;
  double total = 0;
  while (n > 0 && !is_usable(values[n - 1]))
    n--;
  for (size_t i = 0; i < n; i++) {
    if (!is_usable(values[i]))
      continue;
    double weight = exp2(-(double)(n - 1 - i) / half_life);
    out[count++] = (weighted){.value = values[i], .weight = weight};
    total += weight;
  }
  for (size_t i = 0; i < count; i++)
    out[i].weight /= total;
  qsort(out, count, sizeof *out, by_value);
  return count;
}

/* What a size would have done. */
static void look_back(const weighted *w, size_t n, pl_need *need)
{
  need->idle = need->violations = 0;
  for (size_t i = 0; i < n; i++) {
    if (w[i].value > need->size)
      need->violations += w[i].weight;
    else if (need->size > 0)
      need->idle += w[i].weight * (1 - w[i].value / need->size);
  }
}

/* The best of the sorted values. */
static double best_size(const weighted *w, size_t n, double cost)
{
  double below = 0, used = 0, least = INFINITY, best = 0;
  for (size_t i = 0; i < n; i++) {
    below += w[i].weight;
    used += w[i].weight * (w[n - 1].value > 0 ? w[i].value / w[n - 1].value : 0); /* shares of the largest: no overflow */
    if (i + 1 < n && w[i + 1].value == w[i].value)
      continue;
    double size = w[n - 1].value > 0 ? w[i].value / w[n - 1].value : 0;
    double idle = size > 0 ? below - used / size : 0, total = idle + cost * (1 - below);
    if (total <= least) {
      least = total;
      best = w[i].value;
    }
  }
  return best;
}

static double bounded(double size, const pl_need_options *o)
{
  return size < o->least ? o->least : size > o->most ? o->most : size;
}

static int check(const pl_need_options *o, size_t n, pl_error *err)
{
  if (!(isfinite(o->violation_cost) && o->violation_cost > 0 && o->half_life > 0))
    return pl_fail(err, PL_EINVAL, "the cost of a violation and the half-life must be above zero");
  if (!(o->least >= 0 && o->most >= o->least))
    return pl_fail(err, PL_EINVAL, "the least size must be 0 or more, and the most no less");
  return n > PL_NEED_VALUES_MAX ? pl_fail(err, PL_ELIMIT, "%zu values of a series; at most %d", n, PL_NEED_VALUES_MAX) : 0;
}

int pl_need_of(const pl_allocator *a, const double *values, size_t n, const pl_need_options *o, pl_need *out, pl_error *err)
{
  int code = check(o, n, err);
  if (code)
    return code;
  pl_need need = {.known = false};
  if (n > 0) {
    weighted *w = pl_alloc(a, n * sizeof *w);
    if (!w)
      return pl_fail(err, PL_ENOMEM, "right-sizing: out of memory");
    need.n = weigh(values, n, o->half_life, w);
    need.known = need.n > 0;
    need.size = need.known ? bounded(best_size(w, need.n, o->violation_cost), o) : 0;
    look_back(w, need.n, &need);
    pl_free(a, w, n * sizeof *w);
  }
  *out = need;
  return 0;
}

/* Where a history is cut: what is tried out is nearly as long as what will be used. */
static size_t cut_of(size_t n)
{
  return n - n / 4;
}

/* Share of n weighted values above a size. */
static double share_above(const weighted *w, size_t n, double size)
{
  pl_need need = {.size = size};
  look_back(w, n, &need);
  return need.violations;
}

/* The first of the sorted values that at most a share of w, and of the n_later values of `later`, lie above; n where none does. */
static size_t first_within(const weighted *w, size_t n, const weighted *later, size_t n_later, double share)
{
  size_t lo = 0, hi = n;
  while (lo < hi) {
    size_t middle = lo + (hi - lo) / 2;
    double size = w[middle].value;
    if (share_above(w, n, size) <= share && share_above(later, n_later, size) <= share)
      hi = middle;
    else
      lo = middle + 1;
  }
  return lo;
}

int pl_need_alone(const pl_allocator *a, const double *values, size_t n, double budget, const pl_need_options *o, pl_need *out, bool *kept, pl_error *err)
{
  int code = check(o, n, err);
  if (code)
    return code;
  if (!(budget > 0 && budget < 1))
    return pl_fail(err, PL_EINVAL, "a budget of violations lies between 0 and 1");
  if (n < HISTORY_LEAST)
    return pl_fail(err, PL_EINVAL, "%zu values; %d are needed to try a rule on", n, HISTORY_LEAST);
  weighted *w = pl_alloc(a, n * sizeof *w);
  if (!w)
    return pl_fail(err, PL_ENOMEM, "right-sizing: out of memory");
  size_t earlier = weigh(values, cut_of(n), o->half_life, w);
  size_t later = weigh(values + cut_of(n), n - cut_of(n), o->half_life, w + earlier);
  size_t at = first_within(w, earlier, w + earlier, later, budget);
  *kept = at < earlier;
  double share = *kept ? share_above(w, earlier, w[at].value) : 0;
  pl_need need = {.n = weigh(values, n, o->half_life, w)};
  need.known = need.n > 0;
  if (need.known) {
    at = first_within(w, need.n, NULL, 0, share + 1e-9); /* sums of weights differ in their last digits */
    need.size = bounded(w[at < need.n ? at : need.n - 1].value, o);
    look_back(w, need.n, &need);
  }
  pl_free(a, w, n * sizeof *w);
  *out = need;
  return 0;
}

/* A quarter of a history that is held out; the last is FOLDS - 1, the first one is larger where quarters are not whole. */
static size_t begin_of(size_t n, size_t fold)
{
  return fold ? n - (FOLDS - fold) * (n / FOLDS) : 0;
}

/* What is left of each history without each of its quarters, weighed once, to be held against that quarter. */
typedef struct trial {
  weighted *rest; /* one series behind the other, and of each its FOLDS rests */
  size_t *ends;   /* of each rest in it */
  const pl_use *group;
  size_t n;
} trial;

/* Share of the usable values of a quarter that lie above a size; NaN where there is none. */
static double share_in_quarter(const pl_use *u, size_t fold, double size)
{
  size_t end = fold + 1 < FOLDS ? begin_of(u->n, fold + 1) : u->n, above = 0, seen = 0;
  for (size_t k = begin_of(u->n, fold); k < end; k++) {
    bool usable = is_usable(u->values[k]);
    seen += usable;
    above += usable && u->values[k] > size;
  }
  return seen > 0 ? (double)above / (double)seen : NAN;
}

/* What share of violations is to be expected at a cost. What the last quarters show of sizes from all before is too many: these are made from
 * less than there is, and a history that goes on does not only rise. What each quarter shows of sizes from the others, which lie on both sides
 * of it, is too few. Neither is nearer to the truth by what is known, so that the middle of both is taken. */
static double violations_at(const trial *t, double cost, const pl_need_options *o)
{
  double sum[FOLDS] = {0}, mean = 0;
  size_t begin = 0, series[FOLDS] = {0};
  for (size_t i = 0; i < t->n * FOLDS; i++) {
    size_t count = t->ends[i] - begin, fold = i % FOLDS;
    double share = count ? share_in_quarter(&t->group[i / FOLDS], fold, bounded(best_size(t->rest + begin, count, cost), o)) : NAN;
    begin = t->ends[i];
    if (!isnan(share)) {
      sum[fold] += share;
      series[fold]++;
    }
  }
  size_t folds = 0;
  for (size_t f = 0; f < FOLDS; f++) {
    mean += series[f] ? sum[f] / (double)series[f] : 0;
    folds += series[f] > 0;
  }
  const double *last = &sum[FOLDS - 1];
  return series[FOLDS - 1] ? (*last / (double)series[FOLDS - 1] + mean / (double)folds) / 2 : NAN;
}

/* The least cost that keeps the budget; halving on a scale of ratios. */
static int search(const trial *t, double budget, const pl_need_options *o, bool (*stop)(void *), void *stop_arg, double *cost, bool *kept, pl_error *err)
{
  double lo = COST_LEAST, hi = COST_MOST, most = violations_at(t, hi, o);
  if (isnan(most))
    return pl_fail(err, PL_EINVAL, "no series has %d values to try a rule on", HISTORY_LEAST);
  *kept = most <= budget;
  for (int i = 0; i < HALVINGS && *kept; i++) {
    if (stop && stop(stop_arg))
      return pl_fail(err, PL_ECANCELED, "right-sizing: cancelled");
    double middle = sqrt(lo * hi);
    if (violations_at(t, middle, o) <= budget)
      hi = middle;
    else
      lo = middle;
  }
  *cost = hi;
  return 0;
}

/* Weighs the rests of all series; spare: room for the longest of them. */
static void hold_out(trial *t, const pl_need_options *o, double *spare)
{
  size_t at = 0;
  for (size_t i = 0; i < t->n * FOLDS; i++) {
    const pl_use *u = &t->group[i / FOLDS];
    size_t fold = i % FOLDS, begin = begin_of(u->n, fold), end = fold + 1 < FOLDS ? begin_of(u->n, fold + 1) : u->n, n = 0;
    for (size_t k = 0; k < u->n && u->n >= HISTORY_LEAST; k++) {
      if (k < begin || k >= end)
        spare[n++] = u->values[k];
    }
    at += weigh(spare, n, o->half_life, t->rest + at);
    t->ends[i] = at;
  }
}

int pl_need_cost_for(const pl_allocator *a, const pl_use *group, size_t n, double budget, const pl_need_options *o, bool (*stop)(void *), void *stop_arg,
                     double *cost, bool *kept, pl_error *err)
{
  size_t all = 0, longest = 0;
  int code = 0;
  for (size_t i = 0; i < n && !code; i++) {
    code = check(o, group[i].n, err);
    all += FOLDS * group[i].n;
    longest = group[i].n > longest ? group[i].n : longest;
  }
  if (!code && !(budget > 0 && budget < 1))
    code = pl_fail(err, PL_EINVAL, "a budget of violations lies between 0 and 1");
  if (!code && (n == 0 || all == 0))
    code = pl_fail(err, PL_EINVAL, "no series has %d values to try a rule on", HISTORY_LEAST);
  if (code)
    return code;
  trial t = {.rest = pl_alloc(a, all * sizeof *t.rest), .ends = pl_alloc(a, FOLDS * n * sizeof *t.ends), .group = group, .n = n};
  double *spare = pl_alloc(a, longest * sizeof *spare);
  if (t.rest && t.ends && spare) {
    hold_out(&t, o, spare);
    code = search(&t, budget, o, stop, stop_arg, cost, kept, err);
  } else {
    code = pl_fail(err, PL_ENOMEM, "right-sizing: out of memory");
  }
  pl_free(a, t.rest, all * sizeof *t.rest);
  pl_free(a, t.ends, FOLDS * n * sizeof *t.ends);
  pl_free(a, spare, longest * sizeof *spare);
  return code;
}
