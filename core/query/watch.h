/* Watches: an objective fed with data as it comes, second by second. The same code judges live (fed by feed.h) and at the end
 * (fed by replay.h). One thread. Memory is bounded: an encoded histogram for each second of the window (at most an hour). */
#ifndef PL_QUERY_WATCH_H
#define PL_QUERY_WATCH_H

#include "analysis/hist.h"
#include "query/objective.h"
#include "query/part.h"

typedef struct pl_watch pl_watch;

typedef struct pl_watch_options {
  uint64_t min_samples; /* fewer make the verdict inconclusive; 0: what the aggregate needs */
  bool strict;          /* a marginal result is inconclusive */
  bool stops;           /* it stops the load: a share is judged before its second ends, where that can change nothing any more */
} pl_watch_options;

/* Takes ownership of the objective, also on failure. */
int pl_watch_new(const pl_allocator *a, pl_objective *o, const pl_watch_options *options, pl_watch **out, pl_error *err) PL_MUSTCHECK;
/* Frees the objective too; NULL is fine. */
void pl_watch_free(pl_watch *w);
/* The objective, which stays the watch's. */
const pl_objective *pl_watch_objective(const pl_watch *w);

#define PL_WATCH_METRICS 8
/* The metrics that it looks at: writes their names (constant texts), gives how many. */
size_t pl_watch_metrics(const pl_watch *w, const char *names[PL_WATCH_METRICS]);

/* Whether this series matters: a slot for its data, or -1. */
int pl_watch_series(pl_watch *w, const pl_series_info *info);
/* A value for a slot, wall milliseconds, in order of time; NaN is no sample. A counter of a load comes with the begin of the second in which it
 * grew to the value (growth.h). */
void pl_watch_sample(pl_watch *w, int slot, int64_t ts_ms, double value);
/* A second's histogram (nanoseconds) for a slot, borrowed. */
void pl_watch_dist(pl_watch *w, int slot, int64_t ts_ms, const pl_hist *h);

/* A measured part of the run: see part.h. Errors of pl_parts_add. */
int pl_watch_part(pl_watch *w, const pl_part *part, pl_error *err) PL_MUSTCHECK;

/* All data of this second was given: windows slide. Of an objective with `when` only the data of seconds in which its condition holds
 * count; over a window all do, and it is judged in such seconds. A value of too few samples is not judged. Returns whether the
 * objective is broken now. */
bool pl_watch_second(pl_watch *w, int64_t ts_ms);

/* A load begins: an expression without a condition has no window yet that says anything of it. What was judged stays. */
void pl_watch_begin_load(pl_watch *w);

/* Whether the totals of a second that is still open matter (options.stops): it is a share of a load's counts that shall be low, at once. */
bool pl_watch_looks_ahead(const pl_watch *w);
/* Such a total so far, where that of the second's end will be given to pl_watch_sample with this time. is_new: there was none before. */
void pl_watch_ahead(pl_watch *w, int slot, int64_t ts_ms, double value, bool is_new);
/* All totals were given, of this share of the second at least; they are forgotten. Whether the objective will be broken at its end even if what
 * is to come, as much in the same time, is good. */
bool pl_watch_judge_ahead(pl_watch *w, double share);

/* The second pass of a replay, for intervals: after the first, the same data again, each second closed by pl_watch_second. */
void pl_watch_second_pass(pl_watch *w);

enum pl_verdict_kind { PL_VERDICT_PASS, PL_VERDICT_FAIL, PL_VERDICT_INCONCLUSIVE };

typedef struct pl_watch_result {
  enum pl_verdict_kind verdict;
  bool known;            /* value was measured */
  bool marginal;         /* the interval straddles the limit */
  bool has_interval;
  bool beyond;           /* the value stands on timeouts, or lies above the histogram: it is a lower bound */
  bool few_seconds;      /* too few independent seconds for the interval to be trusted */
  double value, lo, hi;
  uint64_t samples;
  uint64_t seconds;      /* with data */
  int64_t broken_at_ms;  /* first time a window (or the total, live) did not hold; 0: never */
  const char *scope;     /* "scenario=browse", the watch's; empty: one for all */
  char why[160];         /* for inconclusive */
} pl_watch_result;

/* Samples without which the objective cannot be told: of a quantile 10 / (1 - p), unless the options say otherwise. */
uint64_t pl_watch_needed(const pl_watch *w);

/* The worst scope decides. */
void pl_watch_judge(const pl_watch *w, pl_watch_result *out);

/* How many scopes the series so far have. */
size_t pl_watch_scopes(const pl_watch *w);
/* The result of one of them, i from 0 on. */
void pl_watch_judge_scope(const pl_watch *w, size_t i, pl_watch_result *out);

#endif
