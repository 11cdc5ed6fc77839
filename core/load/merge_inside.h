/* The inside of a merger, shared by merge.c (frames into seconds), merge_give.c (seconds to the sink) and merge_read.c (figures). */
#ifndef PL_LOAD_MERGE_INSIDE_H
#define PL_LOAD_MERGE_INSIDE_H

#include "base/map.h"
#include "load/merge.h"
#include "load/recorder.h"

enum { LEVEL_SECOND, LEVEL_TEN, LEVEL_MINUTE, LEVEL_WHOLE, LEVELS }; /* of roll-up */

/* One label set of the whole load. */
typedef struct pl_merge_set {
  uint32_t scenario;
  pl_load_key key;
  bool crowded;              /* its phases are its scenario's: there are too many names */
  pl_hist *dist[PL_DISTS][LEVELS];
  uint32_t n_outcomes, n_given; /* n_given: outcomes that the sink has seen */
  pl_outcome_count outcomes[PL_CELL_OUTCOMES];
  uint64_t given[PL_CELL_OUTCOMES]; /* by outcome: the total that the sink has */
  pl_example_list *slow[2];  /* of the open ten seconds, of the whole load; NULL until first used */
  pl_outcome_count *put_off; /* of the drain in the second in which the measured part ends */
  uint32_t n_put_off;
} pl_merge_set;

typedef struct pl_merge_text {
  enum pl_label_kind kind;
  uint32_t scenario;
  pl_str text;
  pl_tally total, second;
  bool given;
} pl_merge_text;

typedef struct pl_merge_source { /* one worker */
  pl_recorder *recorder;
  pl_frame *first, **end;  /* taken and not merged yet */
  uint64_t reached;        /* second of the newest frame */
  uint64_t left;           /* seconds that it has left behind */
  uint64_t frames;         /* quarter seconds that it has told of */
  bool ended;
  uint32_t *row_of;        /* its slots and labels as rows and labels of the load */
  uint32_t n_rows;
  uint32_t *label_of;
  uint32_t n_labels;
  uint32_t *users, *users_top, *users_peak; /* by scenario: now, most of the open second, most ever */
  uint64_t *ended_in;      /* by scenario: 1 + the second in which its measured part ended; 0: not yet */
  uint64_t second_cpu_ns, second_busy_ns, second_wall_ns;
  pl_merge_worker stats;
} pl_merge_source;

enum { PL_MERGE_GIVEN = 6 };

/* Which totals of a scenario the sink was given. */
typedef struct pl_merge_given {
  bool any;
  uint64_t totals[PL_MERGE_GIVEN];
} pl_merge_given;

struct pl_merge {
  const pl_allocator *alloc;
  const pl_plan *plan;
  pl_load_sink sink;
  uint64_t ahead_frames; /* that all workers had told of when the open second was looked at */
  bool ahead_broken;
  pl_merge_source *sources;
  unsigned n_sources;
  uint32_t n_scenarios, rows_max, n_rows, n_labels;
  pl_intern *row_names, *label_names;
  pl_merge_set **rows;
  pl_merge_text *labels;
  size_t rows_cap, labels_cap;
  pl_merge_totals *totals; /* by scenario */
  uint64_t *second_planned;
  pl_merge_given *given;   /* by scenario */
  pl_fit *fits;            /* by scenario */
  pl_hist receive_lag, pacing_lag;
  uint64_t lost, lost_users;
  uint64_t second; /* the open one */
  int64_t start_ms;
  uint64_t start_ns;
  bool any_put_off; /* in the open second, */
  bool carried;     /* and in the one before: they stand in the open one */
  bool done;
};

/* Adds a histogram to a level of a label set; what finds no memory is counted as lost. */
void pl_merge_add_hist(pl_merge *m, pl_merge_set *r, int which, int level, const pl_hist *from);

/* Whether a closed loop without pace has no intended starts: its latency is its service time, recorded once. */
bool pl_merge_latency_is_service(const pl_merge *m, uint32_t scenario);

/* Gives the open second, which all frames were merged into, and empties it: totals stamped with the wall time end_ms at which it ends, a 0 before new
 * ones and all else with begin_ms. */
void pl_merge_give_second(pl_merge *m, int64_t begin_ms, int64_t end_ms);
/* The running totals of the open second so far, which the sink asked for. */
void pl_merge_give_ahead(pl_merge *m, int64_t begin_ms);

/* Gives what a level of all label sets holds, stamped ts_ms, and folds it into the next one; with that of ten seconds, examples. */
void pl_merge_give_level(pl_merge *m, int level, int64_t ts_ms);

#endif
