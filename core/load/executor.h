/* One scenario in one worker: its part of the schedule, its users, its end. What differs between the models
 * is a pl_executor_kind: open_loop.c and closed_loop.c. The worker's thread. */
#ifndef PL_LOAD_EXECUTOR_H
#define PL_LOAD_EXECUTOR_H

#include <stdatomic.h>

#include "load/arrival.h"
#include "load/recorder.h"
#include "load/start_queue.h"
#include "load/static_request.h"
#include "load/token.h"
#include "load/user.h"

enum pl_executor_state {
  PL_EXECUTOR_PENDING,  /* its offset is not over */
  PL_EXECUTOR_RUNNING,  /* starts are due */
  PL_EXECUTOR_DRAINING, /* none is: what waits or is in flight may end */
  PL_EXECUTOR_OVER,     /* nothing waits, nothing is in flight */
};

typedef struct pl_executor pl_executor;

typedef struct pl_executor_kind {
  void (*begin)(pl_executor *e);                                        /* -> RUNNING */
  void (*user_done)(pl_executor *e, pl_user *u);                        /* an iteration is over, or (state ENDED) the user left: what now? */
  void (*end)(pl_executor *e);                                          /* -> DRAINING */
  void (*cancel)(pl_executor *e);                                       /* grace is over: forget what waits */
  void (*pause)(pl_executor *e, bool paused);
  void (*restage)(pl_executor *e);                                      /* e->stages changed; pending or running */
  bool (*waits)(const pl_executor *e);                                  /* whether starts wait for a user */
} pl_executor_kind;

extern const pl_executor_kind pl_open_loop;
extern const pl_executor_kind pl_closed_loop;

enum { PL_USER_BLOCK = 32 };
typedef struct pl_user_block {
  struct pl_user_block *next;
  uint32_t used;
  pl_user users[PL_USER_BLOCK];
} pl_user_block;

struct pl_executor {
  const pl_executor_kind *kind;
  pl_worker *worker;
  const pl_scenario *scenario;
  uint32_t index;           /* of the scenario: its slot, its counters */
  unsigned party, parties;  /* this worker's place among those that share the scenario */
  enum pl_executor_state state;
  bool paused;
  bool cut;                 /* grace is over: nothing begins any more */
  bool has_schedule;        /* starts are intended for a moment: latency counts from there */
  const pl_stage *stages;   /* the scenario's, or own_stages after a change of level */
  size_t n_stages;
  pl_stage *own_stages;
  size_t own_capacity;
  uint64_t begin_ns;        /* monotonic: first start, */
  uint64_t measured_ns;     /* end of the warm-up, */
  uint64_t end_ns;          /* no start at or after it, */
  uint64_t grace_ns;        /* how long after it what is left may take */
  pl_timer phase;           /* begin, end, end of grace */
  pl_timer next;            /* next start, or next change of the number of users */
  /* users */
  pl_user_block *blocks;
  pl_user *idle;
  uint32_t n_users, users_max;
  uint32_t peak;            /* most that were active */
  uint32_t active;          /* taken: in an iteration, or between two */
  /* open loop */
  pl_arrival arrival;
  pl_start_queue waiting;
  /* closed loop */
  uint32_t stopped;         /* users that left for good */
  bool more;                /* users are wanted that begin in the next turn */
  uint64_t iterations;      /* begun here */
  _Atomic uint64_t *shared; /* PL_MODEL_ITERATIONS: begun in all workers */
  pl_token_copy token; /* of OAuth 2 */
  pl_static_request request;
};

/* shared: the scenario's counter, one for all workers. Errors: PL_ENOMEM; PL_EINVAL (static request). */
int pl_executor_init(pl_executor *e, pl_worker *w, uint32_t index, unsigned party, unsigned parties,
                     _Atomic uint64_t *shared, pl_error *err) PL_MUSTCHECK;
/* Frees its users and what they hold. */
void pl_executor_fini(pl_executor *e);

/* Begins at the scenario's offset from load_start_ns (monotonic). */
void pl_executor_start(pl_executor *e, uint64_t load_start_ns);
/* No new starts from now on; grace_ns for the rest. Idempotent; a shorter grace replaces a longer one. */
void pl_executor_stop(pl_executor *e, uint64_t grace_ns);
/* As pl_executor_stop, before the time: starts that wait are cancelled, what is in flight has grace_ns. */
void pl_executor_quit(pl_executor *e, uint64_t grace_ns);
/* No starts while paused; what is in flight goes on. */
void pl_executor_pause(pl_executor *e, bool paused);
/* The level from at_ns (monotonic) to the end of the duration. */
int pl_executor_level(pl_executor *e, uint64_t at_ns, double level) PL_MUSTCHECK;

/* ---- For the kinds and user.c. */
/* A user that is free, or a new one while there are fewer than users_max; NULL: none. It counts as active. */
pl_user *pl_executor_take(pl_executor *e);
/* The user has nothing to do: back into the pool. */
void pl_executor_release(pl_executor *e, pl_user *u);
/* The user has left: it is not taken again. */
void pl_executor_retire(pl_executor *e, pl_user *u);
/* Sends the user on its last way, its scenario's `stop`, and keeps it active; false when it has none, or had it. */
bool pl_executor_dismiss(pl_executor *e, pl_user *u);
/* Ends the executor when nothing is left to wait for. */
void pl_executor_check_over(pl_executor *e);
/* The scenario's part of the key of random streams, of its starts and of what its users draw: generators that share it (shard) draw
 * different ones. */
uint64_t pl_executor_stream(const pl_executor *e);
/* Counters of the interval of t, or NULL when a start intended for t is not measured. */
pl_scenario_counts *pl_executor_counts(pl_executor *e, uint64_t t);

#endif
