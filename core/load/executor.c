/* Life of an executor: pending until its offset, running until its duration is over, draining until its
 * users are done or grace is over. Users live in blocks that never move and are freed with the executor. */
#include "load/executor.h"

#include "base/error.h"
#include "load/worker.h"

/* ---- Users -------------------------------------------------------------------------------------- */

/* This party's part of a whole number. */
static uint32_t share(uint32_t whole, unsigned party, unsigned parties)
{
  return party < parties ? whole / parties + (party < whole % parties) : 0;
}

static pl_user *user_storage(pl_executor *e)
{
  pl_user_block *b = e->blocks;
  if (!b || b->used == PL_USER_BLOCK) {
    b = pl_alloc_zero(e->worker->o.alloc, 1, sizeof *b);
    if (!b)
      return NULL;
    b->next = e->blocks;
    e->blocks = b;
  }
  return &b->users[b->used];
}

/* Gives a user its side in the script; static users have none. */
static bool give_script(pl_executor *e, pl_user *u)
{
  if (!e->scenario->scripted || u->script)
    return true;
  pl_worker *w = e->worker;
  return w->o.scripts->user_new(w->world, u) == PL_OK;
}

static pl_user *user_new(pl_executor *e)
{
  pl_user *u = e->n_users < e->users_max ? user_storage(e) : NULL;
  if (!u)
    return NULL;
  pl_user_init(u, e, e->party + e->n_users * e->parties);
  if (!give_script(e, u))
    return NULL;
  e->blocks->used++;
  e->n_users++;
  return u;
}

pl_user *pl_executor_take(pl_executor *e)
{
  pl_user *u = e->idle;
  if (u) {
    e->idle = u->next;
    if (!give_script(e, u)) {
      e->idle = u;
      u = NULL;
    }
  } else {
    u = user_new(e);
  }
  if (!u) {
    if (e->n_users < e->users_max)
      pl_record_no_user(e->worker->recorder, e->worker->now_ns);
    return NULL;
  }
  e->active++;
  uint32_t *top = &e->worker->users_top[e->index];
  *top = e->active > *top ? e->active : *top;
  e->worker->users[e->index] = e->active;
  if (e->active > e->peak) {
    e->peak = e->active;
    pl_record_counts(e->worker->recorder, e->worker->now_ns, e->index)->users_peak = e->peak;
  }
  return u;
}

static void user_left(pl_executor *e)
{
  assert(e->active > 0);
  e->active--;
  e->worker->users[e->index] = e->active;
}

bool pl_executor_dismiss(pl_executor *e, pl_user *u)
{
  bool started = u->script && u->iteration != PL_NO_ITERATION;
  if (!e->scenario->has_stop || !started || u->leaving || e->cut)
    return false;
  u->leaving = true;
  u->state = PL_USER_IDLE;
  u->intended_ns = e->worker->now_ns;
  pl_worker_ready(e->worker, u);
  return true;
}

void pl_executor_release(pl_executor *e, pl_user *u)
{
  if (e->state == PL_EXECUTOR_DRAINING && pl_executor_dismiss(e, u))
    return;
  user_left(e);
  u->state = PL_USER_IDLE;
  u->next = e->idle;
  e->idle = u;
  pl_executor_check_over(e);
}

void pl_executor_retire(pl_executor *e, pl_user *u)
{
  user_left(e);
  u->state = PL_USER_ENDED;
  pl_executor_check_over(e);
}

/* ---- States ------------------------------------------------------------------------------------- */

static void set_state(pl_executor *e, enum pl_executor_state state)
{
  assert(state > e->state);
  e->state = state;
}

static void go_over(pl_executor *e)
{
  set_state(e, PL_EXECUTOR_OVER);
  pl_wheel_cancel(e->worker->wheel, &e->phase);
  pl_wheel_cancel(e->worker->wheel, &e->next);
  /* Iterations end when they are done, not by the clock. */
  if (e->worker->now_ns < e->end_ns)
    e->end_ns = e->worker->now_ns;
  pl_record_counts(e->worker->recorder, e->worker->now_ns, e->index)->until_ns = e->end_ns;
  pl_worker_executor_over(e->worker);
}

void pl_executor_check_over(pl_executor *e)
{
  if (e->state == PL_EXECUTOR_DRAINING && e->active == 0 && !e->kind->waits(e))
    go_over(e);
}

static void cut_some(pl_executor *e, bool waiting)
{
  for (pl_user_block *b = e->blocks; b; b = b->next) {
    for (uint32_t i = 0; i < b->used; i++) {
      if (!waiting || pl_exchange_waits(&b->users[i].exchange))
        pl_user_cut(&b->users[i]);
    }
  }
}

/* Those that wait for a connection first: the place of one that is cut would be theirs. */
static void cut_users(pl_executor *e)
{
  cut_some(e, true);
  cut_some(e, false);
}

