/* A load's three sides: control (this file's public functions), the collector (the merger), the workers.
 *
 *   start: a job in the collector's mailbox opens its side -> workers start, open, meet at the gate
 *   run:   workers -> frames -> on_frames (collector) -> totals under a lock; control -> jobs -> workers
 *   end:   a worker has finished -> control posts its close, after which nothing is posted to it any more
 *          -> all workers and the collector are closed -> threads joined -> done
 *
 * Shared: the rings in the recorders, the mailboxes, the gate, and the totals; the last two under one lock. */
#include "load/load.h"

#include <assert.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>

#include "base/descriptors.h"
#include "base/error.h"
#include "base/locale.h"
#include "io/loop.h"
#include "io/slice.h"
#include "load/limits.h"
#include "load/load_inside.h"
#include "load/loopback.h"

#define GATE_AHEAD_NS PL_MS_NS       /* start so far ahead that every worker has left the gate */
#define RESERVE_AFTER_NS (60 * PL_S_NS) /* a load has needed by then what it needs each minute */

enum {
  WORKERS_MAX = 256,
  /* What comes later: users and connections for a server that stands still for some 30 ms of 20,000 starts a second, */
  WORKER_RESERVE = 1 << 20,
  /* pages of histograms for values that are rare, the packing of histograms that are ten minutes old. */
  COLLECTOR_RESERVE = 768 << 10,
};

/* ---- Gate --------------------------------------------------------------------------------------- */

void pl_load_fail(pl_load *l, const pl_error *err)
{
  uv_mutex_lock(&l->lock);
  l->failed = true;
  if (!l->error.code)
    l->error = *err;
  uv_mutex_unlock(&l->lock);
}

/* Waits until all workers are here; the last one sets the start. False: one of them failed. */
static bool pass_gate(pl_load *l, uint64_t *start_ns)
{
  uv_mutex_lock(&l->lock);
  if (++l->arrived == l->n_seats) {
    l->start_ns = pl_now(l->o.clock) + GATE_AHEAD_NS;
    l->start_ms = (pl_wall(l->o.clock) + (int64_t)GATE_AHEAD_NS) / (int64_t)PL_MS_NS;
    uv_cond_broadcast(&l->gate);
  }
  while (!l->start_ns)
    uv_cond_wait(&l->gate, &l->lock);
  *start_ns = l->start_ns;
  bool ok = !l->failed;
  uv_mutex_unlock(&l->lock);
  return ok;
}

/* Keeps the memory that the process holds from growing with the load's duration: once that is long, the thread that calls has n bytes in reserve. */
static void keep_reserve(const pl_load *l, uint64_t start_ns, pl_reserve *r, size_t n)
{
  if (pl_now(l->o.clock) >= start_ns + RESERVE_AFTER_NS)
    pl_reserve_more(r, l->o.alloc, n);
}

/* ---- A worker's side ---------------------------------------------------------------------------- */

/* A quarter second is over, or the load: its start was set before. */
static void on_handed(void *user)
{
  pl_seat *s = user;
  keep_reserve(s->load, s->load->start_ns, &s->reserve, WORKER_RESERVE);
  uv_async_send(&s->load->collector_wake);
}

static void on_finished(void *user)
{
  pl_seat *s = user;
  atomic_store(&s->finished, true);
  uv_async_send(&s->load->control_wake);
}

static void on_closed(void *user)
{
  pl_seat *s = user;
  pl_worker_free(s->worker);
  s->worker = NULL;
  if (s->loop != &s->own_loop) {
    atomic_store(&s->gone, true);
    uv_async_send(&s->load->control_wake);
  }
}

/* A worker that could not open, or has no thread: its part of the figures is empty. */
static void finish_empty(pl_seat *s, uint64_t start_ns)
{
  pl_recorder_begin(s->recorder, start_ns, 0);
  pl_recorder_end(s->recorder, start_ns, &(pl_recorder_state){0});
  on_finished(s);
}

/* Opens, meets the others, starts. The worker's thread. */
static void take_seat(pl_seat *s)
{
  pl_load *l = s->load;
  pl_worker_options o = {
      .alloc = l->o.alloc, .clock = l->o.clock, .plan = l->o.plan, .scripts = l->o.scripts,
      .index = s->index, .workers = l->n_seats, .loop = s->loop, .is_polled = s->loop == l->o.control, .recorder = s->recorder,
      .shared = l->shared, .precise = l->o.precise, .module_dir = l->o.module_dir, .finished = on_finished, .closed = on_closed, .user = s,
  };
  pl_error err = {0};
  uint64_t start_ns;
  if (pl_worker_open(&o, &s->worker, &err)) {
    (void)pl_fail_in(&err, "worker %u", s->index);
    pl_load_fail(l, &err);
  }
  bool ok = pass_gate(l, &start_ns);
  if (!s->worker)
    finish_empty(s, start_ns);
  else if (ok)
    pl_worker_start(s->worker, start_ns);
  else
    pl_worker_quit(s->worker, start_ns);
}

