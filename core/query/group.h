/* One scope of a watch: what its data add up to, over all measured time, over the running second and over the window. Private to
 * watch.c. */
#ifndef PL_QUERY_GROUP_H
#define PL_QUERY_GROUP_H

#include "analysis/hist.h"
#include "query/objective.h"

/* Everything that any aggregate needs, of one stretch of time. */
typedef struct pl_tally {
  pl_hist *hist;          /* DIST */
  double part, all;       /* increments: SHARE, COUNTER (all) */
  double sum, min, max;   /* GAUGE */
  uint64_t n;             /* samples */
  unsigned seconds;       /* covered */
} pl_tally;

typedef struct pl_group {
  char scope[128];
  pl_tally total, second;
  pl_tally *window;       /* ring of seconds; NULL without a window */
  uint64_t window_cap, window_count, window_first;
  double last;            /* GAUGE */
  bool has_last;
  double worst;           /* of full windows */
  bool has_worst;
  uint64_t broken_for_s;
  int64_t broken_at_ms;
  double when_part, when_all; /* increments of the condition's metric this second */
  /* second pass: per second how many values lie at or below the total's quantile, of how many */
  double *below, *of;
  size_t n_passes, cap_passes;
  uint64_t threshold;
  /* SHARE and means: per second part and all, kept in the first pass */
  double *parts, *alls;
  size_t n_shares, cap_shares;
} pl_group;

void pl_tally_init(pl_tally *t);
void pl_tally_fini(pl_tally *t, const pl_allocator *a);
void pl_tally_clear(pl_tally *t);
int pl_tally_add(pl_tally *into, const pl_tally *from, const pl_allocator *a) PL_MUSTCHECK;
int pl_tally_add_hist(pl_tally *t, const pl_hist *h, const pl_allocator *a) PL_MUSTCHECK;

/* The expression's value over a tally; false when it has no data. */
bool pl_tally_value(const pl_tally *t, const pl_expr *e, double last, double *out);
/* How many samples the value stands on. */
uint64_t pl_tally_samples(const pl_tally *t, const pl_expr *e);

#endif
