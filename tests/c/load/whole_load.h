/* Whole loads against a server on the test's own loop; the worker runs there too, unless a test asks for threads. One header, used
 * by the tests of this folder. */
#ifndef TEST_WHOLE_LOAD_H
#define TEST_WHOLE_LOAD_H

#include "load/load_inside.h"

#include <string.h>

#include "load/http_server.h"
#include "support/failing.h"

enum { STAGES = 2 };

typedef struct fixture {
  uv_loop_t loop;
  http_server server;
  pl_scenario scenario;
  pl_stage stages[STAGES];
  pl_plan plan;
  pl_load *load;
  uint64_t dists[PL_DISTS]; /* values given to the sink with resolution 1, */
  uint64_t whole[PL_DISTS]; /* and for the whole load */
  pl_example_list slow;     /* given to the sink */
  int sink_dones, dones;
  uv_loop_t *collector; /* NULL: this loop */
  pl_mailbox *box;
  uv_timer_t timer;
  uv_timer_cb timer_fn;
  uint64_t timer_ms;
} fixture;

static inline void on_dist(void *user, const pl_load_key *key, enum pl_dist which, int64_t ts_ms, unsigned resolution_s,
                    const pl_hist *h)
{
  fixture *f = user;
  (void)key, (void)ts_ms;
  f->dists[which] += resolution_s == 1 ? h->count : 0;
  f->whole[which] += resolution_s == 0 ? h->count : 0;
}

static inline void on_count(void *user, const char *metric, const pl_load_key *key, const char *label, pl_str value,
                     const char *label2, pl_str value2, int64_t ts_ms, double total)
{
  (void)user, (void)metric, (void)key, (void)label, (void)value, (void)label2, (void)value2, (void)ts_ms;
  assert_true(total >= 0);
}

static inline void on_gauge(void *user, const char *metric, const pl_load_key *key, int64_t ts_ms, double value)
{
  (void)user, (void)metric, (void)key, (void)ts_ms, (void)value;
}

static inline void on_examples(void *user, const pl_load_key *key, const pl_example_list *list, int64_t start_ms, uint64_t start_ns)
{
  fixture *f = user;
  (void)key, (void)start_ms;
  for (uint32_t i = 0; i < list->n; i++) {
    const pl_example *e = &list->items[i];
    assert_true(e->intended_ns >= start_ns && e->end_ns == e->intended_ns + e->latency_ns && e->service_ns <= e->latency_ns);
    pl_examples_add(&f->slow, e);
  }
}

static inline void on_second(void *user, int64_t ts_ms)
{
  (void)user, (void)ts_ms;
}

static inline void on_sink_done(void *user)
{
  ((fixture *)user)->sink_dones++;
}

static inline void on_done(void *user)
{
  ((fixture *)user)->dones++;
}

static inline bool all_granted(void *user, pl_str host, uint16_t port, const struct sockaddr *address)
{
  (void)user, (void)host, (void)port, (void)address;
  return true;
}

static inline int set_up(void **state)
{
  fixture *f = calloc(1, sizeof *f);
  uv_loop_init(&f->loop);
  http_server_open(&f->server, &f->loop);
  f->scenario = (pl_scenario){.name = PL_STR("s"), .stages = f->stages, .n_stages = 1, .grace_ns = 20 * PL_S_NS,
                              .max_users = 100, .max_waiting = 100000, .users = 4, .timeout_ns = 20 * PL_S_NS,
                              .method = PL_STR("GET")};
  assert_int_equal(pl_url_parse(pl_str_of(f->server.url), &f->scenario.url, NULL), 0);
  f->plan = (pl_plan){.scenarios = &f->scenario, .n_scenarios = 1, .seed = 1, .granted = all_granted};
  *state = f;
  return 0;
}

/* Before another one; the last is freed at the end of the test. */
static inline void forget_load(fixture *f)
{
  pl_load_free(f->load);
  f->load = NULL;
}

static inline int tear_down(void **state)
{
  fixture *f = *state;
  forget_load(f);
  http_server_close(&f->server);
  int code = uv_loop_close(&f->loop); /* every handle was closed */
  free(f);
  return code;
}

