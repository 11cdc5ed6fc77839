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

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(without_a_schedule_latency_is_service_time),
      cmocka_unit_test(a_total_below_zero_is_none),
      cmocka_unit_test(the_users_of_a_second_are_the_most_within_it),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
