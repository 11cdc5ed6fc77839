#include "load/merging.h"

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
  expect_line(&g, "count load_requests_total open 200 ok @0 0\n", 1);
  expect_line(&g, "count load_requests_total open 200 ok @1000 2\n", 1);
  expect_line(&g, "dist open/page 0 @1000", 0);
  fixture_fini(&f);
}

/* So that a second's end is not the time of all its work; frames of the next second wait. */
static void a_frame_is_merged_when_it_comes(void **state)
{
  (void)state;
  static given g;
  g = (given){0};
  fixture f;
  assert_int_equal(fixture_init(&f, &pl_alloc_default, &g), 0);
  for (uint64_t q = 1; q <= 6; q++) {
    pl_record_receive_lag(f.recorders[0], START + (q - 1) * PL_FRAME_NS, 7);
    tick(&f, 0, START + q * PL_FRAME_NS);
    assert_false(pl_merge_run(f.merge));
    assert_int_equal(pl_merge_receive_lag(f.merge)->count, q < 4 ? q : 4);
  }
  assert_int_equal(g.seconds, 0);
  assert_int_equal(pl_merge_end_ms(f.merge), START_MS);
  end_all(&f, START + 6 * PL_FRAME_NS);
  assert_int_equal(pl_merge_receive_lag(f.merge)->count, 6);
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
  expect_line(&g, "slow open/page n5 109 to 107\n", 1); /* of each ten seconds: two workers, so each value twice */
  expect_line(&g, "slow open/page n5 119 to 117\n", 1);
  expect_line(&g, "slow open/page n5 124 to 122\n", 1);
  pl_hist h;
  pl_hist_init(&h, &pl_alloc_default);
  assert_int_equal(pl_merge_hist(f.merge, PL_STR("open"), PL_STR("page"), PL_DIST_LATENCY, &h), 0);
  assert_int_equal(h.count, 50);
  assert_int_equal(pl_merge_hist(f.merge, PL_STR("open"), PL_STR("none"), PL_DIST_LATENCY, &h), PL_ENOENT);
  pl_hist_fini(&h);
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

static void wait(fixture *f, int worker, int name, uint64_t t)
{
  char text[8];
  pl_recorder *r = f->recorders[worker];
  (void)snprintf(text, sizeof text, "n%03d", name);
  uint32_t slot = pl_recorder_slot(r, 0, pl_str_of(text), PL_STR("GET"));
  pl_record_dist(r, t, pl_recorder_phase_slot(r, slot), (enum pl_dist)(PL_DIST_PHASE + PL_PHASE_WAIT), 5);
}

/* Workers meet names in their own order: a name that has no phases of its own in one has none in the other, once that is known. */
static void phases_of_too_many_names_are_their_scenarios(void **state)
{
  enum { NAMES = PL_PHASE_NAMES_MAX + 20 };
  (void)state;
  static given g;
  g = (given){0};
  fixture f;
  pl_hist whole;
  pl_hist_init(&whole, &pl_alloc_default);
  assert_int_equal(fixture_init(&f, &pl_alloc_default, &g), 0);
  for (uint64_t second = 0; second < 2; second++) {
    uint64_t t = START + second * PL_S_NS;
    for (int i = 0; i < NAMES; i++) {
      wait(&f, 0, i, t);
      wait(&f, 1, NAMES - 1 - i, t);
    }
    tick(&f, 0, t + PL_FRAME_NS);
    tick(&f, 1, t + PL_FRAME_NS);
    (void)pl_merge_run(f.merge);
  }
  end_all(&f, START + 2 * PL_S_NS);
  expect_line(&g, "dist open/n050 9 @1000 r1 n2 max5\n", 1);
  expect_line(&g, "dist open/n019 9 @1000", 0);
  expect_line(&g, "dist open/n100 9 @1000", 0);
  expect_line(&g, "dist open/ 9 @1000 r1 n80 max5\n", 1);
  assert_int_equal(pl_merge_hist(f.merge, PL_STR("open"), PL_STR(""), (enum pl_dist)(PL_DIST_PHASE + PL_PHASE_WAIT), &whole), PL_OK);
  assert_int_equal(whole.count, 4 * NAMES);
  pl_hist_fini(&whole);
  fixture_fini(&f);
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
  /* Totals bear the end of what they count: the measured part ends the last second, the load what comes behind it. */
  expect_line(&g, "count load_requests_total open 200 ok @1000 4\n", 1);
  expect_line(&g, "count load_requests_total open 200 ok @1500 6\n", 1);
  expect_line(&g, "count load_requests_total open 200 ok @2000 8\n", 1);
  expect_line(&g, "count load_requests_total closed 200 ok @1500 8\n", 1);
  fixture_fini(&f);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_second_holds_what_was_answered_in_time),
      cmocka_unit_test(a_second_waits_for_all_workers_and_adds_up),
      cmocka_unit_test(a_frame_is_merged_when_it_comes),
      cmocka_unit_test(roll_ups_and_the_whole_load_are_exact),
      cmocka_unit_test(phases_of_too_many_names_are_their_scenarios),
      cmocka_unit_test(survives_failing_allocations),
      cmocka_unit_test(want_of_memory_moves_no_figure_to_another_name),
      cmocka_unit_test(a_frame_without_a_state_changes_none),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
