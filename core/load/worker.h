/* One worker: a loop with its client, users and recorder, in a thread of its own or on the control loop.
 * All functions: the worker's thread. */
#ifndef PL_LOAD_WORKER_H
#define PL_LOAD_WORKER_H

#include <assert.h>
#include <stdatomic.h>

#include "load/executor.h"

typedef struct pl_worker_options {
  const pl_allocator *alloc;
  const pl_clock *clock;
  const pl_plan *plan;
  const pl_script_table *scripts; /* NULL: no scenario is scripted */
  unsigned index, workers;
  uv_loop_t *loop;
  bool is_polled;                 /* the loop is no thread's of ours: a host may poll it between two turns */
  pl_recorder *recorder;          /* borrowed */
  _Atomic uint64_t *shared;       /* by scenario; see pl_executor_init */
  bool precise;
  const char *module_dir;         /* see pl_client_options */
  void (*finished)(void *user);   /* all was recorded and handed over, connections and script are closed */
  void (*closed)(void *user);     /* after pl_worker_close: its handles are closed too */
  void *user;
} pl_worker_options;

/* Opens loop handles, client and script world. On failure nothing is left behind but handles that close
 * when the loop is run. */
int pl_worker_open(const pl_worker_options *o, pl_worker **out, pl_error *err) PL_MUSTCHECK;

/* Starts all scenarios at start_ns (monotonic). */
void pl_worker_start(pl_worker *w, uint64_t start_ns);
/* Ends without having started. */
void pl_worker_quit(pl_worker *w, uint64_t start_ns);

/* No new starts from now on; drain: what is in flight has its grace, else it is aborted. */
void pl_worker_stop(pl_worker *w, bool drain);
/* No starts while paused; what is in flight goes on. */
void pl_worker_pause(pl_worker *w, bool paused);
int pl_worker_level(pl_worker *w, size_t scenario, uint64_t at_ns, double level) PL_MUSTCHECK;

/* After finished. */
void pl_worker_close(pl_worker *w);
/* After closed; NULL is fine. */
void pl_worker_free(pl_worker *w);

/* ---- For executors and users. */
enum pl_worker_state {
  PL_WORKER_OPEN,      /* not started yet */
  PL_WORKER_RUNNING,
  PL_WORKER_FINISHING, /* its connections are being closed */
  PL_WORKER_FINISHED,  /* nothing but loop handles is left */
};

struct pl_worker {
  pl_worker_options o;
  const pl_plan *plan;
  pl_wheel *wheel;
  pl_client *client;
  pl_recorder *recorder;
  void *world;              /* of the scripts */
  pl_executor *executors;   /* one for each scenario */
  uint32_t n_executors, running;
  pl_user *ready, **ready_end; /* users whose next iteration may begin, in order */
  uint64_t now_ns;          /* the newest time that was read */
  pl_usage usage;           /* of the thread at the load's start */
  uint64_t awaited_ns;      /* when the next turn is due, or began to be waited for when that was past; 0: not waited yet */
  uint64_t told_cpu_ns;     /* CPU time of the thread at the newest tick of the recorder */
  uint64_t poll_from_ns;    /* when a turn began that had nothing to do, before a poll that does not wait; else 0 */
  uint64_t polled_ns;       /* all such turns */
  uint64_t turn_ns;         /* first time read since the poll returned; 0: none yet */
  uint64_t armed_ns;        /* what the timer descriptor is set to */
  uint64_t collected_ns;    /* last slice of garbage collection */
  bool garbage;             /* scripts ran since the last complete collection */
  bool connections_limited; /* sends may wait for a connection */
  uint64_t send_gap_ns;     /* plan->rate_cap_per_s: least time between two sends; 0: none */
  uint64_t send_next_ns;
  uint32_t *users;          /* active ones, by scenario, */
  uint32_t *users_top;      /* and the most at a time since the last frame */
  int timer_fd;
  uv_poll_t timer;
  uv_prepare_t prepare;
  uv_check_t check;
  uv_idle_t idle;           /* active: the poll does not block */
  bool spinning;
  uint32_t begun;           /* users that began */
  uint64_t begins_until_ns; /* until when users may begin in this phase of a turn; 0: nobody looked yet */
  bool begins_over;         /* that has come: the next phase goes on */
  int handles;              /* open ones */
  enum pl_worker_state state;
};

/* Begins the user's next iteration (iteration and intended_ns are set) as soon as the stack is clear. */
void pl_worker_ready(pl_worker *w, pl_user *u);
/* Begins what is ready, as long as this phase of the turn has time for it. The last thing that each callback of the loop does. */
void pl_worker_drain(pl_worker *w);
/* An executor has ended. */
void pl_worker_executor_over(pl_worker *w);

/* ---- user.c */
#define PL_USER_OF(pointer, member) ((pl_user *)((char *)(pointer) - offsetof(pl_user, member)))
#define PL_EXECUTOR_OF(pointer, member) ((pl_executor *)((char *)(pointer) - offsetof(pl_executor, member)))

/* A user of an executor, without an iteration; id: over all workers of the scenario. */
void pl_user_init(pl_user *u, pl_executor *e, uint32_t id);
/* Frees its side of the script and its cookies; it may be taken again. */
void pl_user_fini(pl_user *u);
/* Begins an iteration; of a user who leaves, its last one, which is `stop`. */
void pl_user_begin(pl_user *u);
/* Ends the iteration in flight, now or from the loop's next turn: its request counts as aborted. */
void pl_user_cut(pl_user *u);

#endif
