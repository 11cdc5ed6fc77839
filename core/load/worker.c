/* A worker's loop. Each turn: what is due on the wheel, then the poll, then the sockets that it named. One
 * timer descriptor, set when the earliest due time moved forwards, wakes the poll to a few microseconds;
 * libuv's own timers count milliseconds. Callbacks of scripts run from the base of the stack: users whose
 * next iteration may begin stand in a list that is drained as each callback ends. */
#include "load/worker.h"

#include <errno.h>
#include <string.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "base/error.h"

enum {
  TIMERS_A_TURN = 4096,
  BEGINS_A_LOOK = 8,         /* users that begin between two looks at the clock */
  BEGINS_A_PHASE_NS = 10000000, /* then sockets, timers and orders get a turn: scripts may compute for long */
  SOON_NS = 20000,           /* what is due so soon is polled for: to set a timer, sleep and be woken takes no less CPU, and some 20 us longer */
  POLL_MAX_NS = 20000,       /* a look whether there is something to do takes a microsecond or two */
  SPIN_NS = 80000,           /* precise: poll without blocking before a due time */
  STALL_NS = 50 * (int)PL_MS_NS, /* a turn that is so late tells that the thread was kept from running; shorter waits are the scheduler's */
  COLLECT_IDLE_NS = 200000,  /* garbage collection: a slice when nothing else is to do, */
  COLLECT_BUSY_NS = 100000,  /* and a slice */
  COLLECT_EVERY_NS = 1000000 /* each millisecond when there always is */
};

/* ---- Loop --------------------------------------------------------------------------------------- */

static void arm(pl_worker *w, uint64_t due)
{
  if (due >= w->armed_ns)
    return; /* it wakes early enough; being woken early is harmless */
  struct itimerspec at = {
      .it_value = {.tv_sec = (time_t)(due / PL_S_NS), .tv_nsec = (long)(due % PL_S_NS)}};
  if (timerfd_settime(w->timer_fd, TFD_TIMER_ABSTIME, &at, NULL) == 0)
    w->armed_ns = due;
}

static void on_idle(uv_idle_t *idle)
{
  (void)idle; /* its being active is all */
}

/* Whether the poll must return at once. */
static void spin(pl_worker *w, bool on)
{
  if (on == w->spinning)
    return;
  w->spinning = on;
  if (on)
    uv_idle_start(&w->idle, on_idle);
  else
    uv_idle_stop(&w->idle);
}

/* A phase of a turn begins: what is due and its users, or the sockets and theirs. */
static void begin_phase(pl_worker *w)
{
  w->begins_until_ns = 0;
  w->begins_over = false;
}

static pl_recorder_state recorder_state(const pl_worker *w)
{
  pl_recorder_state state = {.cpu_ns = pl_thread_cpu_ns(), .polled_ns = w->polled_ns, .users = w->users, .users_top = w->users_top};
  pl_usage now;
  pl_usage_read(&now);
  state.usage = pl_usage_since(&w->usage, &now);
  pl_client_stats_get(w->client, &state.client);
  return state;
}

/* A slice of garbage collection when the last poll found nothing to do, or when it is high time. */
static void collect(pl_worker *w, bool nothing_to_do)
{
  const pl_script_table *scripts = w->o.scripts;
  if (!w->garbage || !scripts->idle)
    return;
  if (!nothing_to_do && w->now_ns - w->collected_ns < COLLECT_EVERY_NS)
    return;
  w->garbage = !scripts->idle(w->world, nothing_to_do ? COLLECT_IDLE_NS : COLLECT_BUSY_NS);
  w->collected_ns = pl_now(w->o.clock);
}

/* A turn that is late though the thread computed nothing: it was stopped, or had no CPU. Its CPU time counts from the newest tick,
 * so that of a busy worker too little is told rather than too much. */
static void note_stall(pl_worker *w)
{
  uint64_t late_ns = w->awaited_ns && w->now_ns > w->awaited_ns ? w->now_ns - w->awaited_ns : 0;
  if (late_ns < STALL_NS)
    return;
  uint64_t computed_ns = pl_thread_cpu_ns() - w->told_cpu_ns;
  if (late_ns > computed_ns)
    pl_record_stall(w->recorder, w->now_ns, late_ns - computed_ns);
}

/* A turn in which nothing was due, and a poll that did not wait and found nothing: that is no work. So long a one is two, and the thread was without
 * a CPU between them. */
static void note_poll(pl_worker *w, bool quiet)
{
  uint64_t took_ns = w->now_ns - w->poll_from_ns;
  if (quiet && took_ns < POLL_MAX_NS)
    w->polled_ns += took_ns;
}

