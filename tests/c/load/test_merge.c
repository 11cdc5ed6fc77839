#include "load/merge.h"

#include <stdio.h>
#include <string.h>

#include "load/recorder.h"
#include "support/failing.h"

#define START (100 * PL_S_NS)
#define START_MS INT64_C(1700000000000)
enum { WORKERS = 2 };

static const pl_scenario scenarios[] = {
    {.name = {"open", 4}, .model = PL_MODEL_OPEN},
    {.name = {"closed", 6}, .model = PL_MODEL_CLOSED},
};
static const pl_plan plan = {.scenarios = scenarios, .n_scenarios = 2};
static const uint32_t no_users[2] = {0, 0};
static const pl_recorder_state idle = {.users = no_users, .users_top = no_users};

/* What the sink was given, as lines. */
typedef struct given {
  char text[64000];
  size_t len;
  int seconds, dones;
} given;

static void write_line(given *g, const char *format, ...) PL_PRINTF(2, 3);
static void write_line(given *g, const char *format, ...)
{
  va_list args;
  va_start(args, format);
  int n = vsnprintf(g->text + g->len, sizeof g->text - g->len, format, args);
  va_end(args);
  assert_true(n >= 0 && (size_t)n < sizeof g->text - g->len);
  g->len += (size_t)n;
}

static void on_dist(void *user, const pl_load_key *key, enum pl_dist which, int64_t ts_ms,
                    unsigned resolution_s, const pl_hist *h)
{
  write_line(user, "dist %.*s/%.*s %d @%d r%u n%d max%d\n", (int)key->scenario.len, key->scenario.data,
             (int)key->name.len, key->name.data, (int)which, (int)(ts_ms - START_MS), resolution_s, (int)h->count,
             (int)h->max);
}

static void on_count(void *user, const char *metric, const pl_load_key *key, const char *label, pl_str value,
                     const char *label2, pl_str value2, int64_t ts_ms, double total)
{
  (void)label, (void)label2;
  write_line(user, "count %s %.*s %.*s %.*s @%d %g\n", metric, (int)key->scenario.len, key->scenario.data,
             (int)value.len, value.data, (int)value2.len, value2.data ? value2.data : "", (int)(ts_ms - START_MS),
             total);
}

static void on_gauge(void *user, const char *metric, const pl_load_key *key, int64_t ts_ms, double value)
{
  write_line(user, "gauge %s %.*s @%d %g\n", metric, (int)key->scenario.len, key->scenario.data,
             (int)(ts_ms - START_MS), value);
}

static void on_second(void *user, int64_t ts_ms)
{
  given *g = user;
  assert_true(ts_ms == START_MS + 1000 * g->seconds || ts_ms == START_MS + 1500);
  g->seconds++;
}

static void on_done(void *user)
{
  ((given *)user)->dones++;
}

typedef struct fixture {
  given *g;
  pl_recorder *recorders[WORKERS];
  pl_merge *merge;
} fixture;

static void handed(void *user)
{
  (void)user;
}

static int fixture_init(fixture *f, const pl_allocator *a, given *g)
{
  *f = (fixture){.g = g};
  pl_recorder_options o = {.alloc = a, .plan = &plan, .handed = handed};
  for (int i = 0; i < WORKERS; i++) {
    if (pl_recorder_new(&o, &f->recorders[i], NULL))
      return PL_ENOMEM;
    pl_recorder_begin(f->recorders[i], START, 0);
  }
  pl_merge_options m = {.alloc = a, .plan = &plan, .recorders = f->recorders, .workers = WORKERS,
                        .sink = {on_dist, on_count, on_gauge, on_second, on_done, g}};
  int code = pl_merge_new(&m, &f->merge, NULL);
  if (!code)
    pl_merge_begin(f->merge, START_MS, START);
  return code;
}

static void fixture_fini(fixture *f)
{
  pl_merge_free(f->merge);
  for (int i = 0; i < WORKERS; i++)
    pl_recorder_free(f->recorders[i]);
}