static inline void start(fixture *f, unsigned workers, const pl_script_table *scripts)
{
  pl_error err = {0};
  pl_load_options o = {.alloc = &pl_alloc_default, .clock = &pl_clock_system, .plan = &f->plan, .scripts = scripts,
                       .workers = workers, .control = &f->loop,
                       .collector = f->collector ? f->collector : &f->loop, .collector_box = f->box,
                       .sink = {on_dist, on_count, on_gauge, on_examples, on_second, on_sink_done, f}, .done = on_done, .user = f};
  int code = pl_load_start(&o, &f->load, &err);
  if (code)
    fail_msg("%s", err.message);
}

static inline void finish(fixture *f, pl_load_stats *s)
{
  while (!f->dones)
    uv_run(&f->loop, UV_RUN_ONCE);
  assert_int_equal(f->dones, 1);
  pl_load_stats_get(f->load, SIZE_MAX, s);
  assert_int_equal(s->planned, s->started + s->dropped + s->cancelled);
  assert_int_equal(s->requests, s->ok + s->failed);
  uint64_t errors = 0;
  for (int i = PL_FAIL_NONE + 1; i < PL_FAIL_ABORTED; i++)
    errors += s->errors[i];
  assert_int_equal(errors, s->failed);
  assert_int_equal(f->dists[PL_DIST_LATENCY], f->whole[PL_DIST_LATENCY]);
}

/* The fixture's plan from start to end, on this loop. */
static inline pl_load_stats run_load(fixture *f)
{
  pl_load_stats s;
  start(f, 0, NULL);
  finish(f, &s);
  return s;
}

static inline void open_loop(fixture *f, double rate, uint64_t duration_ms)
{
  f->scenario.model = PL_MODEL_OPEN;
  f->scenario.iterations = 0;
  f->scenario.duration_ns = duration_ms * PL_MS_NS;
  f->stages[0] = (pl_stage){f->scenario.duration_ns, rate, true};
}

static inline void closed_loop(fixture *f, double users, uint64_t duration_ms)
{
  open_loop(f, users, duration_ms);
  f->scenario.model = PL_MODEL_CLOSED;
}

static inline uint64_t largest(const fixture *f, enum pl_dist which)
{
  pl_hist h;
  pl_hist_init(&h, &pl_alloc_default);
  assert_int_equal(pl_load_hist(f->load, PL_STR("s"), (pl_str){0}, which, &h), 0);
  uint64_t max = h.max;
  pl_hist_fini(&h);
  return max;
}

/* ---- Control ------------------------------------------------------------------------------------ */

static inline void start_timer(void *user)
{
  fixture *f = user;
  uv_timer_init(&f->loop, &f->timer);
  f->timer.data = f;
  uv_timer_start(&f->timer, f->timer_fn, f->timer_ms, 0);
}

/* Calls fn so long after the server's first request: the load runs then, however busy the machine is. */
static inline void after(fixture *f, uint64_t ms, uv_timer_cb fn)
{
  f->timer_fn = fn;
  f->timer_ms = ms;
  f->server.requests = 0;
  f->server.first = start_timer;
  f->server.user = f;
}

static inline void stop_now(uv_timer_t *timer)
{
  fixture *f = timer->data;
  pl_load_stop(f->load, false);
  uv_close((uv_handle_t *)timer, NULL);
}

/* ---- Scripts: a bridge in C ---------------------------------------------------------------------- */

typedef struct script {
  int opens, closes, users, frees, begins, aborts, stops;
  pl_request_parts parts;
  pl_buf head;
  pl_endpoint *endpoint;
  uint32_t slot, check;
  bool fail_open;
  enum { GET_AND_CHECK, THINK_TWICE, FAIL_AFTER, STOP_AFTER, NO_WAIT, EXPECT_404, CHECK_THE_FIRST, GIVE_UP } what;
  pl_answered first;   /* CHECK_THE_FIRST: of the iteration */
} script;

static inline int script_open(void *context, pl_worker *w, void **out, pl_error *err)
{
  script *x = context;
  const pl_scenario *s = &pl_worker_plan(w)->scenarios[0];
  if (x->fail_open) {
    err->code = PL_ESCRIPT;
    (void)snprintf(err->message, sizeof err->message, "review.lua:3: boom");
    return PL_ESCRIPT;
  }
  x->opens++;
  pl_buf_init(&x->head, &pl_alloc_default, 4096);
  x->parts = (pl_request_parts){.method = PL_STR("GET"), .url = &s->url};
  assert_int_equal(pl_request_head(&x->head, &x->parts, NULL, NULL), 0);
  x->endpoint = pl_client_endpoint(pl_worker_client(w), &s->url, NULL);
  x->slot = pl_worker_slot(w, s, PL_STR("page"), PL_STR("GET"));
  x->check = pl_worker_check(w, s, PL_STR("has items"));
  *out = x;
  return 0;
}