static void on_grace_over(pl_timer *t)
{
  pl_executor *e = PL_EXECUTOR_OF(t, phase);
  e->cut = true;
  e->kind->cancel(e);
  cut_users(e);
  pl_executor_check_over(e);
  pl_worker_drain(e->worker);
}

/* Users that nothing keeps busy leave as well. */
static void dismiss_idle(pl_executor *e)
{
  for (pl_user *u = e->idle, *next; u; u = next) {
    next = u->next;
    e->active++;
    if (!pl_executor_dismiss(e, u)) {
      e->active--;
      u->next = NULL;
    }
  }
  e->idle = NULL;
}

static void drain(pl_executor *e, uint64_t grace_ns)
{
  pl_worker *w = e->worker;
  set_state(e, PL_EXECUTOR_DRAINING);
  pl_record_counts(w->recorder, w->now_ns, e->index)->until_ns = e->end_ns;
  e->grace_ns = grace_ns;
  pl_wheel_cancel(w->wheel, &e->next);
  e->phase.fn = on_grace_over;
  pl_wheel_set(w->wheel, &e->phase, w->now_ns + grace_ns);
  e->kind->end(e);
  if (e->scenario->has_stop)
    dismiss_idle(e);
  pl_executor_check_over(e);
}

static void on_end(pl_timer *t)
{
  pl_executor *e = PL_EXECUTOR_OF(t, phase);
  drain(e, e->grace_ns);
  pl_worker_drain(e->worker);
}

static void on_begin(pl_timer *t)
{
  pl_executor *e = PL_EXECUTOR_OF(t, phase);
  set_state(e, PL_EXECUTOR_RUNNING);
  if (e->end_ns != UINT64_MAX) {
    e->phase.fn = on_end;
    pl_wheel_set(e->worker->wheel, &e->phase, e->end_ns);
  }
  e->kind->begin(e);
  pl_worker_drain(e->worker);
}

static uint64_t trace_duration(const pl_scenario *s, uint64_t duration)
{
  uint64_t last = pl_arrival_trace_time(s->trace, s->n_trace, s->trace_period_ns, s->iterations);
  return last < duration ? last : duration;
}

uint64_t pl_executor_stream(const pl_executor *e)
{
  return (uint64_t)e->scenario->shard << 32 | e->index;
}

/* How long starts are due: an open loop of so many starts ends when the next one would come. */
static uint64_t duration_of(const pl_executor *e)
{
  const pl_scenario *s = e->scenario;
  uint64_t duration = s->duration_ns ? s->duration_ns : pl_stages_duration(s->stages, s->n_stages);
  if (s->model != PL_MODEL_OPEN || !s->iterations)
    return duration;
  if (s->law == PL_ARRIVAL_TRACE)
    return trace_duration(s, duration);
  uint64_t last = pl_arrival_time_of(s->law, s->stages, s->n_stages, e->worker->plan->seed, pl_executor_stream(e), s->iterations);
  return last < duration ? last : duration;
}

void pl_executor_start(pl_executor *e, uint64_t load_start_ns)
{
  const pl_scenario *s = e->scenario;
  uint64_t duration = duration_of(e);
  bool counted = s->model == PL_MODEL_ITERATIONS || s->model == PL_MODEL_ITERATIONS_EACH;
  e->begin_ns = load_start_ns + s->offset_ns;
  e->measured_ns = e->begin_ns + s->warmup_ns;
  e->end_ns = counted && !duration ? UINT64_MAX : e->begin_ns + duration;
  e->grace_ns = s->grace_ns;
  e->phase.fn = on_begin;
  pl_wheel_set(e->worker->wheel, &e->phase, e->begin_ns);
}

/* What has not begun is given up: starts in the queue, and those whose user still waits for a connection. */
static void give_up_waiting(pl_executor *e)
{
  e->kind->cancel(e);
  for (pl_user_block *b = e->blocks; b; b = b->next) {
    for (uint32_t i = 0; i < b->used; i++) {
      pl_user *u = &b->users[i];
      if (!u->started && pl_exchange_waits(&u->exchange))
        pl_user_cut(u);
    }
  }
  pl_executor_check_over(e);
}

void pl_executor_quit(pl_executor *e, uint64_t grace_ns)
{
  pl_executor_stop(e, grace_ns);
  if (e->state == PL_EXECUTOR_DRAINING)
    give_up_waiting(e);
}

void pl_executor_stop(pl_executor *e, uint64_t grace_ns)
{
  pl_worker *w = e->worker;
  if (e->state == PL_EXECUTOR_OVER)
    return;
  if (e->state < PL_EXECUTOR_DRAINING) {
    e->end_ns = w->now_ns < e->end_ns ? w->now_ns : e->end_ns;
    drain(e, grace_ns);
  } else if (w->now_ns + grace_ns < e->phase.due_ns && pl_timer_is_set(&e->phase)) {
    pl_wheel_set(w->wheel, &e->phase, w->now_ns + grace_ns);
  }
}

