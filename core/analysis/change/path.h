/* From many cuts of a history to none: the one that is missed least goes first. */
#ifndef PL_ANALYSIS_CHANGE_PATH_H
#define PL_ANALYSIS_CHANGE_PATH_H

#include "analysis/change/pieces.h"

/* Models of 0 to n cuts, each one the next one without a cut: backward elimination, as Cho and Fryzlewicz (2024, section 3.1) choose among nested models.
 * {0} is empty. */
typedef struct pl_path {
  const pl_allocator *alloc;
  size_t n;     /* cuts of the largest model */
  size_t *cuts; /* n: their places, in order */
  size_t *rank; /* n: cut i is in the models of more than rank[i] cuts */
  double *left; /* n + 1: the sum of squares about the pieces of the model of k cuts */
} pl_path;

/* Takes n cuts away one after the other; the costs are y's. False: no memory; *p is then empty. Time: n log n. */
bool pl_path_init(pl_path *p, const pl_pieces *y, const size_t *cuts, size_t n) PL_MUSTCHECK;
/* An empty one is fine. O(1). */
void pl_path_fini(pl_path *p);

/* The k cuts of one model, in order, k <= p->n. Time: p->n. */
void pl_path_cuts(const pl_path *p, size_t k, size_t *cuts);

#endif
