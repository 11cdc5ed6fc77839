/* Watches: an objective fed with data as it comes, second by second. The same code judges live (fed by feed.h) and at the end
 * (fed by replay.h). One thread. Memory is bounded: a histogram for each second of the window (at most an hour). */
#ifndef PL_QUERY_WATCH_H
#define PL_QUERY_WATCH_H

#include "analysis/hist.h"
#include "query/objective.h"

typedef struct pl_watch pl_watch;

typedef struct pl_watch_options {
  uint64_t min_samples; /* fewer make the verdict inconclusive; 0: what the aggregate needs */
  bool strict;          /* a marginal result is inconclusive */
} pl_watch_options;

/* Takes ownership of the objective, also on failure. */
int pl_watch_new(const pl_allocator *a, pl_objective *o, const pl_watch_options *options, pl_watch **out, pl_error *err) PL_MUSTCHECK;
void pl_watch_free(pl_watch *w);
const pl_objective *pl_watch_objective(const pl_watch *w);

/* Whether this series matters: a slot for its data, or -1. */
int pl_watch_series(pl_watch *w, const pl_series_info *info);
void pl_watch_sample(pl_watch *w, int slot, int64_t ts_ms, double value);
void pl_watch_dist(pl_watch *w, int slot, int64_t ts_ms, const pl_hist *h);

/* A measured part: from_ms <= ts < to_ms. Load series count in the parts of their scenario, others in all; answers that come
 * after the part's end are answers to its starts and count, but for rates. Without any part everything counts. The same scenario again replaces an open end (to_ms = INT64_MAX). */
void pl_watch_range(pl_watch *w, pl_str scenario, int64_t from_ms, int64_t to_ms);

/* All data of this second was given: windows slide. Returns whether the objective is broken now. */
bool pl_watch_second(pl_watch *w, int64_t ts_ms);

/* The second pass of a replay, for intervals: after the first, the same data again (pl_watch_dist only), each second closed by
 * pl_watch_second. */
void pl_watch_second_pass(pl_watch *w);

enum pl_verdict_kind { PL_VERDICT_PASS, PL_VERDICT_FAIL, PL_VERDICT_INCONCLUSIVE };

typedef struct pl_watch_result {
  enum pl_verdict_kind verdict;
  bool known;            /* value was measured */
  bool marginal;         /* the interval straddles the limit */
  bool has_interval;
  bool beyond;           /* the quantile fell among timeouts or above the histogram: value is a lower bound */
  double value, lo, hi;
  uint64_t samples;
  unsigned seconds;      /* with data */
  int64_t broken_at_ms;  /* first time a window (or the total, live) did not hold; 0: never */
  char scope[128];       /* "scenario=browse"; empty: one for all */
  char why[160];         /* for inconclusive */
} pl_watch_result;

/* The worst scope decides. */
void pl_watch_judge(const pl_watch *w, pl_watch_result *out);

#endif