/* Has the next poll end when something is due; when that is. */
static uint64_t await_due(pl_worker *w)
{
  uint64_t due = pl_wheel_next(w->wheel), frame = pl_recorder_due(w->recorder);
  due = due < frame ? due : frame;
  bool soon = due <= w->now_ns + (w->o.precise ? SPIN_NS : SOON_NS);
  if (!soon)
    arm(w, due - (w->o.precise ? SPIN_NS : 0));
  spin(w, soon || w->ready || w->garbage || w->running == 0);
  return due;
}

static void on_prepare(uv_prepare_t *handle)
{
  pl_worker *w = handle->data;
  if (w->state != PL_WORKER_RUNNING)
    return;
  bool quiet = w->turn_ns == 0;
  w->now_ns = pl_now(w->o.clock);
  note_poll(w, quiet);
  note_stall(w);
  begin_phase(w);
  unsigned fired = pl_wheel_run(w->wheel, w->now_ns, TIMERS_A_TURN);
  pl_worker_drain(w);
  if (w->now_ns >= pl_recorder_due(w->recorder)) {
    pl_recorder_state state = recorder_state(w);
    w->told_cpu_ns = state.cpu_ns;
    pl_recorder_tick(w->recorder, w->now_ns, &state);
    memcpy(w->users_top, w->users, w->n_executors * sizeof *w->users);
  }
  collect(w, quiet && fired == 0);
  uint64_t due = await_due(w);
  w->awaited_ns = due > w->now_ns ? due : w->now_ns;
  w->poll_from_ns = quiet && fired == 0 && w->spinning ? w->now_ns : 0;
  w->turn_ns = 0;
  begin_phase(w);
}

/* The wheel is run before the next poll, and the descriptor set anew before one that blocks, which takes back
 * its being readable: it need be read only for polls that do not, or each of them would find it. */
static void on_timer(uv_poll_t *handle, int status, int events)
{
  (void)status;
  (void)events;
  pl_worker *w = handle->data;
  w->armed_ns = UINT64_MAX;
  if (w->spinning) {
    uint64_t times;
    (void)!read(w->timer_fd, &times, sizeof times);
  }
  if (!w->turn_ns)
    w->turn_ns = pl_now(w->o.clock);
}

/* ---- Users that may begin ----------------------------------------------------------------------- */

void pl_worker_ready(pl_worker *w, pl_user *u)
{
  if (u->state != PL_USER_ENDED)
    u->state = PL_USER_READY;
  u->next = NULL;
  *w->ready_end = u;
  w->ready_end = &u->next;
}

static pl_user *pop_ready(pl_worker *w)
{
  pl_user *u = w->ready;
  w->ready = u->next;
  if (!w->ready)
    w->ready_end = &w->ready;
  return u;
}

static void begin_ready(pl_user *u)
{
  pl_executor *e = u->executor;
  if (u->state == PL_USER_ENDED) {
    if (pl_executor_dismiss(e, u))
      return;
    pl_user_fini(u);
    e->kind->user_done(e, u);
    return;
  }
  if (!e->cut) {
    pl_user_begin(u);
    return;
  }
  pl_scenario_counts *c = u->leaving ? NULL : pl_executor_counts(e, u->intended_ns);
  if (c)
    c->cancelled++;
  pl_executor_release(e, u);
}

/* Whether this phase has had its time for users that begin, which counts from the first look at the clock. */
static bool is_phase_over(pl_worker *w)
{
  if (w->begins_over || w->begun++ % BEGINS_A_LOOK != 0)
    return w->begins_over;
  uint64_t now = pl_now(w->o.clock);
  if (!w->begins_until_ns)
    w->begins_until_ns = now + BEGINS_A_PHASE_NS;
  w->begins_over = now >= w->begins_until_ns;
  return w->begins_over;
}

void pl_worker_drain(pl_worker *w)
{
  while (w->ready && !is_phase_over(w))
    begin_ready(pop_ready(w));
  if (w->ready)
    spin(w, true);
}

/* ---- The end ------------------------------------------------------------------------------------ */

static void on_client_closed(void *user)
{
  pl_worker *w = user;
  w->client = NULL;
  w->state = PL_WORKER_FINISHED;
  w->o.finished(w->o.user);
}

static void free_users(pl_worker *w)
{
  for (uint32_t i = 0; i < w->n_executors; i++)
    pl_executor_fini(&w->executors[i]);
  w->n_executors = 0;
  if (w->world)
    w->o.scripts->close(w->world);
  w->world = NULL;
}

/* From the loop, with nothing of ours further up the stack. */
static void finish(pl_worker *w)
{
  w->state = PL_WORKER_FINISHING;
  spin(w, false);
  (void)uv_poll_stop(&w->timer); /* nobody sets it anew: it would stay readable */
  pl_recorder_state state = recorder_state(w);
  pl_recorder_end(w->recorder, pl_now(w->o.clock), &state);
  free_users(w);
  pl_client_close(w->client, on_client_closed, w);
}