/* A request of a worker that ended at t with this latency. */
static void request(fixture *f, int worker, uint32_t scenario, uint64_t t, uint64_t latency, int status)
{
  pl_recorder *r = f->recorders[worker];
  uint32_t slot = pl_recorder_slot(r, scenario, PL_STR("page"), PL_STR("GET"));
  pl_record_dist(r, t, slot, PL_DIST_LATENCY, latency);
  pl_record_outcome(r, t, slot, status, status < 400 ? PL_FAIL_NONE : PL_FAIL_STATUS,
                    scenario == 0 && t > START + PL_S_NS + PL_S_NS / 2);
}

static void tick(fixture *f, int worker, uint64_t t)
{
  pl_recorder_tick(f->recorders[worker], t, &idle);
}

static void expect_line(const given *g, const char *line, int times)
{
  int n = 0;
  for (const char *p = g->text; (p = strstr(p, line)) != NULL; p++)
    n += p == g->text || p[-1] == '\n';
  if (n != times)
    fail_msg("%d times, not %d: %s\n%s", n, times, line, g->text);
}

static void a_second_waits_for_all_workers_and_adds_up(void **state)
{
  (void)state;
  static given g;
  g = (given){0};
  fixture f;
  assert_int_equal(fixture_init(&f, &pl_alloc_default, &g), 0);
  request(&f, 0, 0, START + 1, 100, 200);
  request(&f, 1, 0, START + PL_S_NS - 1, 900, 200);
  request(&f, 1, 0, START + PL_S_NS, 7, 500); /* the next second's */
  tick(&f, 0, START + PL_S_NS);
  assert_false(pl_merge_run(f.merge));
  assert_int_equal(g.seconds, 0);
  tick(&f, 1, START + PL_S_NS);
  assert_false(pl_merge_run(f.merge));
  /* both have left second 0 once a frame of second 1 came */
  tick(&f, 0, START + PL_S_NS + PL_FRAME_NS);
  tick(&f, 1, START + PL_S_NS + PL_FRAME_NS);
  assert_false(pl_merge_run(f.merge));
  assert_int_equal(g.seconds, 1);
  expect_line(&g, "dist open/page 0 @0 r1 n2 max900\n", 1);
  expect_line(&g, "count load_requests_total open 200 ok @-1 0\n", 1);
  expect_line(&g, "count load_requests_total open 200 ok @0 2\n", 1);
  expect_line(&g, "dist open/page 0 @1000", 0);
  fixture_fini(&f);
}

static void roll_ups_and_the_whole_load_are_exact(void **state)
{
  (void)state;
  static given g;
  g = (given){0};
  fixture f;
  assert_int_equal(fixture_init(&f, &pl_alloc_default, &g), 0);
  for (uint64_t s = 0; s < 25; s++) {
    for (int w = 0; w < WORKERS; w++) {
      request(&f, w, 0, START + s * PL_S_NS + 5, 100 + s, 200);
      for (uint64_t q = 1; q <= 4; q++) {
        tick(&f, w, START + s * PL_S_NS + q * PL_FRAME_NS);
        (void)pl_merge_run(f.merge);
      }
    }
  }
  for (int w = 0; w < WORKERS; w++)
    pl_recorder_end(f.recorders[w], START + 25 * PL_S_NS, &idle);
  assert_true(pl_merge_run(f.merge));
  assert_true(pl_merge_run(f.merge)); /* once is enough */
  assert_int_equal(g.dones, 1);
  expect_line(&g, "dist open/page 0 @9000 r1 n2 max109\n", 1);
  expect_line(&g, "dist open/page 0 @0 r10 n20 max109\n", 1);
  expect_line(&g, "dist open/page 0 @10000 r10 n20 max119\n", 1);
  expect_line(&g, "dist open/page 0 @20000 r10 n10 max124\n", 1);
  expect_line(&g, "dist open/page 0 @0 r60 n50 max124\n", 1);
  expect_line(&g, "dist open/page 0 @0 r0 n50 max124\n", 1);
  pl_hist h;
  pl_hist_init(&h, &pl_alloc_default);
  assert_int_equal(pl_merge_hist(f.merge, PL_STR("open"), PL_STR("page"), PL_DIST_LATENCY, &h), 0);
  assert_int_equal(h.count, 50);
  assert_int_equal(pl_merge_hist(f.merge, PL_STR("open"), PL_STR("none"), PL_DIST_LATENCY, &h), PL_ENOENT);
  pl_hist_fini(&h);
  fixture_fini(&f);
}

