/* A virtual user, and the seam to scripts: load calls up through pl_script_table, scripts call down
 * through the functions here. One worker's thread. */
#ifndef PL_LOAD_USER_H
#define PL_LOAD_USER_H

#include "base/random.h"
#include "load/plan.h"

typedef struct pl_worker pl_worker;
typedef struct pl_user pl_user;

enum pl_user_state {
  PL_USER_IDLE,     /* in the pool */
  PL_USER_PACING,   /* closed loop: its next iteration is due later */
  PL_USER_READY,    /* its iteration begins as soon as the stack is clear */
  PL_USER_RUNNING,  /* the script has the floor */
  PL_USER_WAITING,  /* a request is in flight */
  PL_USER_THINKING, /* a timer is set */
  PL_USER_ENDED,    /* it called stop(): its script side is about to be freed */
};

/* What ended an iteration. */
enum pl_iteration_end {
  PL_ITERATION_OK,
  PL_ITERATION_FAILED,   /* script error */
  PL_ITERATION_GIVEN_UP, /* user:fail() */
  PL_ITERATION_STOPPED,  /* user:stop() */
  PL_ITERATION_ABORTED,
};

#define PL_NO_ITERATION UINT64_MAX

/* An operation of another protocol in flight, in place of an HTTP exchange; its figures lie in the exchange's times and answer. */
typedef struct pl_user_operation {
  void (*start)(void *operation); /* NULL: the exchange is HTTP's */
  void (*abort)(void *operation); /* ends it as aborted; pl_user_operation_done comes from the loop's next turn */
  void *operation;
  uint64_t latency_from_ns; /* where its latency counts from; 0: where the user is */
  bool parts; /* it is made of requests that are recorded one by one (pl_user_part_done), and no request itself: */
  bool http;  /*   HTTP's */
  uint32_t requests; /* so many are sent at once, which a rate cap counts; 0: one, or those of parts as they ask (pl_user_part_due) */
} pl_user_operation;

struct pl_user {
  pl_worker *worker;
  const pl_scenario *scenario;
  uint32_t id;             /* over all workers of the scenario */
  uint64_t iteration;      /* global index of the running iteration; PL_NO_ITERATION before the first */
  enum pl_user_state state;
  uint64_t turns;          /* iterations that it began */
  uint64_t intended_ns;    /* start of the iteration as planned */
  uint64_t begun_ns;       /* and when it got the floor; where nothing was planned, the worker's last look at the clock */
  uint64_t latency_from_ns;/* from where the next request's latency counts */
  pl_rng rng;              /* pl_user_rng */
  bool drawn;              /* it is this iteration's */
  pl_cookie_jar *jar;      /* NULL until the first Set-Cookie or use */
  pl_digest *digest;       /* NULL until a request may be challenged: pl_user_digest */
  struct pl_trace_context *trace; /* of a scenario that is traced; NULL: no memory for it */
  pl_exchange exchange;
  pl_pool own;             /* its connections, where it shares none */
  pl_user_operation operation;
  pl_timer timer;          /* think, pace, a send that a rate cap holds back */
  struct pl_signed_request *signed_request; /* of a static request that is signed; NULL until the first */
  uint64_t bearer;         /* which of the renewed tokens its last request carried: its generation */
  void *script;            /* the bridge's */
  uint32_t slot;           /* request name of the exchange in flight */
  const uint16_t *expected;/* pairs of statuses from, to that are good for the request in flight, set by the bridge before */
  size_t n_expected;       /*   pl_user_send; 0: the scenario's rule */
  bool measured;           /* the iteration began after the warm-up */
  bool first;              /* no request of this iteration was asked for yet */
  bool started;            /* its start is counted: a request was sent, or failed, or none was needed */
  bool late;               /* its start waited for a user */
  bool starting;           /* the bridge, when it makes its side: `start` comes first; until pl_user_has_started */
  bool leaving;            /* it runs `stop`, its last iteration, which is in no figure */
  bool script_fault;       /* the bridge: whatever fails in this iteration, its script is wrong */
  bool unsendable;         /* this iteration asked for what nobody could be asked: its answer was known before; at its end: for nothing else */
  bool unserved;           /* its `start` ended with a request that got no answer: pl_user_has_started */
  bool pending;            /* the last request's outcome waits for its checks */
  uint64_t request;        /* number of the last request that was asked for */
  enum pl_failure outcome; /* of that request */
  struct pl_executor *executor;
  struct pl_user *next;    /* of the one list that it is in: idle users, or users that may begin */
};

/* How a scripted scenario runs: given by the owner of the worker; all calls on the worker's thread. The
 * functions run Lua from the base of the stack and return when the script waits or ended; they call
 * pl_user_send, pl_user_operate or pl_user_think before returning when it waits, pl_user_ended when the iteration is over. */
