/* What the workers recorded, put together: once a second, by the collector, exactly. Frames come from the
 * workers' rings (every 250 ms), are merged into seconds by the intended start or end and
 * handed on when a second is complete. The collector's thread. */
#ifndef PL_LOAD_MERGE_H
#define PL_LOAD_MERGE_H

#include "analysis/hist.h"
#include "base/str.h"
#include "io/usage.h"
#include "load/counts.h"
#include "load/example.h"
#include "load/fit.h"

enum pl_dist {
  PL_DIST_LATENCY,   /* from the intended start (or the end of the request before, plus think time) */
  PL_DIST_SERVICE,   /* from the send */
  PL_DIST_LAG,       /* send of an iteration's first request minus its intended start */
  PL_DIST_ITERATION, /* of an iteration, from the intended start */
  PL_DIST_GROUP,
  PL_DIST_PHASE, /* + enum pl_phase */
  PL_DISTS = PL_DIST_PHASE + PL_PHASES
};

/* What is counted by a text of its own. */
enum pl_label_kind {
  PL_LABEL_CHECK,
  PL_LABEL_ERROR,    /* of a script */
  PL_LABEL_GIVEN_UP, /* user:fail() */
  PL_LABEL_REFUSED,  /* load that is not granted */
  PL_LABEL_FAILURE,  /* "class: why" of requests without a complete answer */
  PL_LABEL_METRIC,
  PL_LABEL_KINDS
};

/* Who a figure belongs to; empty strings where a label is absent. Valid as long as the load. */
typedef struct pl_load_key {
  pl_str scenario, name, method;
} pl_load_key;

/* Receives merged data, second by second of the load. ts_ms: wall time at which the interval begins; of a running total
 * that at which it ends, so that it counts what happened until then. A new total is preceded by a 0 at the begin of its second; the last
 * second ends with the load, at least 2 ms after it began, and gives what grew in it alone. All pointers are valid during the call only. */
typedef struct pl_load_sink {
  /* resolution_s: 1, 10, 60, and 0 for the whole load. Lag and iterations have no name, nor have phases of requests whose name is none of
   * the first PL_PHASE_NAMES_MAX of a worker. */
  void (*dist)(void *user, const pl_load_key *key, enum pl_dist which, int64_t ts_ms,
               unsigned resolution_s, const pl_hist *h);
  /* Running totals: load_requests_total{status,outcome}, load_starts_total{outcome},
   * load_checks_total{check,ok}, load_bytes_total{direction}. label2 may be NULL. */
  void (*count)(void *user, const char *metric, const pl_load_key *key, const char *label,
                pl_str value, const char *label2, pl_str value2, int64_t ts_ms, double total);
  /* load_users (most at a time within the second), load_connections, load_rate_planned, and the script's own metrics (mean of the second). */
  void (*gauge)(void *user, const char *metric, const pl_load_key *key, int64_t ts_ms, double value);
  /* The slowest requests of a name in the ten seconds that end now, slowest first. start_ms and start_ns: the load's start on the
   * wall and on the monotonic clock. */
  void (*examples)(void *user, const pl_load_key *key, const pl_example_list *list, int64_t start_ms, uint64_t start_ns);
  void (*second)(void *user, int64_t ts_ms); /* all of this second was given: watchers may look */
  void (*done)(void *user);                  /* all workers ended and everything was given */
  void *user;
  /* Requests of a name that were chosen to be kept, of one worker and quarter second; at once. NULL: nobody wants them. */
  void (*kept)(void *user, const pl_load_key *key, const pl_kept_list *list, int64_t start_ms, uint64_t start_ns);
  void (*begun)(void *user); /* a load begins, before all else that is given of it. NULL: nobody asks */
  /* Before a second ends, for rules that stop a load: whether they want its running totals so far (NULL: nobody does); then load_requests_total
   * and load_starts_total, as for count, but with the begin of the second; then which share of it all workers have told. True: a rule is broken. */
  bool (*looks_ahead)(void *user);
  void (*ahead)(void *user, const char *metric, const pl_load_key *key, const char *label, pl_str value, const char *label2, pl_str value2, int64_t ts_ms,
                double total);
  bool (*judge_ahead)(void *user, double share);
} pl_load_sink;

/* ---- The merger: one for a load, on the collector's thread; quiet once `done` was called, and then
 * readable from the control thread. */
