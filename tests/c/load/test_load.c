/* Whole loads: static and scripted requests, threads. */
#include "load/whole_load.h"

#include <inttypes.h>
#include <poll.h>
#include <sys/resource.h>

/* ---- Static requests ---------------------------------------------------------------------------- */

static void shared_iterations_are_done_once_each(void **state)
{
  fixture *f = *state;
  f->scenario.model = PL_MODEL_ITERATIONS;
  f->scenario.iterations = 100;
  pl_load_stats s = run_load(f);
  assert_int_equal(s.ok, 100);
  assert_int_equal(s.started, 100);
  assert_int_equal(s.iterations, 100);
  assert_int_equal(f->server.requests, 100);
  assert_int_equal(s.users_max, 4);
  assert_int_equal(f->whole[PL_DIST_LATENCY], 100);
  assert_int_equal(f->whole[PL_DIST_SERVICE], 100);
  assert_int_equal(f->whole[PL_DIST_LAG], 0);
  assert_int_equal(f->sink_dones, 1);
  pl_load_row row;
  assert_int_equal(pl_load_rows(f->load, 0, &row, 1), 1);
  assert_true(pl_str_eqc(row.key.name, "GET /page"));
  assert_int_equal(row.ok, 100);
}

static void each_user_does_its_iterations(void **state)
{
  fixture *f = *state;
  pl_load_stats s;
  f->scenario.model = PL_MODEL_ITERATIONS_EACH;
  f->scenario.iterations = 7;
  start(f, 2, NULL);
  finish(f, &s);
  assert_int_equal(s.ok, 28);
  assert_int_equal(f->server.requests, 28);
}

static void an_even_rate_starts_what_was_planned(void **state)
{
  fixture *f = *state;
  open_loop(f, 500, 400);
  pl_load_stats s = run_load(f);
  assert_int_equal(s.planned, 200);
  assert_int_equal(s.started, 200);
  assert_int_equal(s.ok, 200);
  assert_int_equal(f->whole[PL_DIST_LATENCY], 200);
  assert_int_equal(f->whole[PL_DIST_LAG], 200);
  assert_int_equal(f->whole[PL_DIST_ITERATION], 200);
  assert_float_equal(s.rate_planned, 500, 1e-6);
  assert_float_equal(s.duration_s, 0.4, 1e-9);
  int64_t start_ms, from_ms, to_ms;
  pl_load_times(f->load, &start_ms, &from_ms, &to_ms);
  assert_int_equal(from_ms, start_ms);
  assert_int_equal(to_ms, start_ms + 400);
}

/* 30 starts at 500/s are over after 60 ms, whatever the duration says; Poisson arrivals when the next would come. */
static void an_open_loop_may_have_a_number_of_starts(void **state)
{
  for (unsigned workers = 0; workers < 3; workers++) {
    fixture *f = *state;
    pl_load_stats s;
    f->dones = 0;
    memset(f->dists, 0, sizeof f->dists);
    memset(f->whole, 0, sizeof f->whole);
    open_loop(f, 500, 10000);
    f->scenario.iterations = 30;
    f->scenario.law = workers == 1 ? PL_ARRIVAL_POISSON : PL_ARRIVAL_EVEN;
    start(f, workers, NULL);
    finish(f, &s);
    assert_int_equal(s.planned, 30);
    assert_int_equal(s.ok, 30);
    if (workers != 1) {
      assert_float_equal(s.duration_s, 0.06, 1e-6);
      assert_float_equal(s.rate_planned, 500, 0.1);
    }
    forget_load(f);
  }
}

