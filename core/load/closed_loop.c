/* A number of users, each of which begins its next iteration when the one before is over (and its pace has
 * passed). The number follows stages, or is fixed and the iterations are counted. Users above the wanted
 * number stop after their iteration; none is cut by a falling number. */
#include <math.h>

#include "load/worker.h"

#define RAMP_STEP_NS (10 * PL_MS_NS) /* how often a ramp is looked at */
enum { USERS_A_TURN = 100 };         /* begin; then the sockets get a turn */

/* How many of `whole` users are this party's: numbers i with i mod parties == party. */
static uint32_t own_part(const pl_executor *e, uint64_t whole)
{
  if (e->party >= e->parties || whole <= e->party)
    return 0;
  return (uint32_t)((whole - e->party - 1) / e->parties + 1);
}

static uint32_t wanted(const pl_executor *e, uint64_t now)
{
  if (e->paused || e->state != PL_EXECUTOR_RUNNING)
    return 0;
  double level = e->scenario->users;
  if (e->scenario->model == PL_MODEL_CLOSED)
    level = pl_stages_level(e->stages, e->n_stages, now > e->begin_ns ? now - e->begin_ns : 0);
  uint32_t users = own_part(e, (uint64_t)floor(level + 1e-9));
  return users > e->stopped ? users - e->stopped : 0;
}

/* When the wanted number may change next; UINT64_MAX: not before the end. */
static uint64_t next_change(const pl_executor *e, uint64_t now)
{
  if (e->scenario->model != PL_MODEL_CLOSED)
    return UINT64_MAX;
  uint64_t end = e->begin_ns;
  double before = 0;
  for (size_t i = 0; i < e->n_stages; i++) {
    const pl_stage *s = &e->stages[i];
    end += s->duration_ns;
    if (now < end) {
      bool flat = s->jump || s->level == before;
      return flat || end - now < RAMP_STEP_NS ? end : now + RAMP_STEP_NS;
    }
    before = s->level;
  }
  return UINT64_MAX;
}

/* ---- Iterations --------------------------------------------------------------------------------- */

/* Gives the user the global number of its next iteration; false when there is none left for it. A user that never had one keeps none. */
static bool next_iteration(pl_executor *e, pl_user *u)
{
  const pl_scenario *s = e->scenario;
  uint64_t shared;
  switch (s->model) {
  case PL_MODEL_ITERATIONS:
    shared = atomic_fetch_add_explicit(e->shared, 1, memory_order_relaxed);
    if (shared < s->iterations)
      u->iteration = shared;
    return shared < s->iterations;
  case PL_MODEL_ITERATIONS_EACH:
    u->iteration = u->iteration == PL_NO_ITERATION ? u->id : u->iteration + s->users;
    return u->iteration / s->users < s->iterations;
  case PL_MODEL_OPEN:
  case PL_MODEL_CLOSED:
    break;
  }
  u->iteration = e->iterations * e->parties + e->party;
  return true;
}

/* Whether a level will ask for a user who has not left for good. */
static bool wants_others(const pl_executor *e)
{
  double peak = 0;
  for (size_t i = 0; i < e->n_stages; i++)
    peak = e->stages[i].level > peak ? e->stages[i].level : peak;
  return own_part(e, (uint64_t)floor(peak + 1e-9)) > e->stopped;
}

/* Iterations that are counted end the executor when there are no more; levels end it by the clock, or when all users have left. */
static void finish_counted(pl_executor *e)
{
  if (e->active > 0 || e->more || e->state != PL_EXECUTOR_RUNNING || e->paused)
    return;
  if (e->scenario->model != PL_MODEL_CLOSED || !wants_others(e))
    pl_executor_stop(e, e->grace_ns);
}

/* The user will not be taken again; it comes back once more when it has a last way to go. */
static void leave_for_good(pl_executor *e, pl_user *u)
{
  if (pl_executor_dismiss(e, u))
    return;
  e->stopped++;
  pl_executor_retire(e, u);
  finish_counted(e);
}