/* The last job of a seat: its loop has nothing left to do afterwards. */
static void on_close(pl_job *job, void *place)
{
  pl_seat *s = place;
  (void)job;
  pl_mailbox_close_server(&s->box);
  if (s->worker)
    pl_worker_close(s->worker);
  else
    on_closed(s);
}

/* The first worker measures what the client itself adds while the others wait, for they would be in its way. */
static void measure_first(pl_seat *s)
{
  pl_load *l = s->load;
  if (s->index == 0)
    pl_loopback_measure(l->o.alloc, l->o.clock, &l->loopback);
  uv_mutex_lock(&l->lock);
  if (s->index == 0) {
    l->measured = true;
    uv_cond_broadcast(&l->gate);
  }
  while (!l->measured)
    uv_cond_wait(&l->gate, &l->lock);
  uv_mutex_unlock(&l->lock);
}

static void run_thread(void *user)
{
  pl_seat *s = user;
  char name[16];
  (void)snprintf(name, sizeof name, "pl-worker-%u", s->index);
  (void)pthread_setname_np(pthread_self(), name);
  pl_locale locale = pl_locale_enter();
  pl_slice_shorten();
  pl_realtime_enter(&s->load->o.realtime);
  measure_first(s);
  take_seat(s);
  uv_ref((uv_handle_t *)&s->box.server_wake); /* until on_close, even when the worker did not open */
  uv_run(&s->own_loop, UV_RUN_DEFAULT);
  pl_locale_leave(locale);
  atomic_store(&s->gone, true);
  uv_async_send(&s->load->control_wake);
}

/* ---- Collector ---------------------------------------------------------------------------------- */

static void add_connections(const pl_client_stats *s, pl_load_connections *sum)
{
  sum->asked += s->asked;
  sum->made += s->made;
  sum->failed += s->connect_errors;
  sum->opened += s->opened;
  sum->max += s->max_open;
  sum->reused += s->reused;
  sum->repeated += s->repeated;
}

/* That there is something to look at. */
static void tell_control(pl_load *l)
{
  uv_mutex_lock(&l->lock);
  l->wants_look = true;
  if (l->o.look)
    uv_async_send(&l->control_wake);
  uv_mutex_unlock(&l->lock);
}

static void publish_totals(pl_load *l)
{
  pl_load_connections sum = {0};
  for (unsigned i = 0; i < l->n_seats; i++)
    add_connections(&pl_merge_worker_get(l->merge, i)->client, &sum);
  uv_mutex_lock(&l->lock);
  for (uint32_t i = 0; i < l->n_scenarios; i++)
    pl_merge_totals_get(l->merge, i, &l->totals[i]);
  l->connections = sum;
  uv_mutex_unlock(&l->lock);
  tell_control(l);
}

/* Whether starts come late where another thread of ours has the worker's CPU: a worker of a precise load polls, and one whose open loops take all of its CPU
 * never wakes either. */
static bool wants_turns(const pl_load *l)
{
  bool wants = l->o.precise;
  for (uint32_t i = 0; i < l->n_scenarios; i++)
    wants |= l->o.plan->scenarios[i].model == PL_MODEL_OPEN;
  return wants && l->o.collector_turn;
}

static void on_collector_closed(uv_handle_t *handle)
{
  pl_load *l = handle->data;
  if (wants_turns(l))
    l->o.collector_turn->wanted--;
  uv_mutex_lock(&l->lock); /* control frees the load once it has seen this: the send must be over by then */
  l->collector_done = true;
  uv_async_send(&l->control_wake);
  uv_mutex_unlock(&l->lock);
}

static void on_frames(uv_async_t *async)
{
  pl_load *l = async->data;
  uv_mutex_lock(&l->lock);
  int64_t start_ms = l->start_ms;
  uint64_t start_ns = l->start_ns;
  uv_mutex_unlock(&l->lock);
  if (uv_is_closing((uv_handle_t *)async))
    return;
  pl_merge_begin(l->merge, start_ms, start_ns);
  pl_step_watch_look(&l->steps, l->o.wall ? l->o.wall : l->o.clock);
  int64_t given_ms = pl_merge_end_ms(l->merge);
  bool ended = pl_merge_run(l->merge);
  keep_reserve(l, start_ns, &l->reserve, COLLECTOR_RESERVE);
  if (ended || pl_merge_end_ms(l->merge) != given_ms)
    publish_totals(l); /* of whole seconds */
  else if (pl_merge_take_broken(l->merge))
    tell_control(l);
  if (ended)
    uv_close((uv_handle_t *)async, on_collector_closed);
}