/* One user, three starts at once, 30 ms each: the last has waited for the two before it. */
static void latency_counts_from_the_intended_start(void **state)
{
  fixture *f = *state;
  open_loop(f, 3000, 1);
  f->scenario.max_users = 1;
  f->server.delay_ms = 30;
  pl_load_stats s = run_load(f);
  assert_int_equal(s.planned, 3);
  assert_int_equal(s.started, 3);
  assert_int_equal(s.late, 2);
  assert_int_equal(f->server.most, 1);
  /* libuv's timers count in ms of a cached clock: each delay may be 1 ms short */
  assert_true(largest(f, PL_DIST_LATENCY) >= 86 * PL_MS_NS);
  assert_true(largest(f, PL_DIST_LAG) >= 57 * PL_MS_NS);
  assert_true(largest(f, PL_DIST_SERVICE) < largest(f, PL_DIST_LATENCY) - 50 * PL_MS_NS);
}

static void what_cannot_wait_is_dropped_and_what_does_not_end_is_cancelled(void **state)
{
  fixture *f = *state;
  open_loop(f, 1000, 20);
  f->scenario.max_users = 2;
  f->scenario.max_waiting = 3;
  f->scenario.grace_ns = 30 * PL_MS_NS;
  f->server.hold = true;
  pl_load_stats s = run_load(f);
  assert_int_equal(s.planned, 20);
  assert_int_equal(s.started, 2);
  assert_int_equal(s.aborted, 2);
  assert_int_equal(s.cancelled, 3);
  assert_int_equal(s.dropped, 15);
  assert_int_equal(s.late, 3);
  assert_int_equal(s.requests, 0);
  pl_load_verdict v;
  pl_load_judge(f->load, &(pl_machine_health){0}, &v);
  assert_true(v.limited);
}

static void too_few_connections_make_starts_late(void **state)
{
  fixture *f = *state;
  pl_load_stats s;
  open_loop(f, 3000, 1);
  f->plan.max_connections = 1;
  f->server.delay_ms = 10;
  start(f, 2, NULL);
  finish(f, &s);
  assert_int_equal(s.ok, 3);
  assert_int_equal(s.late, 2);
  assert_int_equal(s.connections.max, 1);
  assert_true(largest(f, PL_DIST_LATENCY) >= 27 * PL_MS_NS);
}

/* Two are in flight, the others wait for their connections: nothing of them was ever sent. */
static void starts_that_wait_for_a_connection_at_the_end_are_cancelled(void **state)
{
  fixture *f = *state;
  open_loop(f, 1000, 20);
  f->plan.max_connections = 2;
  f->scenario.grace_ns = 30 * PL_MS_NS;
  f->server.hold = true;
  pl_load_stats s = run_load(f);
  assert_int_equal(s.planned, 20);
  assert_int_equal(s.started, 2);
  assert_int_equal(s.aborted, 2);
  assert_int_equal(s.cancelled, 18);
  assert_int_equal(s.late, 18);
  assert_int_equal(s.no_user, 0);
  assert_int_equal(s.connections.opened, 2);
  assert_int_equal(f->server.requests, 2);
  assert_int_equal(f->whole[PL_DIST_LAG], 2);
}

/* Three starts at once on one connection, 30 ms each: the lag of the last is the wait for the two before it. */
static void the_lag_is_that_of_the_send(void **state)
{
  fixture *f = *state;
  open_loop(f, 3000, 1);
  f->plan.max_connections = 1;
  f->server.delay_ms = 30;
  (void)run_load(f);
  assert_int_equal(f->whole[PL_DIST_LAG], 3);
  assert_true(largest(f, PL_DIST_LAG) >= 57 * PL_MS_NS); /* libuv's timers may be 1 ms short */
  assert_true(largest(f, PL_DIST_LAG) < largest(f, PL_DIST_LATENCY) - 28 * PL_MS_NS);
}

