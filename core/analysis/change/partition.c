/* Sums of a prefix make the cost of a stretch one subtraction. Costs of the best cuts up to a place are kept, with the place before; a place that
 * can no longer be the last cut of any later one is dropped for good. */
#include "analysis/change/partition.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "perilune/error.h"

typedef struct partition {
  const double *sum; /* n + 1: of the values before */
  size_t n, least;
  double penalty;
  size_t *places;    /* m: where cuts may be, in order; the last one is n */
  size_t m;
  double *best;      /* m: less the sum of squares */
  size_t *from;      /* m: index of the place before; m: the begin */
  size_t *live;      /* m: places that may still be a last cut */
} partition;

/* Minus the sum of a stretch's squares that its mean takes away. */
static double taken(const double *sum, size_t from, size_t to)
{
  double s = sum[to] - sum[from];
  return -s * s / (double)(to - from);
}

/* ---- Places ----------------------------------------------------------------------------------------- */

/* The place where one interval [from, to) is best cut in two, marked where that gains enough. */
static void mark(const double *sum, size_t from, size_t to, size_t least, double gain, uint8_t *marks)
{
  double all = taken(sum, from, to), most = 0;
  size_t at = 0;
  for (size_t i = from + least; i + least <= to; i++) {
    double g = all - taken(sum, from, i) - taken(sum, i, to);
    if (g > most) {
      most = g;
      at = i;
    }
  }
  if (at && most >= gain)
    marks[at] = 1;
}

/* Intervals of lengths that shrink by the root of two, each moved by half its length. Long ones are left out: a change is seen in shorter ones. */
static void mark_places(const partition *p, uint8_t *marks)
{
  double length = (double)p->n;
  for (; length >= (double)(2 * p->least); length /= 2) {
    size_t len = (size_t)length, step = len / 2;
    for (size_t from = 0; from + len <= p->n; from += step)
      mark(p->sum, from, from + len, p->least, p->penalty / 2, marks);
    mark(p->sum, p->n - len, p->n, p->least, p->penalty / 2, marks);
  }
}

static void list_places(partition *p, const uint8_t *marks)
{
  for (size_t i = p->least; i + p->least <= p->n; i++) {
    if (!marks || marks[i])
      p->places[p->m++] = i;
  }
  p->places[p->m++] = p->n;
}

/* ---- Cuts ------------------------------------------------------------------------------------------- */

/* The best way to the place j: over the begin and all live places before it. */
static void reach(partition *p, size_t j, size_t n_live)
{
  p->best[j] = taken(p->sum, 0, p->places[j]);
  p->from[j] = p->m;
  for (size_t k = 0; k < n_live; k++) {
    size_t i = p->live[k];
    if (p->places[j] - p->places[i] < p->least)
      continue;
    double cost = p->best[i] + p->penalty + taken(p->sum, p->places[i], p->places[j]);
    if (cost < p->best[j]) {
      p->best[j] = cost;
      p->from[j] = i;
    }
  }
}

/* Drops places that lose to a cut at j by more than any later value can mend. */
static size_t prune(const partition *p, size_t j, size_t n_live)
{
  size_t n = 0;
  for (size_t k = 0; k < n_live; k++) {
    size_t i = p->live[k];
    bool young = p->places[j] - p->places[i] < p->least;
    if (young || p->best[i] + taken(p->sum, p->places[i], p->places[j]) < p->best[j])
      p->live[n++] = i;
  }
  return n;
}

static size_t cut(partition *p, size_t *cuts)
{
  size_t n_live = 0, n = 0;
  for (size_t j = 0; j < p->m; j++) {
    reach(p, j, n_live);
    n_live = prune(p, j, n_live);
    p->live[n_live++] = j;
  }
  for (size_t j = p->from[p->m - 1]; j < p->m; j = p->from[j])
    cuts[n++] = p->places[j];
  for (size_t i = 0; i < n / 2; i++) {
    size_t c = cuts[i];
    cuts[i] = cuts[n - 1 - i];
    cuts[n - 1 - i] = c;
  }
  return n;
}

int pl_partition(const pl_allocator *a, const double *y, size_t n, double penalty, size_t least, size_t *cuts, size_t *n_cuts, double *cost)
{
  partition p = {.n = n, .least = least, .penalty = penalty};
  double *sum = pl_alloc(a, (n + 1) * sizeof *sum), squares = 0;
  uint8_t *marks = n > PL_PARTITION_ALL ? pl_alloc_zero(a, n, 1) : NULL;
  size_t room = n + 1, bytes = room * sizeof *p.places;
  p.places = pl_alloc(a, bytes);
  p.from = pl_alloc(a, bytes);
  p.live = pl_alloc(a, bytes);
  p.best = pl_alloc(a, room * sizeof *p.best);
  int code = PL_ENOMEM;
  if (sum && p.places && p.from && p.live && p.best && (marks || n <= PL_PARTITION_ALL)) {
    sum[0] = 0;
    for (size_t i = 0; i < n; i++) {
      sum[i + 1] = sum[i] + y[i];
      squares += y[i] * y[i];
    }
    p.sum = sum;
    if (marks)
      mark_places(&p, marks);
    list_places(&p, marks);
    *n_cuts = cut(&p, cuts);
    *cost = squares + p.best[p.m - 1];
    code = PL_OK;
  }
  pl_free(a, sum, (n + 1) * sizeof *sum);
  pl_free(a, marks, n);
  pl_free(a, p.places, bytes);
  pl_free(a, p.from, bytes);
  pl_free(a, p.live, bytes);
  pl_free(a, p.best, room * sizeof *p.best);
  return code;
}