static int open_collector(pl_load *l, pl_error *err)
{
  int code = uv_async_init(l->o.collector, &l->collector_wake, on_frames);
  l->collector_wake.data = l;
  if (!code && wants_turns(l))
    l->o.collector_turn->wanted++;
  if (!code && l->o.sink.begun)
    l->o.sink.begun(l->o.sink.user);
  return code ? pl_fail(err, PL_EIO, "collector of the load: %s", uv_strerror(code)) : PL_OK;
}

/* ---- Control: the end --------------------------------------------------------------------------- */

static void free_parts(pl_load *l)
{
  const pl_allocator *a = l->o.alloc;
  for (unsigned i = 0; l->seats && i < l->n_seats; i++) {
    if (l->seats[i].has_loop)
      pl_loop_close(&l->seats[i].own_loop);
    pl_recorder_free(l->seats[i].recorder);
    pl_reserve_fini(&l->seats[i].reserve, a);
  }
  pl_merge_free(l->merge);
  pl_reserve_fini(&l->reserve, a);
  pl_hist_fini(&l->loopback);
  pl_free(a, l->seats, l->n_seats * sizeof *l->seats);
  pl_free(a, l->recorders, l->n_seats * sizeof(pl_recorder *));
  pl_free(a, l->worker_stats, l->n_seats * sizeof *l->worker_stats);
  pl_free(a, l->shared, l->n_scenarios * sizeof *l->shared);
  pl_free(a, l->totals, l->n_scenarios * sizeof *l->totals);
  for (uint32_t i = 0; l->stages && i < l->n_scenarios; i++)
    pl_free(a, l->stages[i].own, l->stages[i].capacity * sizeof *l->stages[i].own);
  pl_free(a, l->stages, l->n_scenarios * sizeof *l->stages);
  uv_cond_destroy(&l->gate);
  uv_mutex_destroy(&l->lock);
  pl_free(a, l, sizeof *l);
}

/* The longest that a worker was at it: one whose users ended before was idle from then on. */
static uint64_t longest_wall_ns(const pl_load *l)
{
  uint64_t longest = 0;
  for (unsigned i = 0; i < l->n_seats; i++) {
    uint64_t wall = pl_merge_worker_get(l->merge, i)->wall_ns;
    longest = wall > longest ? wall : longest;
  }
  return longest;
}

static void fill_worker_stats(pl_load *l)
{
  uint64_t wall_ns = longest_wall_ns(l);
  for (unsigned i = 0; i < l->n_seats; i++) {
    const pl_merge_worker *w = pl_merge_worker_get(l->merge, i);
    l->worker_stats[i] = (pl_load_worker_stats){
        .cpu_s = (double)w->cpu_ns * 1e-9,
        .busy = wall_ns > w->busy_ns ? (double)w->busy_ns / (double)wall_ns : wall_ns ? 1 : 0,
        .busy_over = w->seconds ? (double)w->busy_seconds / (double)w->seconds : 0,
        .stalled = wall_ns ? (double)w->stalled_ns / (double)wall_ns : 0,
        .waited_s = (double)w->usage.waited_ns * 1e-9,
        .yielded = w->usage.yielded, .preempted = w->usage.preempted,
    };
  }
}

static void on_control_closed(uv_handle_t *handle)
{
  pl_load *l = handle->data;
  if (l->abandoned) {
    free_parts(l);
    return;
  }
  l->done = true;
  l->o.done(l->o.user);
}

/* All threads are over: joins them and closes this side of their mailboxes. */
static void end_control(pl_load *l)
{
  l->ending = true;
  for (unsigned i = 0; i < l->n_seats; i++) {
    pl_seat *s = &l->seats[i];
    if (s->threaded)
      uv_thread_join(&s->thread);
    if (s->has_loop)
      pl_loop_close(&s->own_loop);
    s->has_loop = false;
    pl_recorder_free(s->recorder); /* the collector has taken all frames */
    s->recorder = l->recorders[i] = NULL;
    pl_mailbox_close_client(&s->box);
  }
  fill_worker_stats(l);
  uv_async_send(&l->control_wake);
}