static void a_bad_status_fails_unless_expected(void **state)
{
  static const uint16_t pairs[] = {200, 299, 404, 404};
  fixture *f = *state;
  f->server.status = 404;
  f->scenario.model = PL_MODEL_ITERATIONS;
  f->scenario.iterations = 10;
  pl_load_stats s = run_load(f);
  assert_int_equal(s.errors[PL_FAIL_STATUS], 10);
  assert_int_equal(s.iterations_failed, 10);
  assert_int_equal(f->whole[PL_DIST_LATENCY], 10); /* they were answered */
  forget_load(f);
  f->dones = 0;
  memset(f->whole, 0, sizeof f->whole);
  memset(f->dists, 0, sizeof f->dists);
  f->scenario.expected_status = pairs;
  f->scenario.n_expected = 2;
  start(f, 0, NULL);
  finish(f, &s);
  assert_int_equal(s.ok, 10);
}

static void a_timeout_stands_at_its_limit(void **state)
{
  fixture *f = *state;
  f->server.hold = true;
  f->scenario.model = PL_MODEL_ITERATIONS;
  f->scenario.iterations = 4;
  f->scenario.timeout_ns = 20 * PL_MS_NS;
  pl_load_stats s = run_load(f);
  assert_int_equal(s.errors[PL_FAIL_TIMEOUT], 4);
  assert_int_equal(f->whole[PL_DIST_LATENCY], 4);
  assert_int_equal(f->whole[PL_DIST_PHASE + PL_PHASE_WAIT], 0);
  assert_int_equal(largest(f, PL_DIST_LATENCY), 20 * PL_MS_NS);
  assert_float_equal(s.timeout_s, 0.02, 1e-12);
}

static void the_warm_up_is_sent_and_not_recorded(void **state)
{
  fixture *f = *state;
  open_loop(f, 1000, 100);
  f->scenario.warmup_ns = 60 * PL_MS_NS;
  pl_load_stats s = run_load(f);
  assert_int_equal(f->server.requests, 100);
  assert_int_equal(s.warmup_starts, 60);
  assert_int_equal(s.planned, 40);
  assert_int_equal(s.requests, 40);
  assert_int_equal(f->whole[PL_DIST_LATENCY], 40);
  assert_float_equal(s.duration_s, 0.04, 1e-9);
}

static void keep_slow(void *user, const pl_load_key *key, const pl_example_list *list, pl_load_start_time at)
{
  (void)key;
  assert_true(at.wall_ms > 0 && list->items[0].intended_ns >= at.ns);
  *(pl_example_list *)user = *list;
}

/* The slowest are kept whole; the requests of a traced scenario carry the trace that the example names. */
static void the_slowest_are_kept_with_their_traces(void **state)
{
  fixture *f = *state;
  pl_example_list slow = {.n = 0};
  char id[40];
  f->scenario.model = PL_MODEL_ITERATIONS;
  f->scenario.iterations = f->scenario.users = 1;
  f->scenario.traced = true;
  (void)run_load(f);
  assert_int_equal(f->slow.n, 1);
  pl_load_examples(f->load, 0, keep_slow, &slow);
  assert_int_equal(slow.n, 1);
  assert_memory_equal(slow.items, f->slow.items, sizeof *slow.items);
  const pl_example *e = slow.items;
  assert_true(e->status == 200 && e->outcome == PL_FAIL_NONE && e->phases_ns[PL_PHASE_CONNECT] != PL_NO_PHASE);
  (void)snprintf(id, sizeof id, "00-%016" PRIx64 "%016" PRIx64 "-", e->trace_high, e->trace_low);
  assert_non_null(strstr(f->server.last, "\r\ntraceparent: "));
  assert_non_null(strstr(f->server.last, id));
}

static void threads_share_one_schedule(void **state)
{
  fixture *f = *state;
  pl_load_stats s;
  open_loop(f, 1000, 300);
  start(f, 3, NULL);
  assert_int_equal(pl_load_workers(f->load), 3);
  finish(f, &s);
  assert_int_equal(s.planned, 300);
  assert_int_equal(s.ok, 300);
  assert_int_equal(f->server.requests, 300);
}

