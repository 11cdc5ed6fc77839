/* A load from start to end: workers, control, result. */
#ifndef PL_LOAD_LOAD_H
#define PL_LOAD_LOAD_H

#include "base/turn.h"
#include "io/mailbox.h"
#include "io/realtime.h"
#include "load/merge.h"
#include "load/plan.h"
#include "load/user.h"

typedef struct pl_load pl_load;

typedef struct pl_load_options {
  const pl_allocator *alloc;  /* callable from every worker's thread */
  const pl_clock *clock;
  const pl_clock *wall;       /* whose steps the verdict names; NULL: clock's */
  const pl_plan *plan;        /* borrowed until pl_load_free */
  const pl_script_table *scripts; /* NULL when no scenario is scripted */
  unsigned workers;           /* threads; 0: one worker that runs on the control loop */
  uv_loop_t *control;         /* the caller's loop: pl_load_* functions, done */
  uv_loop_t *collector;       /* the sink is called here; may be the control loop */
  pl_mailbox *collector_box;  /* from the control loop to the collector's; NULL: both loops are one */
  pl_turn *collector_turn;    /* wanted while a precise load polls, or an open loop starts; NULL: nobody else is there */
  pl_realtime realtime;       /* of the workers' threads; the control thread and the collector's have none, or the same */
  pl_load_sink sink;
  const struct pl_log *log;
  const char *module_dir;     /* folder of the modules; NULL: see io/module.h */
  bool precise;               /* poll the last 80 us before a start */
  void (*look)(void *user);   /* on the control loop: the sink was given a second, or has found a rule broken before its end; several may be told at once.
                                 NULL: nobody asks */
  void (*done)(void *user);   /* on the control loop, once, after the sink's done: the result is complete */
  void *user;
} pl_load_options;

/* Starts all workers behind one barrier. Errors of the call: PL_EINVAL (a plan that cannot be), PL_ELIMIT (descriptors:
 * says ulimit -n and what is needed), PL_ENOMEM, PL_EIO. It returns at once: the collector's side is opened by a job in
 * collector_box, then the workers start, open their script worlds and meet at the barrier; what fails there (PL_ESCRIPT:
 * a world did not open; PL_EIO: no thread) arrives through done, see pl_load_error. A call that fails may leave handles that
 * close as the control loop runs; alloc lives until then. Control thread. */
int pl_load_start(const pl_load_options *o, pl_load **out, pl_error *err) PL_MUSTCHECK;

/* Control; any time between start and done, from the control loop. Each takes effect within a loop turn of each worker. */
void pl_load_stop(pl_load *l, bool drain); /* no new starts; drain: what is in flight may end (grace); else it is aborted */
void pl_load_pause(pl_load *l, bool paused);
/* The rate or the number of users from now on. Errors: PL_EINVAL, PL_ELIMIT (more than a plan may ask for), PL_ENOMEM. */
int pl_load_level(pl_load *l, size_t scenario, double level, pl_error *err) PL_MUSTCHECK;

/* What became of connections, added up over workers. */
typedef struct pl_load_connections {
  uint64_t asked;        /* attempts to connect, */
  uint64_t made, failed; /*   that succeeded, and that did not */
  uint64_t opened, max;  /* sockets that began to connect; most at a time, the workers' added up */
  uint64_t reused;       /* requests answered on a connection that had carried an answer before */
  uint64_t repeated;     /* requests sent once more on another one, as theirs was lost before their answer began */
} pl_load_connections;

/* Totals so far (any time) and at the end, merged over workers. */
typedef struct pl_load_stats {
  uint64_t planned, started, late, dropped, cancelled;   /* starts; closed: planned is what was started */
  uint64_t no_user;                                      /* late ones that waited for a user, not a connection */
  uint64_t behind;                                       /* most starts that were due and not sent when a second was closed, */
  double behind_at_s;                                    /* and when, from the load's start */
  uint64_t warmup_starts;                                /* sent before the measured part, in no other figure */
  uint64_t requests, ok, failed, aborted;
  uint64_t errors[PL_FAILURES];
  uint64_t bytes_sent, bytes_received;
  uint64_t iterations, iterations_failed, iterations_broken, iterations_unserved;
  uint64_t never_left; /* of the failed requests: for their connections this machine had nothing left; */
  uint64_t spoke_tls, spoke_http2; /* the server speaks that, and was not asked in it */
  pl_load_connections connections;
  uint32_t users, users_max;
  double timeout_s;                                      /* shortest limit that a request reached; 0: none did */
  double duration_s;                                     /* of the measured part */
  double rate_planned, rate_achieved;                    /* starts; answers until the end of the duration: over duration_s */
  double kept_up;  /* after done, else 0. Whether the target kept up with the schedule: starts answered until the end of the
                      duration, as a share of those planned until a mean iteration before it; at most 1. 1 without a schedule */
} pl_load_stats;

/* scenario: index, or SIZE_MAX for all. Control loop. */
void pl_load_stats_get(const pl_load *l, size_t scenario, pl_load_stats *out);

/* Whole-run distribution of one key, or of all names of a scenario (name empty), or of all (scenario empty too).
 * After done only. into is added to. PL_ENOENT when nothing was recorded. */
