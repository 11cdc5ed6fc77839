/* The collector: one loop on which samplers tick, load figures arrive, jobs run and batches commit.
 * Nothing here is shared with the control thread but the mailbox. */
#include "engine/collector.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/locale.h"
#include "engine/figures.h"
#include "engine/sampling.h"
#include "io/loop.h"
#include "sample/host_info.h"

enum { COMMIT_TICK_MS = 250, BUSY_FAILURES = 10 };

struct pl_collector {
  pl_desk desk; /* first: the desk's functions find their collector */
  const pl_allocator *alloc;
  uv_loop_t *loop;
  uv_loop_t own_loop;
  uv_loop_t *control;
  bool threaded;
  bool thread_runs;
  bool has_loop;        /* own_loop is open */
  bool has_timer, has_mailbox;
  uv_thread_t thread;
  uv_timer_t commit_timer;
  uv_async_t stop;      /* threaded: ends the loop */
  bool stopping;
  unsigned failures;    /* attempts to write that failed, one after the other */
  bool told;            /* of them */
  pl_mailbox mailbox;
  pl_turn turn;
  pl_sampling *sampling;
  pl_figures *figures;
  char instance[256];
};

/* Writes what waits. Trouble is told once, and its end; another run that writes at this moment is none. */
static void on_commit(uv_timer_t *timer)
{
  pl_collector *c = timer->data;
  pl_store *store = c->desk.store;
  if (pl_store_due(store) > COMMIT_TICK_MS * PL_MS_NS)
    return;
  pl_error err = {0};
  int code = pl_store_flush(store, &err);
  c->failures = code ? c->failures + 1 : 0;
  bool trouble = code && (code != PL_EBUSY || c->failures > BUSY_FAILURES);
  if (trouble && !c->told)
    pl_logf(c->desk.log, PL_LOG_ERROR, "store", "%s; rows wait in memory", err.message);
  else if (!code && c->told)
    pl_logf(c->desk.log, PL_LOG_WARN, "store", "the timeline takes rows again");
  c->told = trouble || (code && c->told);
}

static void on_stop(uv_async_t *async)
{
  pl_collector *c = async->data;
  c->stopping = true;
  uv_stop(c->loop);
}

static void thread_main(void *arg)
{
  pl_collector *c = arg;
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, NULL);
  pthread_setname_np(pthread_self(), "pl-collector");
  pl_locale locale = pl_locale_enter();
  while (!c->stopping)
    uv_run(c->loop, UV_RUN_DEFAULT);
  pl_locale_leave(locale);
}

static int desk_sampler_start(pl_desk *desk, const pl_sample_request *request, uint32_t *id, pl_error *err)
{
  return pl_sampling_start(((pl_collector *)desk)->sampling, request, id, err);
}

static void desk_sampler_stop(pl_desk *desk, uint32_t id)
{
  pl_sampling_stop(((pl_collector *)desk)->sampling, id);
}

static int open_desk(pl_collector *c, const pl_collector_options *o, pl_error *err)
{
  pl_store_options store = {.alloc = o->alloc, .clock = o->clock, .log = o->log, .path = o->db_path, .turn = c->desk.turn};
  int code = pl_store_open(&store, &c->desk.store, err);
  if (code)
    return code;
  c->desk.feed = pl_feed_new(o->alloc, c->desk.store);
  c->sampling = pl_sampling_new(&c->desk);
  c->figures = pl_figures_new(&c->desk);
  if (!c->desk.feed || !c->sampling || !c->figures)
    return pl_fail(err, PL_ENOMEM, "out of memory for the collector");
  c->desk.load_sink = pl_figures_sink(c->figures);
  return PL_OK;
}

static int open_own_loop(pl_collector *c)
{
  int code = pl_loop_open(&c->own_loop);
  if (code)
    return code;
  c->has_loop = true;
  c->loop = &c->own_loop;
  c->stop.data = c;
  return uv_async_init(c->loop, &c->stop, on_stop);
}

/* Where what others tell comes in: receivers and scrapes. */
static int open_intakes(pl_collector *c, pl_error *err)
{
  const pl_desk *d = &c->desk;
  pl_receivers_place place = {.alloc = d->alloc, .clock = d->clock, .log = d->log, .loop = c->loop, .store = d->store, .feed = d->feed,
                              .instance = d->instance};
  const pl_scrapes_place scrapes = {.alloc = d->alloc, .clock = d->clock, .feed = d->feed, .instance = d->instance};
  c->desk.receivers = pl_receivers_new(&place);
  c->desk.scrapes = pl_scrapes_new(&scrapes);
  return c->desk.receivers && c->desk.scrapes ? PL_OK : pl_fail(err, PL_ENOMEM, "out of memory for the collector");
}