/* They stay until the server has seen all five at once, however busy the machine is. */
static void stages_change_the_number_of_users(void **state)
{
  fixture *f = *state;
  pl_load_stats s;
  closed_loop(f, 1, 20);
  f->stages[1] = (pl_stage){60 * PL_S_NS, 5, true};
  f->scenario.n_stages = 2;
  f->scenario.duration_ns = f->stages[0].duration_ns + f->stages[1].duration_ns;
  f->server.delay_ms = 5;
  start(f, 2, NULL);
  while (!f->dones && f->server.most < 5)
    uv_run(&f->loop, UV_RUN_ONCE);
  pl_load_stop(f->load, true);
  finish(f, &s);
  assert_int_equal(s.users_max, 5);
  assert_int_equal(f->server.most, 5);
  assert_int_equal(s.failed + s.aborted, 0);
}

/* Two users, one iteration each 40 ms for 100 ms: at 0, 40 and 80. */
static void pace_spaces_the_iterations(void **state)
{
  fixture *f = *state;
  closed_loop(f, 2, 100);
  f->scenario.pace_ns = 40 * PL_MS_NS;
  pl_load_stats s = run_load(f);
  assert_true(s.ok >= 4 && s.ok <= 6); /* 6, unless the machine is busy: no iteration is made up for */
  assert_int_equal(f->whole[PL_DIST_LAG], s.ok);
}

/* A host with a loop of its own polls between two turns: it is awoken for what the answers of the last one began to wait for. */
static void a_host_that_polls_is_awoken_for_a_pace(void **state)
{
  fixture *f = *state;
  pl_load_stats s;
  closed_loop(f, 1, 400);
  f->scenario.pace_ns = 20 * PL_MS_NS;
  start(f, 0, NULL);
  while (!f->dones) {
    struct pollfd fd = {.fd = uv_backend_fd(&f->loop), .events = POLLIN};
    uv_update_time(&f->loop);
    assert_true(poll(&fd, 1, uv_backend_timeout(&f->loop)) >= 0);
    uv_run(&f->loop, UV_RUN_NOWAIT);
  }
  finish(f, &s);
  assert_true(s.ok >= 8); /* 20, unless the machine is busy; 2 or 3 of a host that sleeps until the next frame */
}

static void the_rate_cap_holds_sends_back(void **state)
{
  fixture *f = *state;
  closed_loop(f, 8, 100);
  f->plan.rate_cap_per_s = 50;
  pl_load_stats s = run_load(f);
  assert_true(s.ok >= 5 && s.ok <= 14); /* 50/s for 0.1 s, and what was held back of 8 users */
}

/* ---- A collector with its own thread ------------------------------------------------------------- */

typedef struct collector {
  uv_loop_t loop;
  uv_thread_t thread;
  uv_async_t end;
  pl_mailbox box;
} collector;

static void on_end(uv_async_t *async)
{
  collector *c = async->data;
  pl_mailbox_close_server(&c->box);
  uv_close((uv_handle_t *)async, NULL);
}

static void run_collector(void *user)
{
  uv_run(&((collector *)user)->loop, UV_RUN_DEFAULT);
}

static void the_collector_may_have_a_thread(void **state)
{
  for (unsigned workers = 0; workers < 3; workers++) {
    fixture *f = *state;
    collector c;
    pl_load_stats s;
    f->dones = f->sink_dones = 0;
    memset(f->dists, 0, sizeof f->dists);
    memset(f->whole, 0, sizeof f->whole);
    uv_loop_init(&c.loop);
    uv_async_init(&c.loop, &c.end, on_end);
    c.end.data = &c;
    assert_int_equal(pl_mailbox_open(&c.box, &f->loop, &c.loop, NULL, NULL), 0);
    uv_thread_create(&c.thread, run_collector, &c);
    open_loop(f, 500, 300);
    f->collector = &c.loop;
    f->box = &c.box;
    start(f, workers, NULL);
    finish(f, &s);
    assert_int_equal(s.ok, 150);
    assert_int_equal(f->whole[PL_DIST_LATENCY], 150);
    assert_int_equal(f->sink_dones, 1);
    forget_load(f);
    uv_async_send(&c.end);
    uv_thread_join(&c.thread);
    assert_int_equal(uv_loop_close(&c.loop), 0);
    pl_mailbox_close_client(&c.box);
    while (c.box.open)
      uv_run(&f->loop, UV_RUN_ONCE);
  }
}