typedef struct pl_merge pl_merge;
struct pl_recorder;
struct pl_plan;

typedef struct pl_merge_options {
  const pl_allocator *alloc;
  const struct pl_plan *plan;
  struct pl_recorder *const *recorders; /* one for each worker; borrowed */
  unsigned workers;
  pl_load_sink sink;
} pl_merge_options;

int pl_merge_new(const pl_merge_options *o, pl_merge **out, pl_error *err) PL_MUSTCHECK;
/* NULL is fine. */
void pl_merge_free(pl_merge *m);

/* Wall and monotonic time of the load's start; before the first frame is looked at. */
void pl_merge_begin(pl_merge *m, int64_t start_ms, uint64_t start_ns);

/* Takes what lies in the rings, adds what belongs to the open second to it, and closes every second that all workers have left behind. True once all
 * workers' last frames were taken: everything was given to the sink, its done included, and no recorder is needed any more. */
bool pl_merge_run(pl_merge *m);

/* Whether a rule was found broken in the open second since the last call (judge_ahead). */
bool pl_merge_take_broken(pl_merge *m);

/* Wall time at which the last second that was given ends. */
int64_t pl_merge_end_ms(const pl_merge *m);

/* Totals of one scenario, or of all (SIZE_MAX); what is not known here stays 0. */
typedef struct pl_merge_totals {
  PL_COUNT_MAP(PL_COUNT_MEMBER)
  uint64_t behind, behind_second; /* most starts that were due and not sent when a second was closed; which */
  uint64_t outcomes[PL_FAILURES];
  uint32_t users, users_max; /* users_max: the workers' peaks added up */
} pl_merge_totals;
/* All of a scenario so far: of whole seconds where the last pl_merge_run has closed one (pl_merge_end_ms has moved), else with parts
 * of the open one. */
void pl_merge_totals_get(const pl_merge *m, size_t scenario, pl_merge_totals *out);

/* What the generator's verdict is made of. */
typedef struct pl_merge_worker {
  uint64_t cpu_ns, busy_ns, wall_ns; /* busy: on a CPU, and not to look whether there was something to do */
  uint64_t seconds, busy_seconds; /* seconds seen; of these, busy for at least 97 % */
  uint64_t stalled_ns;            /* kept from running */
  pl_client_stats client;         /* of its newest frame */
  pl_usage usage;                 /* of its thread */
} pl_merge_worker;
/* A worker's own figures; valid as long as m. */
const pl_merge_worker *pl_merge_worker_get(const pl_merge *m, unsigned worker);
/* From the poll's return to the read, of all workers, nanoseconds; valid as long as m. */
const pl_hist *pl_merge_receive_lag(const pl_merge *m);
/* How late starts were made, of all workers, nanoseconds; valid as long as m. */
const pl_hist *pl_merge_pacing_lag(const pl_merge *m);
uint64_t pl_merge_lost(const pl_merge *m);       /* records lost for want of memory */
uint64_t pl_merge_lost_users(const pl_merge *m); /* users that could not be made */

/* Whole-load figures; see pl_load_hist and the others of load.h. */
int pl_merge_hist(const pl_merge *m, pl_str scenario, pl_str name, enum pl_dist which, pl_hist *into) PL_MUSTCHECK;

/* See pl_fit_get. */
bool pl_merge_fit(const pl_merge *m, size_t scenario, pl_fit_result *out);

typedef struct pl_merge_row {
  pl_load_key key;
  uint32_t scenario;
  const struct pl_outcome_count *outcomes;
  uint32_t n_outcomes;
} pl_merge_row;
/* The slowest requests of row i, whole load; NULL: it has none. */
const pl_example_list *pl_merge_examples(const pl_merge *m, uint32_t i);
uint32_t pl_merge_rows(const pl_merge *m); /* how many; the first n_scenarios are the scenarios themselves */
void pl_merge_row_get(const pl_merge *m, uint32_t i, pl_merge_row *out);

typedef struct pl_merge_label {
  enum pl_label_kind kind;
  uint32_t scenario;
  pl_str text;
  uint64_t n;
  double sum;
} pl_merge_label;
/* How many labels there are. */
uint32_t pl_merge_labels(const pl_merge *m);
/* Label i, below pl_merge_labels(m); its text lives as long as m. */
void pl_merge_label_get(const pl_merge *m, uint32_t i, pl_merge_label *out);

#endif
