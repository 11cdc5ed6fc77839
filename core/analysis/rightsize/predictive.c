/* See predictive.h. The best size is one of the values: between two of them a larger one only lies idle. With values sorted, weights w and
 * their running sums W and S = sum of w x, the cost of the size v is (W - S / v) + cost (1 - W). */
#include "analysis/rightsize/predictive.h"

#include <math.h>
#include <stdlib.h>

#include "base/error.h"

#define COST_LEAST 0.1
#define COST_MOST 1000.0
enum { HALVINGS = 24, HISTORY_LEAST = 4 };

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

/* A group's earlier parts, weighed once, to be held against the later ones. */
typedef struct trial {
  weighted *earlier; /* one series behind the other */
  size_t *ends;      /* of each series in it */
  const pl_use *group;
  size_t n;
} trial;

/* Mean share of violations in the later parts at a cost. */
static double violations_at(const trial *t, double cost, const pl_need_options *o)
{
  double sum = 0;
  size_t begin = 0, series = 0;
  for (size_t i = 0; i < t->n; i++) {
    const pl_use *u = &t->group[i];
    size_t count = t->ends[i] - begin, above = 0, seen = 0;
    if (count > 0) {
      double size = bounded(best_size(t->earlier + begin, count, cost), o);
      for (size_t k = cut_of(u->n); k < u->n; k++) {
        bool usable = isfinite(u->values[k]) && u->values[k] >= 0;
        seen += usable;
        above += usable && u->values[k] > size;
      }
    }
    begin = t->ends[i];
    if (seen > 0) {
      sum += (double)above / (double)seen;
      series++;
    }
  }
  return series > 0 ? sum / (double)series : NAN;
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

int pl_need_cost_for(const pl_allocator *a, const pl_use *group, size_t n, double budget, const pl_need_options *o, bool (*stop)(void *), void *stop_arg,
                     double *cost, bool *kept, pl_error *err)
{
  size_t all = 0, at = 0;
  int code = 0;
  for (size_t i = 0; i < n && !code; i++) {
    code = check(o, group[i].n, err);
    all += cut_of(group[i].n);
  }
  if (!code && !(budget > 0 && budget < 1))
    code = pl_fail(err, PL_EINVAL, "a budget of violations lies between 0 and 1");
  if (!code && (n == 0 || all == 0))
    code = pl_fail(err, PL_EINVAL, "no series has %d values to try a rule on", HISTORY_LEAST);
  if (code)
    return code;
  trial t = {.earlier = pl_alloc(a, all * sizeof *t.earlier), .ends = pl_alloc(a, n * sizeof *t.ends), .group = group, .n = n};
  if (t.earlier && t.ends) {
    for (size_t i = 0; i < n; i++) {
      at += group[i].n >= HISTORY_LEAST ? weigh(group[i].values, cut_of(group[i].n), o->half_life, t.earlier + at) : 0;
      t.ends[i] = at;
    }
    code = search(&t, budget, o, stop, stop_arg, cost, kept, err);
  } else {
    code = pl_fail(err, PL_ENOMEM, "right-sizing: out of memory");
  }
  pl_free(a, t.earlier, all * sizeof *t.earlier);
  pl_free(a, t.ends, n * sizeof *t.ends);
  return code;
}