/* ---- Starts that fail --------------------------------------------------------------------------- */

static void count_turn(uv_prepare_t *prepare)
{
  ++*(int *)prepare->data;
}

/* Descriptors run out while the workers' loops are made: the caller's loop is not run from inside. */
static void a_start_without_descriptors_runs_nobody_elses_loop(void **state)
{
  fixture *f = *state;
  int held[4096], n = 0, turns = 0;
  struct rlimit before, low;
  getrlimit(RLIMIT_NOFILE, &before);
  low = before;
  low.rlim_cur = 256;
  setrlimit(RLIMIT_NOFILE, &low);
  uv_prepare_t prepare;
  uv_prepare_init(&f->loop, &prepare);
  prepare.data = &turns;
  uv_prepare_start(&prepare, count_turn);
  while (n < 4096 && (held[n] = dup(0)) >= 0)
    n++;
  for (int i = 0; i < 12; i++)
    close(held[--n]);
  pl_error err = {0};
  open_loop(f, 100, 10);
  pl_load_options o = {.alloc = &pl_alloc_default, .clock = &pl_clock_system, .plan = &f->plan, .workers = 16,
                       .control = &f->loop, .collector = &f->loop, .done = on_done, .user = f};
  assert_int_equal(pl_load_start(&o, &f->load, &err), PL_ELIMIT);
  assert_int_equal(turns, 0);
  while (n > 0)
    close(held[--n]);
  setrlimit(RLIMIT_NOFILE, &before);
  uv_close((uv_handle_t *)&prepare, NULL);
  uv_run(&f->loop, UV_RUN_NOWAIT);
  assert_int_equal(f->dones, 0);
}

/* Results outlive many loads of a run, such as the steps of a search: not so what recording took. */
static void a_load_that_is_done_holds_its_figures_alone(void **state)
{
  enum { ROWS = 2, EXAMPLES = 1, REST = 32 << 10 };
  fixture *f = *state;
  failing memory;
  pl_error err = {0};
  pl_load_stats s;
  failing_init(&memory, 0);
  open_loop(f, 500, 100);
  pl_load_options o = {.alloc = &memory.allocator, .clock = &pl_clock_system, .plan = &f->plan, .control = &f->loop,
                       .collector = &f->loop, .sink = {on_dist, on_count, on_gauge, on_examples, on_second, on_sink_done, f},
                       .done = on_done, .user = f};
  assert_int_equal(pl_load_start(&o, &f->load, &err), PL_OK);
  finish(f, &s);
  assert_int_equal(f->whole[PL_DIST_LATENCY], 50);
  assert_true(largest(f, PL_DIST_LATENCY) > 0);
  assert_true(memory.live < ROWS * PL_DISTS * sizeof(pl_hist) + EXAMPLES * sizeof(pl_example_list) + REST);
  forget_load(f);
  assert_int_equal(memory.live, 0);
}

static unsigned told, told_behind; /* seconds, and such that the sink did not have */

static void note_second(void *user)
{
  told++;
  told_behind += ((fixture *)user)->dones != 0;
}