static void end_all(fixture *f, uint64_t t)
{
  for (int w = 0; w < WORKERS; w++)
    pl_recorder_end(f->recorders[w], t, &idle);
  assert_true(pl_merge_run(f->merge));
}

static void without_a_schedule_latency_is_service_time(void **state)
{
  (void)state;
  static given g;
  g = (given){0};
  fixture f;
  assert_int_equal(fixture_init(&f, &pl_alloc_default, &g), 0);
  request(&f, 0, 1, START + 1, 50, 200);
  request(&f, 0, 0, START + 1, 50, 200);
  end_all(&f, START + 2);
  expect_line(&g, "dist closed/page 0 @0 r1 n1 max50\n", 1);
  expect_line(&g, "dist closed/page 1 @0 r1 n1 max50\n", 1);
  expect_line(&g, "dist open/page 1 ", 0);
  fixture_fini(&f);
}

static void totals_checks_and_metrics_add_up_over_workers(void **state)
{
  (void)state;
  static given g;
  g = (given){0};
  fixture f;
  assert_int_equal(fixture_init(&f, &pl_alloc_default, &g), 0);
  for (int w = 0; w < WORKERS; w++) {
    pl_recorder *r = f.recorders[w];
    pl_scenario_counts *c = pl_record_counts(r, START, 0);
    *c = (pl_scenario_counts){.planned = 5, .warmup_planned = 3, .started = 3, .dropped = 1, .cancelled = 1, .late = 2,
                              .first_end_ns = START + 10 + (uint64_t)w, .in_time = 2, .in_time_ns = 7, .users_peak = 4, .until_ns = START + 99};
    uint32_t check = pl_recorder_label(r, PL_LABEL_CHECK, 0, PL_STR("has items"));
    pl_record_label(r, START, check, 1);
    pl_record_label(r, START, check, w);
    pl_record_label(r, START, pl_recorder_label(r, PL_LABEL_METRIC, 0, PL_STR("cart_items")), 2 + 2 * w);
    pl_record_outcome(r, START, 0, 0, PL_FAIL_TIMEOUT, false);
  }
  end_all(&f, START + 2);
  pl_merge_totals t;
  pl_merge_totals_get(f.merge, SIZE_MAX, &t);
  assert_int_equal(t.planned, 10);
  assert_int_equal(t.planned, t.started + t.dropped + t.cancelled);
  assert_int_equal(t.first_end_ns, START + 10);
  assert_int_equal(t.in_time, 4);
  assert_int_equal(t.in_time_ns, 14);
  assert_int_equal(t.until_ns, START + 99);
  assert_int_equal(t.users_max, 8);
  assert_int_equal(t.outcomes[PL_FAIL_TIMEOUT], 2);
  expect_line(&g, "count load_checks_total open has items true @0 3\n", 1);
  expect_line(&g, "count load_checks_total open has items false @0 1\n", 1);
  expect_line(&g, "gauge cart_items open @0 3\n", 1);
  expect_line(&g, "gauge load_rate_planned open @0 16\n", 1);
  fixture_fini(&f);
}

