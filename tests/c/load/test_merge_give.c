#include "load/merging.h"

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

/* One too many statuses in a frame counts as 0, its move from good to failed in the next frame as itself. */
static void a_total_below_zero_is_none(void **state)
{
  (void)state;
  static given g;
  g = (given){0};
  fixture f;
  assert_int_equal(fixture_init(&f, &pl_alloc_default, &g), 0);
  uint32_t slot = pl_recorder_slot(f.recorders[0], 0, PL_STR("page"), PL_STR("GET"));
  pl_record_moved(f.recorders[0], START + 1, slot, 200, PL_FAIL_CHECK, false);
  request(&f, 0, 0, START + PL_S_NS + 1, 50, 200);
  request(&f, 0, 0, START + PL_S_NS + 2, 50, 200);
  end_all(&f, START + PL_S_NS + 3);
  expect_line(&g, "count load_requests_total open 200 ok @1000 0\n", 1);
  expect_line(&g, "count load_requests_total open 200 ok @1002 1\n", 1);
  fixture_fini(&f);
}

static bool wants(void *user)
{
  (void)user;
  return true;
}

static void on_ahead(void *user, const char *metric, const pl_load_key *key, const char *label, pl_str value, const char *label2, pl_str value2, int64_t ts_ms,
                     double total)
{
  (void)label, (void)label2;
  write_line(user, "ahead %s %.*s %.*s %.*s @%d %g\n", metric, (int)key->scenario.len, key->scenario.data, (int)value.len, value.data, (int)value2.len,
             value2.data ? value2.data : "", (int)(ts_ms - START_MS), total);
}

static bool judge_ahead(void *user, double share)
{
  write_line(user, "share %g\n", share);
  return share == 0.5;
}

/* Rules see the totals of an open second once a quarter, when every worker has told of that. */
static void rules_look_at_the_open_second(void **state)
{
  (void)state;
  static given g;
  g = (given){0};
  fixture f;
  pl_load_sink sink = {on_dist, on_count, on_gauge, on_examples, on_second, on_done, &g, NULL, NULL, wants, on_ahead, judge_ahead};
  assert_int_equal(fixture_init_sink(&f, &pl_alloc_default, &g, &sink), 0);
  for (uint64_t quarter = 1; quarter <= 5; quarter++) {
    request(&f, 0, 0, START + quarter * PL_FRAME_NS - 1, 50, 200);
    pl_recorder_tick(f.recorders[0], START + quarter * PL_FRAME_NS, &idle);
    (void)pl_merge_run(f.merge);
    assert_false(pl_merge_take_broken(f.merge));
    pl_recorder_tick(f.recorders[1], START + quarter * PL_FRAME_NS, &idle);
    (void)pl_merge_run(f.merge);
    (void)pl_merge_run(f.merge);
    assert_int_equal(pl_merge_take_broken(f.merge), quarter == 2);
    assert_false(pl_merge_take_broken(f.merge));
  }
  expect_line(&g, "share 0.25\n", 2);
  expect_line(&g, "share 0.5\n", 1);
  expect_line(&g, "share 0.75\n", 1);
  expect_line(&g, "ahead load_requests_total open 200 ok @0 3\n", 1);
  expect_line(&g, "ahead load_requests_total open 200 ok @1000 5\n", 1);
  expect_line(&g, "ahead load_starts_total open started  @0 ", 3);
  end_all(&f, START + 2 * PL_S_NS);
  fixture_fini(&f);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(without_a_schedule_latency_is_service_time),
      cmocka_unit_test(a_total_below_zero_is_none),
      cmocka_unit_test(the_users_of_a_second_are_the_most_within_it),
      cmocka_unit_test(rules_look_at_the_open_second),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
