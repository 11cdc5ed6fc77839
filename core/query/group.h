/* One scope of a watch: what its data add up to, over all measured time, over the running second and over the window. Private to
 * watch.c and judge.c. */
#ifndef PL_QUERY_GROUP_H
#define PL_QUERY_GROUP_H

#include "query/seconds.h"

enum { PL_PAIRS_MAX = 4096 };

/* A pair of figures for each stretch of time: what a bootstrap draws from. A stretch is a second until there are PL_PAIRS_MAX, then
 * two join in one, and so on: a load of any length is kept as a whole. */
typedef struct pl_pairs {
  double *part, *all;
  size_t n, cap;
  unsigned doublings; /* a stretch is 2^doublings seconds, */
  unsigned last_s;    /* the last one has so many of them */
} pl_pairs;

typedef struct pl_group {
  char *scope;            /* which labels' data these are */
  char scenario[64];      /* whose data these are; empty: of several, or of none */
  pl_tally total, second;
  pl_seconds window;      /* without places: there is none */
  int64_t phase_ms;       /* where in a wall second its data's seconds begin */
  int64_t noted_ms;       /* the last of a load's seconds whose time is in the running second's covered_s */
  bool begun;             /* its first data have come */
  double whole;           /* UNUSED: the gauge that shares are taken of */
  double worst;           /* of full windows */
  bool has_worst;
  uint64_t broken_for_s, broken_most_s;
  int64_t broken_at_ms;
  double ahead_part, ahead_all; /* of the second that is still open, so far (pl_watch_ahead) */
  bool ahead;             /* broken by that, at */
  double ahead_value;
  bool holds;             /* of a condition: in this second */
  uint64_t held_s, barred_s; /* seconds with data in which the condition held, or did not */
  pl_pairs shares;        /* SHARE: increments by second */
  pl_pairs passes;        /* second pass: how many values lie at or below the total's quantile, of how many */
  uint64_t threshold;
} pl_group;

/* Empty, its memory freed. */
void pl_pairs_fini(pl_pairs *p, const pl_allocator *a);
/* Adds the figures of a second. PL_ENOMEM. */
int pl_pairs_add(pl_pairs *p, double part, double all, const pl_allocator *a) PL_MUSTCHECK;

/* window_s: 0 without a window. PL_ENOMEM. */
int pl_group_init(pl_group *g, const char *scope, const char *scenario, uint64_t window_s, const pl_allocator *a) PL_MUSTCHECK;
/* Also after an init that failed. */
void pl_group_fini(pl_group *g, const pl_allocator *a);

#endif
