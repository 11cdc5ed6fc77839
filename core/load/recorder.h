/* What one worker records. Everything goes into a frame of a quarter second; whole frames are handed to the
 * collector through a ring and come back empty through another one, so nothing is copied, and nothing is
 * allocated once the value ranges in use have their pages. The worker's thread, except where said. */
#ifndef PL_LOAD_RECORDER_H
#define PL_LOAD_RECORDER_H

#include <assert.h>

#include "io/usage.h"
#include "load/example.h"
#include "load/fit.h"
#include "load/merge.h"
#include "load/plan.h"

#define PL_FRAME_NS (250 * PL_MS_NS)
enum {
  PL_FRAMES_A_SECOND = 4,
  PL_FRAMES_MAX = 32,        /* of one worker: 8 s that a collector may lag; then frames grow longer */
  PL_CELL_OUTCOMES = 48,     /* (status, outcome) pairs of one name; further statuses count as 0 */
  PL_LABELS_MAX = 2500,      /* checks, texts and own metrics of one worker */
  PL_LABEL_TEXT = 256,       /* bytes of a label; the rest is cut */
  PL_CHECKS_MAX = 1000,
  PL_TEXTS_MAX = 100,        /* script errors, and each other kind of text */
  PL_METRICS_MAX = 1000,
  PL_NAMES_MAX = 10000,      /* where the plan names no limit */
  PL_PHASE_NAMES_MAX = 100,  /* names with phases of their own, for these are many distributions */
};

/* Who a row belongs to: the worker's own numbers, in order of first use. The texts live as long as the
 * recorder and never move, so the collector may read those that a frame speaks of. */
typedef struct pl_slot_key {
  uint32_t scenario;
  pl_str name, method; /* both empty: the scenario itself (lag, iterations, phases of names that have none of their own) */
} pl_slot_key;

typedef struct pl_label_key {
  enum pl_label_kind kind;
  uint32_t scenario;
  pl_str text;
} pl_label_key;

typedef struct pl_outcome_count {
  uint16_t status;
  uint8_t outcome;  /* enum pl_failure */
  bool late;        /* after the measured part had ended */
  uint64_t count;   /* modulo 2^64: one that moved away is added as -1 */
} pl_outcome_count;

/* What one slot recorded in one frame. */
typedef struct pl_cell {
  struct pl_cell *next;
  uint32_t slot;
  uint32_t n_outcomes;
  pl_outcome_count outcomes[PL_CELL_OUTCOMES];
  pl_hist *dist[PL_DISTS]; /* NULL until first used */
  uint64_t floor_ns;         /* slower requests are examples, */
  pl_example_list *examples; /* NULL until first used */
  pl_kept_list *kept;        /* likewise */
} pl_cell;

/* What one label counted: checks: n times, sum passed; texts: n; metrics: n values, their sum. */
typedef struct pl_tally {
  uint64_t n;
  double sum;
} pl_tally;

/* What one worker counts of a scenario in one frame. */
typedef struct pl_scenario_counts {
  PL_COUNT_MAP(PL_COUNT_MEMBER)
  uint64_t warmup_planned; /* of the offered rate over time, in no total */
  uint32_t users_peak;     /* most users at a time so far, when that grew; else 0 */
} pl_scenario_counts;

typedef struct pl_frame {
  uint64_t index;     /* quarter seconds since the load's start */
  bool used;          /* something was recorded, so index is fixed */
  bool last;          /* the worker has ended */
  bool noted;         /* it says how things stood when it was handed over: all down to client */
  uint64_t cpu_ns;    /* of the worker's thread since the frame before */
  uint64_t polled_ns; /* of that, spent on looking whether there was something to do */
  uint64_t wall_ns;   /* since the frame before */
  pl_client_stats client;
  uint64_t lost;      /* records for which there was no memory */
  uint64_t stalled_ns; /* that the worker was kept from running */
  uint64_t lost_users; /* starts that waited because a user could not be made */
  uint32_t n_slots, n_labels; /* defined so far */
  pl_cell *touched;   /* cells in use */
  pl_cell *spare;
  pl_cell **cell_of;  /* by slot, of those below cells_cap */
  pl_tally *tallies;  /* by label, of those below tallies_cap */
  size_t cells_cap, tallies_cap;
  pl_scenario_counts *counts; /* by scenario */
  pl_sends *sends;    /* by scenario */
  pl_usage usage;     /* of the worker's thread since the load's start */
  uint32_t *users;    /* by scenario, at the end of the frame, */
  uint32_t *users_top; /* and the most at a time within it */
  pl_hist receive_lag; /* from the poll's return to the read */
  pl_hist pacing_lag;  /* from the intended start until the pacer looked at it */
  struct pl_frame *next; /* the holder's */
} pl_frame;