static inline void script_close(void *world)
{
  script *x = world;
  x->closes++;
  pl_buf_fini(&x->head);
}

static inline int script_user_new(void *world, pl_user *u)
{
  u->script = world;
  ((script *)world)->users++;
  return 0;
}

static inline void script_user_free(void *world, pl_user *u)
{
  u->script = NULL;
  ((script *)world)->frees++;
}

static inline void get(script *x, pl_user *u)
{
  u->exchange.endpoint = x->endpoint;
  u->exchange.head = (pl_str){x->head.data, x->head.len};
  u->exchange.timeout_ns = 20 * PL_S_NS;
  u->exchange.want_body = true;
  pl_user_send(u, x->slot);
}

static inline void script_begin(void *world, pl_user *u)
{
  static const uint16_t only_404[] = {404, 404};
  script *x = world;
  if (u->leaving) {
    x->stops++;
    pl_user_ended(u, PL_ITERATION_OK, NULL);
    return;
  }
  x->begins++;
  if (x->what == NO_WAIT) {
    pl_user_ended(u, PL_ITERATION_OK, NULL);
    return;
  }
  if (x->what == EXPECT_404) {
    u->expected = only_404;
    u->n_expected = 1;
  }
  if (x->what == THINK_TWICE)
    pl_user_think(u, 20 * PL_MS_NS);
  else
    get(x, u);
}

static inline void script_answer(void *world, pl_user *u)
{
  script *x = world;
  pl_answered answered;
  assert_true(pl_str_eqc(u->exchange.answer.body, "ok"));
  switch (x->what) {
  case GET_AND_CHECK:
    answered = pl_user_answered(u);
    pl_user_check(u, &answered, x->check, u->iteration % 2 == 0);
    pl_user_group(u, PL_STR("basket"), 1000);
    pl_user_metric(u, PL_STR("items"), 3);
    pl_user_ended(u, PL_ITERATION_OK, NULL);
    break;
  case CHECK_THE_FIRST:
    answered = pl_user_answered(u);
    if (answered.request % 2) {
      x->first = answered;
      get(x, u);
      break;
    }
    pl_user_check(u, &x->first, x->check, u->iteration % 2 == 0);
    pl_user_check(u, &x->first, x->check, u->iteration % 2 == 0);
    pl_user_check(u, &answered, x->check, true);
    pl_user_ended(u, PL_ITERATION_OK, NULL);
    break;
  case GIVE_UP:
    pl_user_ended(u, PL_ITERATION_GIVEN_UP, "sold out");
    break;
  case FAIL_AFTER:
    pl_user_ended(u, PL_ITERATION_FAILED, "review.lua:7: attempt to index a nil value");
    break;
  case STOP_AFTER:
    pl_user_ended(u, PL_ITERATION_STOPPED, NULL);
    break;
  case THINK_TWICE:
  case NO_WAIT:
  case EXPECT_404:
    pl_user_ended(u, PL_ITERATION_OK, NULL);
    break;
  }
}

static inline void script_timer(void *world, pl_user *u)
{
  get(world, u);
}

static inline void script_abort(void *world, pl_user *u)
{
  (void)u;
  ((script *)world)->aborts++;
}

static inline pl_script_table table_of(fixture *f, script *x)
{
  f->scenario.scripted = true;
  f->scenario.model = PL_MODEL_ITERATIONS;
  f->scenario.iterations = 10;
  return (pl_script_table){.open = script_open, .close = script_close, .user_new = script_user_new,
                           .user_free = script_user_free, .begin = script_begin, .answer = script_answer,
                           .timer = script_timer, .abort = script_abort, .context = x};
}

/* Ten iterations of x, from start to end. */
static inline pl_load_stats run_script(fixture *f, script *x)
{
  pl_load_stats s;
  pl_script_table table = table_of(f, x);
  start(f, 0, &table);
  finish(f, &s);
  return s;
}

static inline void expect_clean(const script *x)
{
  assert_int_equal(x->opens, x->closes);
  assert_int_equal(x->users, x->frees);
}

/* The scenario's executor in the one worker of the loop. */
static inline pl_executor *executor_of(const fixture *f)
{
  return &f->load->seats[0].worker->executors[0];
}

#endif