static void begin_iteration(pl_executor *e, pl_user *u, uint64_t intended_ns)
{
  if (!next_iteration(e, u)) {
    leave_for_good(e, u);
    return;
  }
  u->intended_ns = intended_ns;
  e->iterations++;
  pl_scenario_counts *c = pl_executor_counts(e, intended_ns);
  if (c)
    c->planned++;
  pl_worker_ready(e->worker, u);
}

static void on_pace(pl_timer *t)
{
  pl_user *u = PL_USER_OF(t, timer);
  pl_executor *e = u->executor;
  pl_worker *w = e->worker;
  w->now_ns = pl_now(w->o.clock);
  if (e->active > wanted(e, w->now_ns))
    pl_executor_release(e, u);
  else
    begin_iteration(e, u, t->due_ns);
  pl_worker_drain(w);
}

static void user_done(pl_executor *e, pl_user *u)
{
  uint64_t now = e->worker->now_ns;
  if (u->state == PL_USER_ENDED) {
    leave_for_good(e, u);
    return;
  }
  if (e->active > wanted(e, now)) {
    pl_executor_release(e, u);
    return;
  }
  uint64_t due = e->scenario->pace_ns ? u->begun_ns + e->scenario->pace_ns : now;
  if (due <= now) {
    begin_iteration(e, u, due);
    return;
  }
  u->state = PL_USER_PACING;
  u->timer.fn = on_pace;
  pl_wheel_set(e->worker->wheel, &u->timer, due);
}

/* ---- The number of users ------------------------------------------------------------------------ */

static void adjust(pl_executor *e)
{
  pl_worker *w = e->worker;
  unsigned begun = 0;
  pl_user *u = NULL;
  e->more = true;
  while (e->active < wanted(e, w->now_ns) && begun < USERS_A_TURN && (u = pl_executor_take(e)) != NULL) {
    begun++;
    begin_iteration(e, u, w->now_ns > e->begin_ns ? w->now_ns : e->begin_ns);
  }
  e->more = begun == USERS_A_TURN;
  uint64_t change = e->more ? w->now_ns + PL_WHEEL_TICK_NS : next_change(e, w->now_ns);
  if (change != UINT64_MAX && e->state == PL_EXECUTOR_RUNNING)
    pl_wheel_set(w->wheel, &e->next, change);
}

static void on_next(pl_timer *t)
{
  pl_executor *e = PL_EXECUTOR_OF(t, next);
  e->worker->now_ns = pl_now(e->worker->o.clock);
  adjust(e);
  finish_counted(e);
  pl_worker_drain(e->worker);
}

/* Users that wait for their pace have nothing in flight: they go at once. */
static void release_pacing(pl_executor *e)
{
  for (pl_user_block *b = e->blocks; b; b = b->next) {
    for (uint32_t i = 0; i < b->used; i++) {
      pl_user *u = &b->users[i];
      if (u->state != PL_USER_PACING)
        continue;
      pl_wheel_cancel(e->worker->wheel, &u->timer);
      pl_executor_release(e, u);
    }
  }
}

/* ---- As an executor ----------------------------------------------------------------------------- */

static void begin(pl_executor *e)
{
  e->next.fn = on_next;
  adjust(e);
  finish_counted(e);
}

static void end(pl_executor *e)
{
  release_pacing(e);
}

static void cancel(pl_executor *e)
{
  (void)e; /* nothing waits here */
}

static void pause_loop(pl_executor *e, bool paused)
{
  if (paused) {
    release_pacing(e);
    return;
  }
  adjust(e);
  finish_counted(e);
}

static void restage(pl_executor *e)
{
  adjust(e);
}

static bool waits(const pl_executor *e)
{
  (void)e;
  return false;
}

const pl_executor_kind pl_closed_loop = {begin, user_done, end, cancel, pause_loop, restage, waits};