/* What it has opened when it fails, close_loop closes. */
static int open_loop(pl_collector *c, pl_error *err)
{
  int code = c->threaded ? open_own_loop(c) : 0;
  c->desk.loop = c->loop;
  if (!code)
    code = uv_timer_init(c->loop, &c->commit_timer);
  if (code)
    return pl_loop_fail(err, "collector loop", code);
  c->has_timer = true;
  c->commit_timer.data = c;
  (void)uv_timer_start(&c->commit_timer, on_commit, COMMIT_TICK_MS, COMMIT_TICK_MS);
  uv_unref((uv_handle_t *)&c->commit_timer);
  code = pl_mailbox_open(&c->mailbox, c->control, c->loop, &c->desk, err);
  c->has_mailbox = code == PL_OK;
  return code;
}

static void on_timer_closed(uv_handle_t *handle)
{
  ((pl_collector *)handle->data)->has_timer = false;
}

/* Closes every handle, on both loops. The calling thread is the only one by now. */
static void close_loop(pl_collector *c)
{
  if (c->has_mailbox) {
    pl_mailbox_close_server(&c->mailbox);
    pl_mailbox_close_client(&c->mailbox);
  }
  if (c->has_timer)
    uv_close((uv_handle_t *)&c->commit_timer, on_timer_closed);
  if (c->has_loop)
    pl_loop_close(&c->own_loop);
  do {
    uv_run(c->control, UV_RUN_NOWAIT);
  } while (c->has_timer || (c->has_mailbox && c->mailbox.open > 0));
}

static int start_thread(pl_collector *c, pl_error *err)
{
  int code = c->threaded ? uv_thread_create(&c->thread, thread_main, c) : 0;
  if (code)
    return pl_fail(err, PL_EIO, "collector thread: %s", uv_strerror(code));
  c->thread_runs = c->threaded;
  return PL_OK;
}

static void free_collector(pl_collector *c)
{
  pl_figures_free(c->figures);
  pl_sampling_free(c->sampling);
  pl_receivers_free(c->desk.receivers);
  pl_scrapes_free(c->desk.scrapes);
  close_loop(c);
  pl_feed_free(c->desk.feed);
  if (c->desk.store)
    pl_store_close(c->desk.store);
  pl_free(c->alloc, c, sizeof *c);
}

int pl_collector_open(const pl_collector_options *o, pl_collector **out, pl_error *err)
{
  pl_collector *c = pl_alloc_zero(o->alloc, 1, sizeof *c);
  if (!c)
    return pl_fail(err, PL_ENOMEM, "out of memory for the collector");
  c->alloc = o->alloc;
  c->control = o->control;
  c->loop = o->control;
  c->threaded = o->threaded;
  pl_host_name(c->instance, sizeof c->instance);
  c->desk = (pl_desk){.alloc = o->alloc, .clock = o->clock, .log = o->log, .loop = o->control,
                      .instance = c->instance, .sampler_start = desk_sampler_start,
                      .sampler_stop = desk_sampler_stop};
  c->turn = (pl_turn){.clock = o->clock};
  c->desk.turn = &c->turn;
  int code = open_desk(c, o, err);
  if (!code)
    code = open_loop(c, err);
  if (!code)
    code = open_intakes(c, err);
  if (!code)
    code = start_thread(c, err);
  if (code) {
    free_collector(c);
    return code;
  }
  *out = c;
  return PL_OK;
}

pl_mailbox *pl_collector_mailbox(pl_collector *c)
{
  return &c->mailbox;
}

uv_loop_t *pl_collector_loop(pl_collector *c)
{
  return c->loop;
}

pl_desk *pl_collector_desk(pl_collector *c)
{
  return &c->desk;
}

pl_store *pl_collector_store(pl_collector *c)
{
  return c->desk.store;
}

void pl_collector_close(pl_collector *c)
{
  if (!c)
    return;
  if (c->thread_runs) {
    uv_async_send(&c->stop);
    uv_thread_join(&c->thread);
  }
  /* From here on the calling thread is the collector. */
  pl_mailbox_drain(&c->mailbox);
  free_collector(c);
}