/* Where a host polls the loop before its next turn, that poll must know what this turn's answers began to wait for. */
static void on_check(uv_check_t *handle)
{
  pl_worker *w = handle->data;
  if (w->state != PL_WORKER_RUNNING)
    return;
  if (w->running == 0 && !w->ready)
    finish(w);
  else if (w->o.is_polled)
    (void)await_due(w);
}

void pl_worker_executor_over(pl_worker *w)
{
  assert(w->running > 0);
  if (--w->running == 0)
    spin(w, true); /* on_check comes after a poll that does not block */
}

static void on_handle_closed(uv_handle_t *handle)
{
  pl_worker *w = handle->data;
  if (--w->handles == 0)
    w->o.closed(w->o.user);
}

void pl_worker_close(pl_worker *w)
{
  uv_close((uv_handle_t *)&w->timer, on_handle_closed);
  uv_close((uv_handle_t *)&w->prepare, on_handle_closed);
  uv_close((uv_handle_t *)&w->check, on_handle_closed);
  uv_close((uv_handle_t *)&w->idle, on_handle_closed);
}

void pl_worker_free(pl_worker *w)
{
  if (!w)
    return;
  const pl_allocator *a = w->o.alloc;
  if (w->timer_fd >= 0)
    close(w->timer_fd);
  pl_wheel_free(w->wheel);
  pl_free(a, w->executors, w->plan->n_scenarios * sizeof *w->executors);
  pl_free(a, w->users, w->plan->n_scenarios * sizeof *w->users);
  pl_free(a, w->users_top, w->plan->n_scenarios * sizeof *w->users_top);
  pl_free(a, w, sizeof *w);
}

/* ---- Opening ------------------------------------------------------------------------------------ */

/* Most connections of the whole load: the plan's, or what its scenarios add up to; 0: no limit. */
static uint32_t connection_limit(const pl_plan *plan)
{
  uint64_t sum = 0;
  for (size_t i = 0; i < plan->n_scenarios; i++) {
    if (plan->scenarios[i].max_connections == 0)
      return plan->max_connections;
    sum += plan->scenarios[i].max_connections;
  }
  if (plan->max_connections && plan->max_connections < sum)
    return plan->max_connections;
  return sum < UINT32_MAX ? (uint32_t)sum : UINT32_MAX;
}

static int open_client(pl_worker *w, unsigned parties, uint32_t limit, pl_error *err)
{
  const pl_worker_options *o = &w->o;
  uint32_t own = o->index < parties ? limit / parties + (o->index < limit % parties) : 0;
  pl_client_options c = {
      .alloc = o->alloc, .clock = o->clock, .loop = o->loop, .wheel = w->wheel,
      .turn = o->index, .max_connections = own, .granted = o->plan->granted, .user = o->plan->granted_user,
      .module_dir = o->module_dir,
  };
  w->connections_limited = limit > 0;
  return pl_client_new(&c, &w->client, err);
}

/* With fewer connections than workers only so many workers take part. */
static int open_parts(pl_worker *w, pl_error *err)
{
  const pl_worker_options *o = &w->o;
  uint32_t limit = connection_limit(o->plan);
  unsigned parties = limit && limit < o->workers ? limit : o->workers;
  if (o->plan->rate_cap_per_s > 0)
    w->send_gap_ns = (uint64_t)(1e9 * parties / o->plan->rate_cap_per_s);
  int code = open_client(w, parties, limit, err);
  if (!code && o->scripts)
    code = o->scripts->open(o->scripts->context, w, &w->world, err);
  for (uint32_t i = 0; i < o->plan->n_scenarios && !code; i++) {
    w->n_executors = i + 1;
    code = pl_executor_init(&w->executors[i], w, i, o->index, parties, &o->shared[i], err);
  }
  return code;
}

static int make(pl_worker *w, pl_error *err)
{
  const pl_worker_options *o = &w->o;
  w->wheel = pl_wheel_new(o->alloc, pl_now(o->clock));
  w->executors = pl_alloc_zero(o->alloc, o->plan->n_scenarios, sizeof *w->executors);
  w->users = pl_alloc_zero(o->alloc, o->plan->n_scenarios, sizeof *w->users);
  w->users_top = pl_alloc_zero(o->alloc, o->plan->n_scenarios, sizeof *w->users_top);
  if (!w->wheel || !w->executors || !w->users || !w->users_top)
    return pl_fail(err, PL_ENOMEM, "out of memory for a worker");
  w->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
  if (w->timer_fd < 0)
    return pl_fail_sys(err, errno == EMFILE ? PL_ELIMIT : PL_EIO, errno, "timer of worker %u", o->index);
  return PL_OK;
}