/* Once the mailboxes are closed, too, only control_wake is left. */
static void close_control(pl_load *l)
{
  for (unsigned i = 0; i < l->n_seats; i++) {
    if (l->seats[i].box.open) {
      uv_async_send(&l->control_wake);
      return;
    }
  }
  uv_close((uv_handle_t *)&l->control_wake, on_control_closed);
}

static void close_finished(pl_load *l)
{
  for (unsigned i = 0; i < l->n_seats; i++) {
    pl_seat *s = &l->seats[i];
    if (!atomic_load(&s->finished) || s->closing)
      continue;
    s->closing = true;
    if (s->threaded || s->loop == l->o.control) {
      s->close = (pl_job){.work = on_close};
      pl_mailbox_post(&s->box, &s->close);
    } else { /* its thread never ran */
      pl_mailbox_close_server(&s->box);
      atomic_store(&s->gone, true);
    }
  }
}

static bool all_gone(pl_load *l)
{
  uv_mutex_lock(&l->lock);
  bool all = l->collector_done;
  uv_mutex_unlock(&l->lock);
  for (unsigned i = 0; i < l->n_seats; i++)
    all = all && atomic_load(&l->seats[i].gone);
  return all;
}

/* Takes the collector's word. */
static bool wants_look(pl_load *l)
{
  uv_mutex_lock(&l->lock);
  bool wants = l->wants_look;
  l->wants_look = false;
  uv_mutex_unlock(&l->lock);
  return wants && l->o.look;
}

static void on_control(uv_async_t *async)
{
  pl_load *l = async->data;
  if (uv_is_closing((uv_handle_t *)async))
    return;
  if (l->ending) {
    close_control(l);
    return;
  }
  if (wants_look(l))
    l->o.look(l->o.user);
  close_finished(l);
  if (all_gone(l))
    end_control(l);
}

/* ---- Control: start ----------------------------------------------------------------------------- */

static int start_thread(pl_seat *s, pl_error *err)
{
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before); /* the thread inherits it: signals are the host's */
  int code = uv_thread_create(&s->thread, run_thread, s);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  if (code)
    return pl_fail(err, PL_EIO, "thread of worker %u: %s", s->index, uv_strerror(code));
  s->threaded = true;
  return PL_OK;
}

/* A thread is missing, and those that run wait at the gate for all: the missing ones pass it here. */
static void start_failed(pl_load *l, unsigned first_missing, const pl_error *err)
{
  uint64_t start_ns;
  pl_load_fail(l, err);
  uv_mutex_lock(&l->lock);
  l->arrived += l->n_seats - first_missing - 1;
  uv_mutex_unlock(&l->lock);
  (void)pass_gate(l, &start_ns);
  for (unsigned i = first_missing; i < l->n_seats; i++)
    finish_empty(&l->seats[i], start_ns);
}

static void start_workers(pl_load *l)
{
  pl_error err = {0};
  if (l->o.workers == 0)
    take_seat(&l->seats[0]);
  for (unsigned i = 0; i < l->o.workers; i++) {
    if (start_thread(&l->seats[i], &err)) {
      start_failed(l, i, &err);
      break;
    }
  }
  l->started = true;
  if (l->early)
    pl_load_stop(l, l->early == PL_LOAD_DRAIN);
}

static void on_collector_open(pl_job *job)
{
  pl_load *l = (pl_load *)((char *)job - offsetof(pl_load, open_collector));
  if (l->collector_wake.data) {
    start_workers(l);
    return;
  }
  for (unsigned i = 0; i < l->n_seats; i++)
    atomic_store(&l->seats[i].finished, true);
  uv_mutex_lock(&l->lock);
  l->collector_done = true;
  uv_mutex_unlock(&l->lock);
  uv_async_send(&l->control_wake);
}

static void do_open_collector(pl_job *job, void *place)
{
  pl_load *l = (pl_load *)((char *)job - offsetof(pl_load, open_collector));
  (void)place;
  pl_error err = {0};
  if (open_collector(l, &err)) {
    pl_load_fail(l, &err);
    l->collector_wake.data = NULL;
  }
}

static int open_seat(pl_load *l, unsigned i, pl_error *err)
{
  pl_seat *s = &l->seats[i];
  s->load = l;
  s->index = i;
  s->loop = l->o.workers ? &s->own_loop : l->o.control;
  pl_recorder_options r = {.alloc = l->o.alloc, .plan = l->o.plan, .handed = on_handed, .user = s};
  int code = pl_recorder_new(&r, &s->recorder, err);
  if (code)
    return code;
  l->recorders[i] = s->recorder;
  if (l->o.workers) {
    int uv = pl_loop_open(&s->own_loop);
    if (uv)
      return pl_fail(err, uv == UV_EMFILE ? PL_ELIMIT : PL_EIO, "loop of worker %u: %s", i, uv_strerror(uv));
    s->has_loop = true;
  }
  return PL_OK;
}