/* Control hears of each second when it ends, so that rules need not wait to be asked. */
static void control_is_told_of_seconds(void **state)
{
  fixture *f = *state;
  pl_error err = {0};
  pl_load_stats s;
  told = told_behind = 0;
  open_loop(f, 100, 2100);
  pl_load_options o = {.alloc = &pl_alloc_default, .clock = &pl_clock_system, .plan = &f->plan, .control = &f->loop,
                       .collector = &f->loop, .sink = {on_dist, on_count, on_gauge, on_examples, on_second, on_sink_done, f},
                       .look = note_second, .done = on_done, .user = f};
  assert_int_equal(pl_load_start(&o, &f->load, &err), PL_OK);
  finish(f, &s);
  assert_in_range(told, 2, 3); /* the last piece of one may come together with the end */
  assert_int_equal(told_behind, 0);
}

/* A short load whose n-th allocation fails, alone or with all later ones: either the call says so or done does, and nothing stays
 * behind. Whether it asked for that many. */
static bool is_refused(fixture *f, size_t n, bool once)
{
  failing memory;
  failing_init(&memory, n);
  memory.once = once;
  f->dones = 0;
  pl_error err = {0};
  pl_load_options o = {.alloc = &memory.allocator, .clock = &pl_clock_system, .plan = &f->plan, .control = &f->loop,
                       .collector = &f->loop, .sink = {on_dist, on_count, on_gauge, on_examples, on_second, on_sink_done, f},
                       .done = on_done, .user = f};
  int code = pl_load_start(&o, &f->load, &err);
  while (!code && !f->dones)
    uv_run(&f->loop, UV_RUN_ONCE);
  if (code) {
    assert_int_equal(code, PL_ENOMEM);
    assert_true(err.message[0] != '\0');
  } else {
    const pl_error *why = pl_load_error(f->load);
    assert_true(!why->code || (why->code == PL_ENOMEM && why->message[0]));
    forget_load(f);
  }
  uv_run(&f->loop, UV_RUN_NOWAIT);
  assert_int_equal(memory.live, 0);
  return memory.calls >= n;
}

static void want_of_memory_ends_a_load_cleanly(void **state)
{
  fixture *f = *state;
  f->scenario.traced = true;
  for (int closed = 0; closed < 2; closed++) {
    open_loop(f, 500, 10);
    f->scenario.max_users = 3;
    if (closed) {
      f->scenario.model = PL_MODEL_ITERATIONS;
      f->scenario.iterations = 3;
    }
    for (int once = 0; once < 2; once++) {
      size_t n = 1;
      while (n < 600 && is_refused(f, n, once))
        n++;
      assert_true(n > 20 && n < 600);
    }
  }
}

/* ---- Scripts ------------------------------------------------------------------------------------- */

static void one_check(void *user, pl_str label, uint64_t passed, uint64_t failed)
{
  assert_true(pl_str_eqc(label, "has items"));
  assert_int_equal(passed, 5);
  assert_int_equal(failed, 5);
  ++*(int *)user;
}

static void a_failed_check_fails_the_request(void **state)
{
  fixture *f = *state;
  script x = {.what = GET_AND_CHECK};
  int checks = 0;
  pl_load_stats s = run_script(f, &x);
  assert_int_equal(x.begins, 10);
  assert_int_equal(s.ok, 5);
  assert_int_equal(s.errors[PL_FAIL_CHECK], 5);
  assert_int_equal(f->whole[PL_DIST_GROUP], 10);
  pl_load_checks(f->load, 0, one_check, &checks);
  assert_int_equal(checks, 1);
  expect_clean(&x);
}

/* Two requests an iteration, then two checks of the first: each second iteration fails it, once. */
static void a_failed_check_fails_the_request_that_it_looks_at(void **state)
{
  fixture *f = *state;
  script x = {.what = CHECK_THE_FIRST};
  pl_script_table table = table_of(f, &x);
  pl_load_stats s;
  pl_load_row row;
  f->scenario.users = 1;
  start(f, 0, &table);
  finish(f, &s);
  assert_int_equal(s.requests, 20);
  assert_int_equal(s.ok, 15);
  assert_int_equal(s.errors[PL_FAIL_CHECK], 5);
  assert_int_equal(pl_load_rows(f->load, 0, &row, 1), 1);
  assert_int_equal(row.ok, 15);
  assert_int_equal(row.errors[PL_FAIL_CHECK], 5);
}

