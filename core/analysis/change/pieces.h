/* Sums of a history that make the cost of each stretch a few subtractions: of a level, or of a straight line. */
#ifndef PL_ANALYSIS_CHANGE_PIECES_H
#define PL_ANALYSIS_CHANGE_PIECES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/alloc.h"

typedef struct pl_pieces {
  const pl_allocator *alloc;
  size_t n;
  bool lines;     /* a stretch is a straight line, else a level */
  double *sum;    /* n + 1: of the values before */
  double *moment; /* n + 1: of values times their place from the middle; NULL: levels */
  double squares; /* of all values */
} pl_pieces;

/* Sums of y, n finite values near 1 in size, 0 of them too. False: no memory; *p is then empty. Linear. Auger, Lawrence 1989. */
bool pl_pieces_init(pl_pieces *p, const pl_allocator *a, const double *y, size_t n, bool lines) PL_MUSTCHECK;
/* An empty one is fine. O(1). */
void pl_pieces_fini(pl_pieces *p);

/* What is left of y when its pieces, parted by the k cuts, are taken off: rest[n]. Linear. */
void pl_pieces_rest(const double *y, size_t n, bool lines, const size_t *cuts, size_t k, double *rest);

/* The sum of squares that the level or line of [from, to) takes away, from < to: never below 0; a line of two values is a level. O(1). */
static inline double pl_pieces_gain(const pl_pieces *p, size_t from, size_t to)
{
  double m = (double)(to - from), s = p->sum[to] - p->sum[from], gain = s * s / m;
  if (p->lines && to - from > 2) {
    double middle = ((double)from + (double)to - 1 - (double)p->n) / 2;
    double t = p->moment[to] - p->moment[from] - middle * s;
    gain += 12 * t * t / (m * (m * m - 1));
  }
  return gain;
}

#endif