/* What a slot recorded in a frame; NULL: nothing. */
static inline pl_cell *pl_frame_cell(const pl_frame *f, uint32_t slot)
{
  return slot < f->cells_cap ? f->cell_of[slot] : NULL;
}

typedef struct pl_recorder pl_recorder;

typedef struct pl_recorder_options {
  const pl_allocator *alloc;
  const pl_plan *plan;
  void (*handed)(void *user); /* a frame lies in the ring: wake the collector */
  void *user;
} pl_recorder_options;

int pl_recorder_new(const pl_recorder_options *o, pl_recorder **out, pl_error *err) PL_MUSTCHECK;
void pl_recorder_free(pl_recorder *r); /* after the collector has let go of all frames; NULL is fine */

/* The instant that all times count from, monotonic ns. Call before anything is recorded. */
void pl_recorder_begin(pl_recorder *r, uint64_t start_ns, uint64_t cpu_ns);

/* The number of a name (see pl_worker_slot). Slot s < n_scenarios is scenario s itself. */
uint32_t pl_recorder_slot(pl_recorder *r, uint32_t scenario, pl_str name, pl_str method);
/* The slot that the phases of a slot's requests belong to: itself for the first PL_PHASE_NAMES_MAX names, else its scenario's. */
uint32_t pl_recorder_phase_slot(const pl_recorder *r, uint32_t slot);
/* The number of a label of a kind: text cut at PL_LABEL_TEXT bytes; beyond the kind's maximum "other". */
uint32_t pl_recorder_label(pl_recorder *r, enum pl_label_kind kind, uint32_t scenario, pl_str text);

/* ---- Recording. t: when it happened, monotonic ns; decides the frame. */
void pl_record_dist(pl_recorder *r, uint64_t t, uint32_t slot, enum pl_dist which, uint64_t value_ns);
/* A latency of a name; whether pl_record_example wants to know more of the request. */
bool pl_record_latency(pl_recorder *r, uint64_t t, uint32_t slot, uint64_t value_ns);
/* A slow request, by its end. */
void pl_record_example(pl_recorder *r, uint32_t slot, const pl_example *e);
/* A request that was chosen to be kept, by its end. */
void pl_record_kept(pl_recorder *r, uint32_t slot, const pl_example *e);
/* late: the measured part of the scenario had ended. */
void pl_record_outcome(pl_recorder *r, uint64_t t, uint32_t slot, int status, enum pl_failure outcome, bool late);
/* A request that was counted as good turned out to be none; late: of this moment, as above. */
void pl_record_moved(pl_recorder *r, uint64_t t, uint32_t slot, int status, enum pl_failure to, bool late);
/* One more of a label; value is added to its sum. */
void pl_record_label(pl_recorder *r, uint64_t t, uint32_t label, double value);
pl_scenario_counts *pl_record_counts(pl_recorder *r, uint64_t t, uint32_t scenario); /* to be added to, now */
void pl_record_send(pl_recorder *r, uint64_t t, uint32_t scenario); /* of the first request of a start */
void pl_record_receive_lag(pl_recorder *r, uint64_t t, uint64_t value_ns);
/* A start was made so late. */
void pl_record_pacing_lag(pl_recorder *r, uint64_t t, uint64_t value_ns);
/* The worker was kept from running for so long, until t. */
void pl_record_stall(pl_recorder *r, uint64_t t, uint64_t ns);
/* A start found no free user. */
void pl_record_no_user(pl_recorder *r, uint64_t t);

/* What a frame says about its moment of handing over. */
typedef struct pl_recorder_state {
  uint64_t cpu_ns;              /* of the thread, total, */
  uint64_t polled_ns;           /* and how much of that went into polls that found nothing */
  pl_usage usage;               /* of the thread since the load's start */
  const uint32_t *users;        /* by scenario, now (NULL: nobody), */
  const uint32_t *users_top;    /* and the most at a time since the state before */
  struct pl_client_stats client;
} pl_recorder_state;

/* The next moment at which pl_recorder_tick has something to do. */
uint64_t pl_recorder_due(const pl_recorder *r);
/* Hands over the frames that lie before now; call it after the starts due until now were worked off, so
 * that they still find theirs. */
void pl_recorder_tick(pl_recorder *r, uint64_t now, const pl_recorder_state *state);
/* Hands over all; the last frame is marked. Nothing is recorded afterwards. */
void pl_recorder_end(pl_recorder *r, uint64_t now, const pl_recorder_state *state);

/* ---- The collector's side; its thread. */
pl_frame *pl_recorder_take(pl_recorder *r);                /* NULL: nothing there */
void pl_recorder_give_back(pl_recorder *r, pl_frame *f);   /* empties it */
const pl_slot_key *pl_recorder_slot_key(const pl_recorder *r, uint32_t slot);     /* slot < a frame's n_slots */
const pl_label_key *pl_recorder_label_key(const pl_recorder *r, uint32_t label);

#endif