static void sold_out(void *user, pl_str text, uint64_t count)
{
  assert_true(pl_str_eqc(text, "sold out"));
  *(uint64_t *)user += count;
}

static void what_a_script_gives_up_is_no_script_error(void **state)
{
  fixture *f = *state;
  script x = {.what = GIVE_UP};
  uint64_t given_up = 0, errors = 0;
  pl_load_stats s = run_script(f, &x);
  assert_int_equal(s.errors[PL_FAIL_SCRIPT], 10);
  assert_int_equal(s.iterations_failed, 10);
  pl_load_texts(f->load, 0, PL_LABEL_GIVEN_UP, sold_out, &given_up);
  pl_load_texts(f->load, 0, PL_LABEL_ERROR, sold_out, &errors);
  assert_int_equal(given_up, 10);
  assert_int_equal(errors, 0);
}

static void one_error(void *user, pl_str text, uint64_t count)
{
  assert_true(pl_str_starts(text, PL_STR("review.lua:7:")));
  assert_int_equal(count, 10);
  ++*(int *)user;
}

static void a_script_error_leaves_its_answers_good(void **state)
{
  fixture *f = *state;
  script x = {.what = FAIL_AFTER};
  int errors = 0;
  pl_load_stats s = run_script(f, &x);
  assert_int_equal(s.ok, 10);
  assert_int_equal(s.errors[PL_FAIL_SCRIPT], 0);
  assert_int_equal(s.iterations_failed, 10);
  assert_int_equal(s.iterations_broken, 10);
  pl_load_texts(f->load, 0, PL_LABEL_ERROR, one_error, &errors);
  assert_int_equal(errors, 1);
  expect_clean(&x);
}

/* 20 ms of thinking come before the request: they are in the iteration, not in the latency, however late both are. */
static void think_time_is_no_latency(void **state)
{
  fixture *f = *state;
  script x = {.what = THINK_TWICE};
  pl_script_table table = table_of(f, &x);
  pl_load_stats s;
  open_loop(f, 1000, 10);
  start(f, 0, &table);
  finish(f, &s);
  assert_int_equal(s.ok, 10);
  pl_hist h;
  pl_hist_init(&h, &pl_alloc_default);
  assert_int_equal(pl_load_hist(f->load, (pl_str){0}, PL_STR("page"), PL_DIST_LATENCY, &h), 0);
  double latency = h.sum;
  pl_hist_clear(&h);
  assert_int_equal(pl_load_hist(f->load, (pl_str){0}, (pl_str){0}, PL_DIST_ITERATION, &h), 0);
  assert_true(h.min >= 20 * PL_MS_NS && h.sum - latency >= 10 * 20.0 * PL_MS_NS);
  pl_hist_fini(&h);
  expect_clean(&x);
}

static void users_that_stop_leave_and_the_load_ends(void **state)
{
  fixture *f = *state;
  script x = {.what = STOP_AFTER};
  pl_load_stats s = run_script(f, &x);
  assert_int_equal(s.ok, 4); /* each of the four users once */
  expect_clean(&x);
}

static void in_an_open_loop_others_come_for_those_that_stop(void **state)
{
  fixture *f = *state;
  script x = {.what = STOP_AFTER};
  pl_script_table table = table_of(f, &x);
  pl_load_stats s;
  open_loop(f, 1000, 30);
  f->scenario.max_users = 2;
  start(f, 0, &table);
  finish(f, &s);
  assert_int_equal(s.ok, 30);
  assert_int_equal(x.users, 30);
  expect_clean(&x);
}