static void busy_seconds_are_counted(void **state)
{
  (void)state;
  static given g;
  g = (given){0};
  fixture f;
  assert_int_equal(fixture_init(&f, &pl_alloc_default, &g), 0);
  uint64_t cpu = 0;
  for (uint64_t i = 1; i <= 16; i++) { /* 4 s, the third of them busy */
    cpu += i > 8 && i <= 12 ? PL_FRAME_NS : PL_FRAME_NS / 2;
    pl_recorder_tick(f.recorders[0], START + i * PL_FRAME_NS, &(pl_recorder_state){.cpu_ns = cpu, .users = no_users, .users_top = no_users});
    tick(&f, 1, START + i * PL_FRAME_NS);
    (void)pl_merge_run(f.merge);
  }
  pl_recorder_end(f.recorders[0], START + 4 * PL_S_NS, &(pl_recorder_state){.cpu_ns = cpu, .users = no_users, .users_top = no_users});
  pl_recorder_end(f.recorders[1], START + 4 * PL_S_NS, &idle);
  assert_true(pl_merge_run(f.merge));
  const pl_merge_worker *w = pl_merge_worker_get(f.merge, 0);
  assert_int_equal(w->seconds, 4);
  assert_int_equal(w->busy_seconds, 1);
  assert_int_equal(w->cpu_ns, cpu);
  assert_int_equal(pl_merge_worker_get(f.merge, 1)->busy_seconds, 0);
  fixture_fini(&f);
}

static int life(const pl_allocator *a, void *user)
{
  fixture f;
  given *g = user;
  *g = (given){0};
  int code = fixture_init(&f, a, g);
  if (!code) {
    request(&f, 0, 0, START + 1, 100, 200);
    request(&f, 1, 1, START + 1, 100, 200);
    for (int w = 0; w < WORKERS; w++)
      pl_recorder_end(f.recorders[w], START + 2, &idle);
    assert_true(pl_merge_run(f.merge));
    assert_int_equal(g->dones, 1);
    /* what was not recorded for want of memory is said */
    bool whole = strstr(g->text, "dist open/page 0 @0 r0 n1") && strstr(g->text, "dist closed/page 0 @0 r0 n1");
    code = whole ? 0 : PL_ENOMEM;
    if (pl_merge_lost(f.merge))
      code = PL_ENOMEM;
  }
  fixture_fini(&f);
  return code;
}

static void survives_failing_allocations(void **state)
{
  (void)state;
  static given g;
  failing_every(life, &g, 300);
}

/* Memory that is refused once. */
typedef struct once {
  pl_allocator allocator;
  size_t calls, fail_at;
} once;

static void *once_fn(void *user, void *p, size_t old_size, size_t size)
{
  once *o = user;
  if (size > old_size && ++o->calls == o->fail_at)
    return NULL;
  return pl_alloc_default.fn(pl_alloc_default.user, p, old_size, size);
}

/* Each name was answered as often as its text is long: what was not lost stands under its own name, so never more. */
static void expect_own_counts(const pl_merge *m)
{
  for (uint32_t i = 2; i < pl_merge_rows(m); i++) {
    pl_merge_row r;
    pl_merge_row_get(m, i, &r);
    for (uint32_t k = 0; k < r.n_outcomes && !pl_str_eqc(r.key.name, "__other__"); k++)
      assert_true(r.outcomes[k].count <= r.key.name.len);
  }
}

static void want_of_memory_moves_no_figure_to_another_name(void **state)
{
  (void)state;
  static const char *const names[] = {"a", "bb", "ccc", "dddd"};
  for (size_t n = 1; n < 200; n++) {
    static given g;
    fixture f;
    once o = {.fail_at = n};
    o.allocator = (pl_allocator){once_fn, &o};
    g = (given){0};
    int code = fixture_init(&f, &o.allocator, &g);
    for (int i = 0; i < 4 && !code; i++) {
      pl_recorder *r = f.recorders[0];
      uint32_t slot = pl_recorder_slot(r, 0, pl_str_of(names[i]), PL_STR("GET"));
      for (int k = 0; k <= i; k++)
        pl_record_outcome(r, START + 1, slot, 200, PL_FAIL_NONE, false);
    }
    for (int w = 0; w < WORKERS && !code; w++)
      pl_recorder_end(f.recorders[w], START + 2, &idle);
    if (!code) {
      assert_true(pl_merge_run(f.merge));
      expect_own_counts(f.merge);
    }
    fixture_fini(&f);
  }
}