int pl_load_hist(const pl_load *l, pl_str scenario, pl_str name, enum pl_dist which, pl_hist *into) PL_MUSTCHECK;

/* Whether the starts of a scenario came as its arrival law says; false: not told (closed, a trace, few starts, levels that were
 * changed). After done only. */
bool pl_load_fit(const pl_load *l, size_t scenario, pl_fit_result *out);

/* Service times of a server that does nothing, measured by the first worker before the load began: what the client itself adds. Empty
 * without threads. After done only. */
const pl_hist *pl_load_loopback(const pl_load *l);

/* Largest step of the wall clock during the load, in ns, with its sign. After done only. */
int64_t pl_load_clock_step(const pl_load *l);

/* Request names of a scenario, with their counters: for the summary's table. After done only. */
typedef struct pl_load_row {
  pl_load_key key;
  uint64_t requests, ok, failed, errors[PL_FAILURES];
} pl_load_row;
size_t pl_load_rows(const pl_load *l, size_t scenario, pl_load_row *out, size_t max); /* returns how many there are */
/* When a load began, on the monotonic clock and on the wall. */
typedef struct pl_load_start_time {
  uint64_t ns;
  int64_t wall_ms;
} pl_load_start_time;
/* Calls fn(user, key, the slowest, slowest first, when the load began) for each name of the scenario. Times in them are monotonic.
 * After done only. */
void pl_load_examples(const pl_load *l, size_t scenario, void (*fn)(void *user, const pl_load_key *key, const pl_example_list *list, pl_load_start_time start), void *user);
/* Calls fn(user, status, count, how many of them failed for it) for each status seen. */
void pl_load_statuses(const pl_load *l, size_t scenario, void (*fn)(void *user, int status, uint64_t count, uint64_t failed), void *user);
/* Calls fn(user, label, passed, failed) for each check. */
void pl_load_checks(const pl_load *l, size_t scenario, void (*fn)(void *user, pl_str label, uint64_t passed, uint64_t failed), void *user);
/* Calls fn(user, text, count) for each text of a kind (script errors ...). */
void pl_load_texts(const pl_load *l, size_t scenario, enum pl_label_kind kind, void (*fn)(void *user, pl_str text, uint64_t count), void *user);

/* The generator's own verdict, whose thresholds users rely on: they do not change. */
typedef struct pl_load_worker_stats {
  double cpu_s;
  double busy;       /* mean share of the measured seconds that the worker's thread was on a CPU, polls that found nothing aside; of all of them, also when its users ended before */
  double busy_over;  /* share of the seconds with busy >= 0.97 */
  double stalled;    /* share of the seconds that it was kept from running: stopped, or without a CPU */
  double waited_s;   /* ready to run, without a CPU */
  uint64_t yielded, preempted; /* context switches */
} pl_load_worker_stats;

typedef struct pl_machine_health { /* filled by the caller, sampled at start and end */
  double steal_share, throttled_share;
  uint64_t udp_dropped, tcp_dropped; /* what receive queues of this machine had no room for */
  uint64_t listen_dropped;           /* connections for which its listening sockets had none */
  uint32_t ports, ports_waiting;     /* local ports for connections; those that wait after a close. At the end */
} pl_machine_health;

/* A delay that is one of the reasons. */
typedef struct pl_load_delay {
  uint64_t ns;
  double share;    /* so many of them took as long, or longer */
  unsigned reason; /* which one, from 1; 0: it is none */
} pl_load_delay;

typedef struct pl_load_verdict {
  bool limited;
  unsigned n_reasons;
  char reasons[8][160];   /* "worker 0 was busy in 40 % of the seconds" ... */
  pl_load_delay started_late, read_late; /* starts, after they were due; answers, after they came */
  unsigned n_warnings;
  char warnings[8][160];
} pl_load_verdict;

/* How many workers it has. */
unsigned pl_load_workers(const pl_load *l);
/* What a worker (from 0) did, as far as its frames have come. */
void pl_load_worker_stats_get(const pl_load *l, unsigned worker, pl_load_worker_stats *out);
/* Whether the figures can be trusted: see verdict.h. */
void pl_load_judge(const pl_load *l, const pl_machine_health *health, pl_load_verdict *out);

/* ---- TLS and HTTP/2 of the whole load. After done only. */

/* TLS of all workers' connections, added up. */
void pl_load_tls_get(const pl_load *l, pl_tls_counts *out);
/* HTTP/2 of all workers' connections, added up. */
void pl_load_http2_get(const pl_load *l, pl_http2_counts *out);

/* Wall time (ms since 1970) of the load's start and of the measured part's end points; 0 before they happened. */
void pl_load_times(const pl_load *l, int64_t *start_ms, int64_t *measured_from_ms, int64_t *measured_to_ms);

/* The measured part of one scenario of a load that is done, wall ms: starts are measured from from_ms to to_ms, the last answer came
 * before drained_ms. */
typedef struct pl_load_part {
  int64_t from_ms, to_ms, drained_ms;
} pl_load_part;
/* The measured part of a scenario; INT64_MAX for what is not known yet. */
void pl_load_part_get(const pl_load *l, size_t scenario, pl_load_part *out);

/* The error that ended the load early, or an empty one. */
const pl_error *pl_load_error(const pl_load *l);

/* After done only. */
void pl_load_free(pl_load *l);

#endif
