/* What data add up to, over any stretch of time. Private to watches and what they are made of. */
#ifndef PL_QUERY_TALLY_H
#define PL_QUERY_TALLY_H

#include "analysis/hist.h"
#include "analysis/ranks.h"
#include "query/objective.h"

/* Everything that any aggregate needs, of one stretch of time. */
typedef struct pl_tally {
  pl_hist *hist;          /* DIST */
  double part, all;       /* increments: SHARE, COUNTER (all) */
  uint64_t n;             /* samples */
  double covered_s;       /* time that rates are taken over */
  /* Values over time: samples of a gauge, a share for each second. */
  double sum, min, max, last;
  uint64_t n_values;
  pl_ranks ranks;         /* of values of which a quantile is taken */
} pl_tally;

/* Empty, without memory. */
void pl_tally_init(pl_tally *t);
/* Frees with the allocator that the adding functions were given. */
void pl_tally_fini(pl_tally *t, const pl_allocator *a);
/* Empty again; its memory is kept for the next data. */
void pl_tally_clear(pl_tally *t);
/* Adds all of *from. After PL_ENOMEM parts of it may be missing. */
int pl_tally_add(pl_tally *into, const pl_tally *from, const pl_allocator *a) PL_MUSTCHECK;
/* Adds a histogram. PL_ENOMEM. */
int pl_tally_add_hist(pl_tally *t, const pl_hist *h, const pl_allocator *a) PL_MUSTCHECK;
/* One more value over time; keep: for a quantile. PL_ENOMEM. */
int pl_tally_add_value(pl_tally *t, double value, bool keep, const pl_allocator *a) PL_MUSTCHECK;

/* The expression's value over a tally; false when it has no data. */
bool pl_tally_value(const pl_tally *t, const pl_expr *e, double *out);
/* How many samples the value stands on. */
uint64_t pl_tally_samples(const pl_tally *t, const pl_expr *e);

#endif