/* Iterations that never wait neither recurse nor keep the loop from its timers. */
static void iterations_without_a_wait_do_not_hang(void **state)
{
  fixture *f = *state;
  script x = {.what = NO_WAIT};
  pl_script_table table = table_of(f, &x);
  pl_load_stats s;
  closed_loop(f, 2, 50);
  start(f, 0, &table);
  finish(f, &s);
  assert_true(s.iterations > 1000);
  assert_int_equal(s.requests, 0);
  expect_clean(&x);
}

static void a_request_may_expect_its_own_status(void **state)
{
  fixture *f = *state;
  script x = {.what = EXPECT_404};
  pl_script_table table = table_of(f, &x);
  pl_load_stats s;
  f->server.status = 404;
  start(f, 0, &table);
  finish(f, &s);
  assert_int_equal(s.ok, 10);
}

static void a_cut_unwinds_the_script(void **state)
{
  fixture *f = *state;
  script x = {.what = GET_AND_CHECK};
  pl_script_table table = table_of(f, &x);
  pl_load_stats s;
  f->server.hold = true;
  start(f, 1, &table);
  after(f, 20, stop_now);
  finish(f, &s);
  assert_int_equal(x.aborts, 4);
  assert_int_equal(s.aborted, 4);
  assert_int_equal(s.iterations, 0);
  expect_clean(&x);
}

static void a_world_that_does_not_open_ends_the_load(void **state)
{
  for (unsigned workers = 0; workers < 3; workers++) {
    fixture *f = *state;
    script x = {.fail_open = true};
    pl_script_table table = table_of(f, &x);
    pl_load_stats s;
    f->dones = 0;
    start(f, workers, &table);
    finish(f, &s);
    assert_int_equal(pl_load_error(f->load)->code, PL_ESCRIPT);
    assert_non_null(strstr(pl_load_error(f->load)->message, "review.lua:3: boom"));
    assert_int_equal(s.started, 0);
    forget_load(f);
  }
}

int main(void)
{
#define CASE(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)
  const struct CMUnitTest tests[] = {
      CASE(shared_iterations_are_done_once_each),
      CASE(each_user_does_its_iterations),
      CASE(an_even_rate_starts_what_was_planned),
      CASE(an_open_loop_may_have_a_number_of_starts),
      CASE(latency_counts_from_the_intended_start),
      CASE(the_slowest_are_kept_with_their_traces),
      CASE(what_cannot_wait_is_dropped_and_what_does_not_end_is_cancelled),
      CASE(too_few_connections_make_starts_late),
      CASE(starts_that_wait_for_a_connection_at_the_end_are_cancelled),
      CASE(the_lag_is_that_of_the_send),
      CASE(a_bad_status_fails_unless_expected),
      CASE(a_timeout_stands_at_its_limit),
      CASE(the_warm_up_is_sent_and_not_recorded),
      CASE(threads_share_one_schedule),
      CASE(the_collector_may_have_a_thread),
      CASE(stages_change_the_number_of_users),
      CASE(pace_spaces_the_iterations),
      CASE(a_host_that_polls_is_awoken_for_a_pace),
      CASE(the_rate_cap_holds_sends_back),
      CASE(a_start_without_descriptors_runs_nobody_elses_loop),
      CASE(control_is_told_of_seconds),
      CASE(a_load_that_is_done_holds_its_figures_alone), CASE(want_of_memory_ends_a_load_cleanly),
      CASE(a_failed_check_fails_the_request),
      CASE(a_failed_check_fails_the_request_that_it_looks_at),
      CASE(what_a_script_gives_up_is_no_script_error),
      CASE(a_script_error_leaves_its_answers_good),
      CASE(think_time_is_no_latency),
      CASE(users_that_stop_leave_and_the_load_ends),
      CASE(in_an_open_loop_others_come_for_those_that_stop),
      CASE(iterations_without_a_wait_do_not_hang),
      CASE(a_request_may_expect_its_own_status),
      CASE(a_cut_unwinds_the_script),
      CASE(a_world_that_does_not_open_ends_the_load),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