typedef struct pl_script_table {
  /* Opens the script's world for one worker; NULL *out when the plan has no script. */
  int (*open)(void *context, pl_worker *w, void **out, pl_error *err);
  void (*close)(void *world);
  /* Makes the user's side (its `start` function runs as the first part of its first iteration). */
  int (*user_new)(void *world, pl_user *u);
  void (*user_free)(void *world, pl_user *u); /* runs `stop` no more */
  void (*begin)(void *world, pl_user *u);     /* one iteration, or (leaving) its `stop` */
  void (*answer)(void *world, pl_user *u);    /* the exchange is complete: u->exchange.answer is valid during this call */
  void (*partly)(void *world, pl_user *u);    /* the same for an answer to a batch that is not its last; sends nothing. NULL: no batches */
  void (*timer)(void *world, pl_user *u);     /* think time is over */
  void (*abort)(void *world, pl_user *u);     /* unwind the running iteration: the load ends. It is over when this
                                                 returns; pl_user_ended need not be called */
  /* Idle time: collect garbage for about budget_ns; true when nothing is left to do. */
  bool (*idle)(void *world, uint64_t budget_ns);
  void *context;
} pl_script_table;

/* ---- Called by the bridge ---------------------------------------------------------------------- */

/* The slot of a request name (with its tags) for a scenario; "__other__" beyond the plan's limit. Constant for the
 * worker's life: cache it. */
uint32_t pl_worker_slot(pl_worker *w, const pl_scenario *s, pl_str name, pl_str method);

/* Sends u->exchange (endpoint, head, body, parts, jar, timeout, follow, head_only, want_body filled) under a slot;
 * `answer` is called when it is complete. Settles the outcome of the request before. */
void pl_user_send(pl_user *u, uint32_t slot);

/* The same for an operation of another protocol, whose owner calls pl_user_operation_done once from the loop when its times and
 * answer are filled. Its status is good when it is 0. */
void pl_user_operate(pl_user *u, uint32_t slot, pl_user_operation operation);
/* Just before its first byte, or that of a part; times.send is set. aside_ns: what its owner did before for itself, in no latency. */
void pl_user_operation_sending(pl_user *u, uint64_t aside_ns);
/* It is complete: it is recorded and judged, and the script goes on. */
void pl_user_operation_done(pl_user *u);

/* A part is complete, its slot, expected statuses, times and answer stand in the user: records it, and gives what a check of it needs. */
struct pl_answered pl_user_part_done(pl_user *u);
/* When the next part may be sent: 0: now. Takes that time, so that a rate cap counts parts. */
uint64_t pl_user_part_due(pl_user *u);

/* The value of Authorization by a token that is renewed (PL_AUTH_OAUTH2), empty without memory; valid until the next call for a user of
 * the scenario. */
pl_str pl_user_bearer(pl_user *u);

/* What servers asked this user: for the exchange of a request with Digest authentication. NULL: no memory. */
pl_digest *pl_user_digest(pl_user *u);

/* The iteration's stream of random numbers; made when it is first asked for. It is keyed by the seed and the scenario, and in an open loop by
 * the number of the start in the schedule, whichever user took it; else by the user and the number of the iteration, where that is a matter of
 * the plan, or the user's own count, where global numbers go by who comes first. So the same seed draws the same with any number of workers,
 * however fast the answers are. `stop`, and in an open loop `start`, which are of the user, have streams of their own. */
pl_rng *pl_user_rng(pl_user *u);

/* The bridge: the user's `start` is over. What it did not get explains errors of later iterations that ask for nothing. */
void pl_user_has_started(pl_user *u);

/* Waits; `timer` is called. The think time moves the start of the next latency. */
void pl_user_think(pl_user *u, uint64_t ns);

/* What a script keeps of a request beside its answer, so that a check finds it again. */
typedef struct pl_answered {
  uint64_t request, iteration;
  uint32_t slot;
  int status;
  bool measured;
  enum pl_failure outcome;
} pl_answered;
/* The request whose answer has just come. */
pl_answered pl_user_answered(const pl_user *u);

/* One check, by label, of an answer; a failed one makes the outcome of its request PL_FAIL_CHECK if it was good, also where
 * requests of this iteration came after it; an answer of an earlier iteration stays as it was counted. */
uint32_t pl_worker_check(pl_worker *w, const pl_scenario *s, pl_str label);
/* Notes the outcome of a check (pl_worker_check) of an answer. */
void pl_user_check(pl_user *u, pl_answered *answered, uint32_t check, bool ok);
/* The script read the body of an answer, and it cannot be decoded: a failure of class protocol of its request, under the conditions of a
 * failed check. why: in words, kept with the failures when it is counted. */
void pl_user_undecodable(pl_user *u, pl_answered *answered, const char *why);

/* The iteration is over; may only be the last thing that begin, answer or timer do. why: NULL, or the text of the error or
 * of user:fail (kept, at most 100 different ones with counts). */
void pl_user_ended(pl_user *u, enum pl_iteration_end end, const char *why);

/* Keeps the text of an error in the script that does not end the iteration, as pl_user_ended keeps its own. */
void pl_user_note(pl_user *u, const char *text);

/* A group's duration (load_group_seconds{group}). */
void pl_user_group(pl_user *u, pl_str group, uint64_t duration_ns);
/* A value of an own metric of the script's. */
void pl_user_metric(pl_user *u, pl_str metric, double value);

/* The worker's client. */
pl_client *pl_worker_client(pl_worker *w);
/* The plan of the load. */
const pl_plan *pl_worker_plan(const pl_worker *w);
/* The clock that its times are of. */
const pl_clock *pl_worker_clock(const pl_worker *w);
/* Its number, from 0. */
unsigned pl_worker_index(const pl_worker *w);

#endif
