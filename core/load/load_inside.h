/* The inside of a load, shared by load.c (threads, begin and end), live_control.c (orders) and result.c (figures). */
#ifndef PL_LOAD_INSIDE_H
#define PL_LOAD_INSIDE_H

#include <stdatomic.h>

#include "base/reserve.h"
#include "load/load.h"
#include "load/recorder.h"
#include "load/worker.h"

typedef struct pl_seat { /* a worker's place */
  pl_load *load;
  unsigned index;
  uv_loop_t own_loop;
  uv_loop_t *loop;
  uv_thread_t thread;
  bool threaded;        /* the thread exists */
  bool has_loop;        /* own_loop is initialised */
  bool has_box;
  bool closing;         /* control: its close was posted */
  pl_mailbox box;       /* control -> worker */
  pl_job close;
  pl_recorder *recorder;
  pl_worker *worker;    /* the worker's thread only */
  pl_reserve reserve;   /* of its memory; the worker's thread */
  atomic_bool finished, gone;
} pl_seat;

/* The stages of a scenario as changes of level left them. */
typedef struct pl_live_stages {
  const pl_stage *list; /* the plan's, or own */
  size_t n;
  pl_stage *own;
  size_t capacity;
} pl_live_stages;

enum pl_load_early { PL_LOAD_IN_TIME, PL_LOAD_DRAIN, PL_LOAD_CUT };

struct pl_load {
  pl_load_options o;
  pl_seat *seats;
  pl_recorder **recorders;
  unsigned n_seats;
  uint32_t n_scenarios;
  _Atomic uint64_t *shared;   /* iterations begun, by scenario */
  pl_merge *merge;            /* the collector's until it is done */
  uv_async_t control_wake, collector_wake;
  pl_job open_collector;
  bool started;               /* the workers were; orders go to them */
  enum pl_load_early early;   /* an order to stop that came before */
  bool ending;                /* nothing runs any more, handles are being closed */
  bool abandoned;             /* its start failed: nobody is told, it frees itself */
  bool done;
  pl_load_worker_stats *worker_stats; /* filled at the end */
  pl_live_stages *stages;     /* by scenario; control */
  pl_hist loopback;           /* of the first worker's thread, before it begins */
  pl_step_watch steps;        /* the collector's until it is done */
  pl_reserve reserve;         /* of the collector's memory */

  uv_mutex_t lock;            /* of all below */
  uv_cond_t gate;
  bool measured;              /* loopback is; the other workers open then */
  bool collector_done;
  bool wants_look;            /* the collector; and control has not told of it yet */
  unsigned arrived;
  bool failed;
  uint64_t start_ns;          /* 0: not yet */
  int64_t start_ms;
  pl_error error;
  pl_merge_totals *totals;    /* by scenario */
  pl_load_connections connections;
};

/* The first error is kept; the load ends. Any thread of the load. */
void pl_load_fail(pl_load *l, const pl_error *err);

#endif
