/* Costs of the best cuts up to a place are kept, with the place before. A place that loses to a cut at j by more than later values can mend is dropped
 * for good, but only from j + least on: before that nobody can have cut at j. */
#include "analysis/change/partition.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

typedef struct partition {
  const pl_pieces *y;
  size_t least, last;
  double penalty;
  size_t *places; /* m: where cuts may be, in order; the last one is n */
  size_t m;
  double *best;   /* m: less the sum of squares */
  size_t *from;   /* m: index of the place before; m: the begin */
  size_t *live;   /* m: places that may still be a last cut */
  size_t *due;    /* m: where one that has lost is dropped; 0: it has not */
} partition;

/* ---- Places ----------------------------------------------------------------------------------------- */

/* The place where one interval [from, to) is best cut in two, marked where that gains enough. */
static void mark(const partition *p, size_t from, size_t to, uint8_t *marks)
{
  double most = pl_pieces_gain(p->y, from, to) + p->penalty;
  size_t at = 0;
  for (size_t i = from + p->least; i + p->least <= to; i++) {
    double g = pl_pieces_gain(p->y, from, i) + pl_pieces_gain(p->y, i, to);
    if (g > most) {
      most = g;
      at = i;
    }
  }
  if (at)
    marks[at] = 1;
}

/* Intervals of lengths that are halved, each moved by half its length. */
static void mark_places(const partition *p, uint8_t *marks)
{
  size_t n = p->y->n;
  for (size_t len = n; len >= 2 * p->least; len /= 2) {
    for (size_t from = 0; from + len <= n; from += len / 2)
      mark(p, from, from + len, marks);
    mark(p, n - len, n, marks);
  }
}

static void list_places(partition *p, const uint8_t *marks)
{
  for (size_t i = p->least; i + p->last <= p->y->n; i++) {
    if (!marks || marks[i] || i + p->least > p->y->n)
      p->places[p->m++] = i;
  }
  p->places[p->m++] = p->y->n;
}

/* ---- Cuts ------------------------------------------------------------------------------------------- */

/* The best way to the place j: over the begin and all live places before it. */
static void reach(partition *p, size_t j, size_t n_live)
{
  size_t place = p->places[j], least = j + 1 < p->m ? p->least : p->last;
  p->best[j] = -pl_pieces_gain(p->y, 0, place);
  p->from[j] = p->m;
  for (size_t k = 0; k < n_live; k++) {
    size_t i = p->live[k];
    if (place - p->places[i] < least)
      continue;
    double cost = p->best[i] + p->penalty - pl_pieces_gain(p->y, p->places[i], place);
    if (cost < p->best[j]) {
      p->best[j] = cost;
      p->from[j] = i;
    }
  }
}

/* Drops places whose time has come, and finds those that lose to a cut at j. */
static size_t prune(partition *p, size_t j, size_t n_live)
{
  size_t n = 0, place = p->places[j];
  for (size_t k = 0; k < n_live; k++) {
    size_t i = p->live[k], from = p->places[i];
    if (p->due[i] && p->due[i] <= place)
      continue;
    if (!p->due[i] && p->best[i] - pl_pieces_gain(p->y, from, place) >= p->best[j])
      p->due[i] = place + p->least;
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
    p->due[j] = 0;
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

bool pl_partition(const pl_pieces *y, double penalty, size_t least, size_t last, size_t *cuts, size_t *n_cuts)
{
  const pl_allocator *a = y->alloc;
  partition p = {.y = y, .least = least, .last = last, .penalty = penalty};
  bool all = y->n <= PL_PARTITION_ALL;
  uint8_t *marks = all ? NULL : pl_alloc_zero(a, y->n, 1);
  size_t room = y->n + 1, bytes = room * sizeof *p.places;
  p.places = pl_alloc(a, bytes);
  p.from = pl_alloc(a, bytes);
  p.live = pl_alloc(a, bytes);
  p.due = pl_alloc(a, bytes);
  p.best = pl_alloc(a, room * sizeof *p.best);
  bool ok = p.places && p.from && p.live && p.due && p.best && (marks || all);
  if (ok) {
    if (marks)
      mark_places(&p, marks);
    list_places(&p, marks);
    *n_cuts = cut(&p, cuts);
  }
  pl_free(a, marks, y->n);
  pl_free(a, p.places, bytes);
  pl_free(a, p.from, bytes);
  pl_free(a, p.live, bytes);
  pl_free(a, p.due, bytes);
  pl_free(a, p.best, room * sizeof *p.best);
  return ok;
}