void pl_executor_pause(pl_executor *e, bool paused)
{
  if (e->paused == paused)
    return;
  e->paused = paused;
  if (e->state == PL_EXECUTOR_RUNNING)
    e->kind->pause(e, paused);
}

/* Until when the stages are over for good, since the scenario's begin: an open loop that is behind still asks for starts of the
 * past. */
static uint64_t past_of(const pl_executor *e)
{
  uint64_t now = e->worker->now_ns, past = now > e->begin_ns ? now - e->begin_ns : 0;
  bool behind = e->scenario->model == PL_MODEL_OPEN && e->arrival.cursor.begin_ns < past;
  return behind ? e->arrival.cursor.begin_ns : past;
}

int pl_executor_level(pl_executor *e, uint64_t at_ns, double level)
{
  if (e->state >= PL_EXECUTOR_DRAINING)
    return PL_OK;
  size_t capacity = e->n_stages + 3;
  pl_stage *stages = pl_alloc_zero(e->worker->o.alloc, capacity, sizeof *stages);
  if (!stages)
    return PL_ENOMEM;
  uint64_t t = at_ns > e->begin_ns ? at_ns - e->begin_ns : 0;
  size_t n = pl_stages_change(e->stages, e->n_stages, past_of(e), t, level, e->end_ns - e->begin_ns, stages);
  pl_free(e->worker->o.alloc, e->own_stages, e->own_capacity * sizeof *stages);
  e->own_capacity = capacity;
  e->stages = e->own_stages = stages;
  e->n_stages = n;
  e->kind->restage(e);
  return PL_OK;
}

pl_scenario_counts *pl_executor_counts(pl_executor *e, uint64_t t)
{
  return t >= e->measured_ns ? pl_record_counts(e->worker->recorder, t, e->index) : NULL;
}

/* ---- Making ------------------------------------------------------------------------------------- */

static uint32_t most_users(const pl_scenario *s)
{
  if (s->model == PL_MODEL_OPEN)
    return s->max_users;
  if (s->model != PL_MODEL_CLOSED)
    return s->users;
  return UINT32_MAX; /* as many as the stages, or a change of level, ask for */
}

int pl_executor_init(pl_executor *e, pl_worker *w, uint32_t index, unsigned party, unsigned parties,
                     _Atomic uint64_t *shared, pl_error *err)
{
  const pl_scenario *s = &w->plan->scenarios[index];
  uint32_t users = most_users(s);
  if (parties > users)
    parties = users ? users : 1;
  *e = (pl_executor){
      .kind = s->model == PL_MODEL_OPEN ? &pl_open_loop : &pl_closed_loop,
      .worker = w, .scenario = s, .index = index, .party = party, .parties = parties,
      .has_schedule = s->model == PL_MODEL_OPEN || s->pace_ns > 0,
      .stages = s->stages, .n_stages = s->n_stages, .users_max = share(users, party, parties),
      .shared = shared,
  };
  e->waiting.max = share(s->max_waiting, party, parties);
  pl_buf_init(&e->request.head, w->o.alloc, 64 << 10);
  pl_buf_init(&e->token.value, w->o.alloc, 128 << 10);
  if (s->law == PL_ARRIVAL_TRACE && party < parties)
    pl_arrival_init_trace(&e->arrival, s->trace, s->n_trace, s->trace_period_ns, s->n_stages ? s->stages[0].level : 0, party, parties);
  else if (s->model == PL_MODEL_OPEN && party < parties)
    pl_arrival_init(&e->arrival, s->law, s->stages, s->n_stages, w->plan->seed, pl_executor_stream(e), party, parties);
  const pl_tls_settings *tls = s->route ? s->route->tls : NULL;
  bool secure = tls || pl_str_eqc(s->url.scheme, "https") || pl_str_eqc(s->base.scheme, "https");
  int code = secure ? pl_client_secure(w->client, tls, err) : PL_OK;
  if (!code)
    code = pl_client_resolver(w->client, s->route, err);
  if (!code && s->route && s->route->streams)
    code = pl_client_http2(w->client, err);
  if (!code && !s->scripted)
    code = pl_static_request_init(&e->request, w, s, err);
  if (code)
    (void)pl_fail_in(err, "scenario %.*s", (int)s->name.len, s->name.data);
  return code;
}

void pl_executor_fini(pl_executor *e)
{
  if (!e->worker)
    return;
  const pl_allocator *a = e->worker->o.alloc;
  while (e->blocks) {
    pl_user_block *b = e->blocks;
    e->blocks = b->next;
    for (uint32_t i = 0; i < b->used; i++)
      pl_user_fini(&b->users[i]);
    pl_free(a, b, sizeof *b);
  }
  pl_start_queue_fini(&e->waiting, a);
  pl_free(a, e->own_stages, e->own_capacity * sizeof *e->own_stages);
  pl_static_request_fini(&e->request);
  pl_buf_fini(&e->token.value);
}