/* Only the poll can fail to open, so it comes first. */
static int open_handles(pl_worker *w, pl_error *err)
{
  uv_loop_t *loop = w->o.loop;
  int code = uv_poll_init(loop, &w->timer, w->timer_fd);
  if (code)
    return pl_fail(err, PL_EIO, "timer of worker %u: %s", w->o.index, uv_strerror(code));
  (void)uv_prepare_init(loop, &w->prepare);
  (void)uv_check_init(loop, &w->check);
  (void)uv_idle_init(loop, &w->idle);
  w->timer.data = w->prepare.data = w->check.data = w->idle.data = w;
  w->handles = 4;
  uv_poll_start(&w->timer, UV_READABLE, on_timer);
  uv_prepare_start(&w->prepare, on_prepare);
  uv_check_start(&w->check, on_check);
  return PL_OK;
}

int pl_worker_open(const pl_worker_options *o, pl_worker **out, pl_error *err)
{
  pl_worker *w = pl_alloc_zero(o->alloc, 1, sizeof *w);
  if (!w)
    return pl_fail(err, PL_ENOMEM, "out of memory for a worker");
  w->o = *o;
  w->plan = o->plan;
  w->recorder = o->recorder;
  w->ready_end = &w->ready;
  w->timer_fd = -1;
  w->armed_ns = UINT64_MAX;
  w->now_ns = pl_now(o->clock);
  int code = make(w, err);
  if (!code)
    code = open_parts(w, err);
  if (!code)
    code = open_handles(w, err);
  if (!code) {
    *out = w;
    return PL_OK;
  }
  free_users(w);
  if (w->client)
    pl_client_close(w->client, NULL, NULL);
  pl_worker_free(w);
  return code;
}

/* ---- Control ------------------------------------------------------------------------------------ */

void pl_worker_start(pl_worker *w, uint64_t start_ns)
{
  pl_usage_read(&w->usage);
  w->told_cpu_ns = pl_thread_cpu_ns();
  pl_recorder_begin(w->recorder, start_ns, w->told_cpu_ns);
  w->state = PL_WORKER_RUNNING;
  w->now_ns = pl_now(w->o.clock);
  w->running = w->n_executors;
  for (uint32_t i = 0; i < w->n_executors; i++)
    pl_executor_start(&w->executors[i], start_ns);
}

void pl_worker_quit(pl_worker *w, uint64_t start_ns)
{
  pl_usage_read(&w->usage);
  pl_recorder_begin(w->recorder, start_ns, pl_thread_cpu_ns());
  finish(w);
}

void pl_worker_stop(pl_worker *w, bool drain)
{
  if (w->state != PL_WORKER_RUNNING)
    return;
  w->now_ns = pl_now(w->o.clock);
  for (uint32_t i = 0; i < w->n_executors; i++) {
    pl_executor *e = &w->executors[i];
    pl_executor_quit(e, drain ? e->scenario->grace_ns : 0);
  }
  pl_worker_drain(w);
}

void pl_worker_pause(pl_worker *w, bool paused)
{
  if (w->state != PL_WORKER_RUNNING)
    return;
  w->now_ns = pl_now(w->o.clock);
  for (uint32_t i = 0; i < w->n_executors; i++)
    pl_executor_pause(&w->executors[i], paused);
  pl_worker_drain(w);
}

int pl_worker_level(pl_worker *w, size_t scenario, uint64_t at_ns, double level)
{
  if (w->state != PL_WORKER_RUNNING)
    return PL_OK;
  w->now_ns = pl_now(w->o.clock);
  int code = pl_executor_level(&w->executors[scenario], at_ns, level);
  pl_worker_drain(w);
  return code;
}

/* ---- For the bridge ----------------------------------------------------------------------------- */

static uint32_t scenario_index(const pl_worker *w, const pl_scenario *s)
{
  return (uint32_t)(s - w->plan->scenarios);
}

uint32_t pl_worker_slot(pl_worker *w, const pl_scenario *s, pl_str name, pl_str method)
{
  return pl_recorder_slot(w->recorder, scenario_index(w, s), name, method);
}

uint32_t pl_worker_check(pl_worker *w, const pl_scenario *s, pl_str label)
{
  return pl_recorder_label(w->recorder, PL_LABEL_CHECK, scenario_index(w, s), label);
}

pl_client *pl_worker_client(pl_worker *w)
{
  return w->client;
}

const pl_plan *pl_worker_plan(const pl_worker *w)
{
  return w->plan;
}

const pl_clock *pl_worker_clock(const pl_worker *w)
{
  return w->o.clock;
}

unsigned pl_worker_index(const pl_worker *w)
{
  return w->o.index;
}
