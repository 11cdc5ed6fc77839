#include "load/merging.h"

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
  expect_line(&g, "count load_checks_total open has items true @2 3\n", 1);
  expect_line(&g, "count load_checks_total open has items false @2 1\n", 1);
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
  uint64_t cpu = 0, polled = 0;
  for (uint64_t i = 1; i <= 16; i++) { /* 4 s, the third of them busy; the second polls */
    cpu += i > 4 && i <= 12 ? PL_FRAME_NS : PL_FRAME_NS / 2;
    polled += i > 4 && i <= 8 ? PL_FRAME_NS / 10 : 0;
    pl_recorder_tick(f.recorders[0], START + i * PL_FRAME_NS, &(pl_recorder_state){.cpu_ns = cpu, .polled_ns = polled, .users = no_users, .users_top = no_users});
    tick(&f, 1, START + i * PL_FRAME_NS);
    (void)pl_merge_run(f.merge);
  }
  pl_recorder_end(f.recorders[0], START + 4 * PL_S_NS, &(pl_recorder_state){.cpu_ns = cpu, .polled_ns = polled, .users = no_users, .users_top = no_users});
  pl_recorder_end(f.recorders[1], START + 4 * PL_S_NS, &idle);
  assert_true(pl_merge_run(f.merge));
  const pl_merge_worker *w = pl_merge_worker_get(f.merge, 0);
  assert_int_equal(w->seconds, 4);
  assert_int_equal(w->busy_seconds, 1);
  assert_int_equal(w->cpu_ns, cpu);
  assert_int_equal(w->busy_ns, cpu - polled);
  assert_int_equal(pl_merge_worker_get(f.merge, 1)->busy_seconds, 0);
  fixture_fini(&f);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(totals_checks_and_metrics_add_up_over_workers),
      cmocka_unit_test(busy_seconds_are_counted),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