/* A frame that is handed over between two ticks says nothing of users and connections. */
static void a_frame_without_a_state_changes_none(void **state)
{
  (void)state;
  given g = {0};
  fixture f;
  uint32_t five[2] = {5, 0};
  pl_recorder_state now = {.users = five, .users_top = five, .client = {.open = 7}};
  assert_int_equal(fixture_init(&f, &pl_alloc_default, &g), 0);
  for (int w = 0; w < WORKERS; w++) {
    pl_recorder_tick(f.recorders[w], START + PL_FRAME_NS, &now);
    for (uint64_t frame = 1; frame < 8; frame++) /* a stall: all is recorded before the next tick */
      request(&f, w, 0, START + frame * PL_FRAME_NS, 100, 200);
  }
  (void)pl_merge_run(f.merge);
  expect_line(&g, "gauge load_users open @0 10\n", 1);
  expect_line(&g, "gauge load_connections  @0 14\n", 1);
  for (int w = 0; w < WORKERS; w++)
    pl_recorder_end(f.recorders[w], START + 2 * PL_S_NS, &now);
  assert_true(pl_merge_run(f.merge));
  fixture_fini(&f);
}

/* 100 users at a time within the second, none at its end. */
static void the_users_of_a_second_are_the_most_within_it(void **state)
{
  (void)state;
  given g = {0};
  fixture f;
  uint32_t none[2] = {0, 0}, most[2] = {100, 0};
  assert_int_equal(fixture_init(&f, &pl_alloc_default, &g), 0);
  for (uint64_t frame = 1; frame <= 8; frame++) {
    const uint32_t *top = frame == 2 ? most : none;
    for (int w = 0; w < WORKERS; w++)
      pl_recorder_tick(f.recorders[w], START + frame * PL_FRAME_NS, &(pl_recorder_state){.users = none, .users_top = top});
  }
  for (int w = 0; w < WORKERS; w++)
    pl_recorder_end(f.recorders[w], START + 2 * PL_S_NS, &idle);
  assert_true(pl_merge_run(f.merge));
  expect_line(&g, "gauge load_users open @0 200\n", 1);
  expect_line(&g, "gauge load_users open @1000 0\n", 1);
  fixture_fini(&f);
}

/* The measured part ends at 1.5 s: what is answered in the half second behind it counts in the next one. */
static void a_second_holds_what_was_answered_in_time(void **state)
{
  (void)state;
  static given g;
  g = (given){0};
  fixture f;
  assert_int_equal(fixture_init(&f, &pl_alloc_default, &g), 0);
  for (uint64_t frame = 0; frame < 8; frame++) {
    uint64_t t = START + frame * PL_FRAME_NS;
    request(&f, 0, 0, t + 5, 100, 200);
    request(&f, 0, 1, t + 5, 100, 200);
    if (frame == 6)
      pl_record_counts(f.recorders[0], t, 0)->until_ns = START + PL_S_NS + PL_S_NS / 2;
    if (frame == 7)
      break;
    tick(&f, 0, t + PL_FRAME_NS);
    tick(&f, 1, t + PL_FRAME_NS);
    (void)pl_merge_run(f.merge);
  }
  end_all(&f, START + 2 * PL_S_NS - 1);
  expect_line(&g, "count load_requests_total open 200 ok @0 4\n", 1);
  expect_line(&g, "count load_requests_total open 200 ok @1000 6\n", 1);
  expect_line(&g, "count load_requests_total open 200 ok @1500 8\n", 1);
  expect_line(&g, "count load_requests_total closed 200 ok @1000 8\n", 1);
  fixture_fini(&f);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_second_holds_what_was_answered_in_time),
      cmocka_unit_test(a_second_waits_for_all_workers_and_adds_up),
      cmocka_unit_test(roll_ups_and_the_whole_load_are_exact),
      cmocka_unit_test(without_a_schedule_latency_is_service_time),
      cmocka_unit_test(totals_checks_and_metrics_add_up_over_workers),
      cmocka_unit_test(busy_seconds_are_counted),
      cmocka_unit_test(the_users_of_a_second_are_the_most_within_it),
      cmocka_unit_test(survives_failing_allocations),
      cmocka_unit_test(want_of_memory_moves_no_figure_to_another_name),
      cmocka_unit_test(a_frame_without_a_state_changes_none),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
