/* Starts come by the schedule, whatever became of the ones before. Each takes a user; when none is free it
 * waits in a queue, late, and its latency counts from the intended moment; when the queue is full it is
 * dropped (the rule: start_queue.h). Invariant: planned = started + dropped + cancelled + waiting. A worker that is behind works off
 * what is due late; it never skips a start. */
#include "load/worker.h"

/* Then the sockets get a turn: answers that came meanwhile free their connections, which are cheaper than new ones. */
enum { STARTS_A_TURN = 32 };

/* ---- Starts ------------------------------------------------------------------------------------- */

static void begin_start(pl_executor *e, pl_user *u, pl_start start, bool late)
{
  u->iteration = start.index;
  u->intended_ns = start.intended_ns;
  u->late = late;
  pl_worker_ready(e->worker, u);
}

static void count_dropped(pl_executor *e, pl_start start)
{
  pl_scenario_counts *c = pl_executor_counts(e, start.intended_ns);
  if (c)
    c->dropped++;
}

static void start_due(pl_executor *e, pl_start start)
{
  pl_scenario_counts *c = pl_executor_counts(e, start.intended_ns);
  if (c)
    c->planned++;
  else
    pl_record_counts(e->worker->recorder, start.intended_ns, e->index)->warmup_planned++;
  pl_user *u = e->waiting.count ? NULL : pl_executor_take(e);
  if (u) {
    begin_start(e, u, start, false);
    return;
  }
  if (!pl_start_queue_push(&e->waiting, e->worker->o.alloc, start)) {
    count_dropped(e, start);
    return;
  }
  if (c) {
    c->late++;
    c->no_user++;
  }
}

/* The next own start; intended_ns UINT64_MAX: none before the end. */
static pl_start next_start(pl_executor *e)
{
  uint64_t t = e->party < e->parties ? pl_arrival_time(&e->arrival) : UINT64_MAX;
  uint64_t most = e->scenario->iterations;
  uint64_t at = t == UINT64_MAX || (most && e->arrival.index >= most) ? UINT64_MAX : e->begin_ns + t;
  return (pl_start){e->arrival.index, at < e->end_ns ? at : UINT64_MAX};
}

/* Works off what is due until `until`, at most `most` starts. */
static void work_off(pl_executor *e, uint64_t until, size_t most)
{
  uint64_t now = e->worker->now_ns;
  for (size_t n = 0; n < most; n++) {
    pl_start start = next_start(e);
    if (start.intended_ns > until)
      return;
    if (start.intended_ns >= e->measured_ns)
      pl_record_pacing_lag(e->worker->recorder, now, now > start.intended_ns ? now - start.intended_ns : 0);
    start_due(e, start);
    pl_arrival_next(&e->arrival);
  }
}

/* A start that is due already waits for the next turn. */
static void set_next(pl_executor *e)
{
  pl_worker *w = e->worker;
  uint64_t at = next_start(e).intended_ns, soonest = w->now_ns + PL_WHEEL_TICK_NS;
  if (at == UINT64_MAX || e->paused)
    pl_wheel_cancel(w->wheel, &e->next);
  else
    pl_wheel_set(w->wheel, &e->next, at <= w->now_ns ? soonest : at);
}

static void on_next(pl_timer *t)
{
  pl_executor *e = PL_EXECUTOR_OF(t, next);
  pl_worker *w = e->worker;
  w->now_ns = pl_now(w->o.clock);
  work_off(e, w->now_ns, STARTS_A_TURN);
  set_next(e);
  pl_worker_drain(w);
}

/* ---- As an executor ----------------------------------------------------------------------------- */

static void begin(pl_executor *e)
{
  e->next.fn = on_next;
  set_next(e);
}

/* A user that has left comes back as a new one: its place in the pool stays. */
static void user_done(pl_executor *e, pl_user *u)
{
  bool left = u->state == PL_USER_ENDED;
  u->leaving = u->leaving && !left;
  if (e->waiting.count && !left) {
    begin_start(e, u, pl_start_queue_pop(&e->waiting), true);
    return;
  }
  pl_executor_release(e, u);
  if (!e->waiting.count)
    return;
  pl_user *fresh = pl_executor_take(e);
  if (fresh)
    begin_start(e, fresh, pl_start_queue_pop(&e->waiting), true);
}

/* What was due before the end and not looked at yet is still planned. */
static void end(pl_executor *e)
{
  if (!e->paused && e->end_ns > 0)
    work_off(e, e->end_ns - 1, SIZE_MAX);
}

static void cancel(pl_executor *e)
{
  while (e->waiting.count) {
    pl_scenario_counts *c = pl_executor_counts(e, pl_start_queue_pop(&e->waiting).intended_ns);
    if (c)
      c->cancelled++;
  }
}

/* Starts whose moment falls into a pause are not planned. */
static void pause_loop(pl_executor *e, bool paused)
{
  if (!paused) {
    while (next_start(e).intended_ns <= e->worker->now_ns)
      pl_arrival_next(&e->arrival);
  }
  set_next(e);
}

static void restage(pl_executor *e)
{
  pl_arrival_restage(&e->arrival, e->stages, e->n_stages);
  if (e->state == PL_EXECUTOR_RUNNING)
    set_next(e);
}

static bool waits(const pl_executor *e)
{
  return e->waiting.count > 0;
}

const pl_executor_kind pl_open_loop = {begin, user_done, end, cancel, pause_loop, restage, waits};