/* All that needs no handle on the control loop. */
static int make(pl_load *l, pl_error *err)
{
  const pl_allocator *a = l->o.alloc;
  l->seats = pl_alloc_zero(a, l->n_seats, sizeof *l->seats);
  l->recorders = pl_alloc_zero(a, l->n_seats, sizeof(pl_recorder *));
  l->worker_stats = pl_alloc_zero(a, l->n_seats, sizeof *l->worker_stats);
  l->shared = pl_alloc_zero(a, l->n_scenarios, sizeof *l->shared);
  l->totals = pl_alloc_zero(a, l->n_scenarios, sizeof *l->totals);
  l->stages = pl_alloc_zero(a, l->n_scenarios, sizeof *l->stages);
  if (!l->seats || !l->recorders || !l->worker_stats || !l->shared || !l->totals || !l->stages)
    return pl_fail(err, PL_ENOMEM, "out of memory for a load");
  for (uint32_t i = 0; i < l->n_scenarios; i++)
    l->stages[i] = (pl_live_stages){.list = l->o.plan->scenarios[i].stages, .n = l->o.plan->scenarios[i].n_stages};
  int code = PL_OK;
  for (unsigned i = 0; i < l->n_seats && !code; i++)
    code = open_seat(l, i, err);
  pl_merge_options m = {.alloc = a, .plan = l->o.plan, .recorders = l->recorders, .workers = l->n_seats,
                        .sink = l->o.sink};
  return code ? code : pl_merge_new(&m, &l->merge, err);
}

/* The start has failed with handles on the control loop: they close, and the load is freed, as that loop runs. */
static void abandon(pl_load *l)
{
  l->abandoned = l->ending = true;
  for (unsigned i = 0; i < l->n_seats; i++) {
    if (!l->seats[i].has_box)
      continue;
    pl_mailbox_close_server(&l->seats[i].box);
    pl_mailbox_close_client(&l->seats[i].box);
  }
  uv_async_send(&l->control_wake);
}

static int open_boxes(pl_load *l, pl_error *err)
{
  int code = PL_OK;
  for (unsigned i = 0; i < l->n_seats && !code; i++) {
    pl_seat *s = &l->seats[i];
    code = pl_mailbox_open(&s->box, l->o.control, s->loop, s, err);
    s->has_box = code == PL_OK;
  }
  return code;
}

/* Frees it, now or as the control loop runs, when it cannot be opened. */
static int open_load(pl_load *l, pl_error *err)
{
  int code = make(l, err);
  if (!code) {
    int uv = uv_async_init(l->o.control, &l->control_wake, on_control);
    l->control_wake.data = l;
    if (uv)
      code = pl_fail(err, PL_EIO, "control of the load: %s", uv_strerror(uv));
  }
  if (code) {
    free_parts(l);
    return code;
  }
  code = open_boxes(l, err);
  if (code)
    abandon(l);
  return code;
}

int pl_load_start(const pl_load_options *o, pl_load **out, pl_error *err)
{
  int code = o->workers > WORKERS_MAX ? pl_fail(err, PL_EINVAL, "at most %d workers", WORKERS_MAX)
                                      : pl_plan_check(o->plan, pl_descriptor_limit(), err);
  if (code)
    return code;
  pl_descriptor_room(pl_plan_room(o->plan));
  pl_load *l = pl_alloc_zero(o->alloc, 1, sizeof *l);
  if (!l)
    return pl_fail(err, PL_ENOMEM, "out of memory for a load");
  l->o = *o;
  l->n_seats = o->workers ? o->workers : 1;
  l->n_scenarios = (uint32_t)o->plan->n_scenarios;
  pl_hist_init(&l->loopback, o->alloc);
  uv_mutex_init(&l->lock);
  uv_cond_init(&l->gate);
  code = open_load(l, err);
  if (code)
    return code;
  l->open_collector = (pl_job){.work = do_open_collector, .done = on_collector_open};
  *out = l;
  if (o->collector_box) {
    pl_mailbox_post(o->collector_box, &l->open_collector);
  } else {
    do_open_collector(&l->open_collector, NULL);
    on_collector_open(&l->open_collector);
  }
  return PL_OK;
}

void pl_load_free(pl_load *l)
{
  if (!l)
    return;
  assert(l->done);
  free_parts(l);
}
