/* Starts by schedule: users that leave, and a worker that is behind. */
#include "load/whole_load.h"

/* Each user says stop() in its first iteration and runs the scenario's `stop` once; its place in the pool takes a new one. */
static void a_user_that_stopped_comes_back_as_a_new_one(void **state)
{
  fixture *f = *state;
  script x = {.what = STOP_AFTER};
  pl_script_table table = table_of(f, &x);
  pl_load_stats s;
  open_loop(f, 1000, 30);
  f->scenario.has_stop = true;
  f->scenario.max_users = 2;
  start(f, 0, &table);
  finish(f, &s);
  assert_int_equal(s.started, 30);
  assert_int_equal(s.ok, 30);
  assert_int_equal(x.begins, 30);
  assert_int_equal(x.users, 30);
  assert_int_equal(x.stops, 30);
  expect_clean(&x);
}

/* However much is due, the sockets get a turn after each few starts. */
static void a_worker_that_is_behind_looks_at_its_sockets(void **state)
{
  fixture *f = *state;
  pl_load_stats s;
  open_loop(f, 10000, 50);
  f->scenario.max_users = 10;
  f->scenario.max_waiting = 1000;
  start(f, 0, NULL);
  pl_executor *e = executor_of(f);
  while (pl_now(&pl_clock_system) < e->begin_ns + 30 * PL_MS_NS)
    continue;
  for (uint64_t before = 0; e->arrival.index < 290; before = e->arrival.index) {
    uv_run(&f->loop, UV_RUN_NOWAIT);
    assert_true(e->arrival.index - before <= 32);
  }
  finish(f, &s);
  assert_int_equal(s.planned, 500);
}

int main(void)
{
#define CASE(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)
  const struct CMUnitTest tests[] = {
      CASE(a_user_that_stopped_comes_back_as_a_new_one),
      CASE(a_worker_that_is_behind_looks_at_its_sockets),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
