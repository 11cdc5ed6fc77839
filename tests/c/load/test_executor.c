/* Levels that change, before and while an executor runs. */
#include "load/whole_load.h"

/* Its offset is not over yet: the schedule is the new one all the same. */
static void a_level_set_before_the_begin_holds(void **state)
{
  fixture *f = *state;
  pl_load_stats s;
  open_loop(f, 1000, 50);
  f->scenario.offset_ns = 60 * PL_MS_NS;
  start(f, 0, NULL);
  assert_int_equal(executor_of(f)->state, PL_EXECUTOR_PENDING);
  assert_int_equal(pl_load_level(f->load, 0, 200, NULL), 0);
  finish(f, &s);
  assert_int_equal(s.planned, 10);
  assert_int_equal(s.ok, 10);
}

/* Generators that share a rate have one seed: their starts do not coincide. */
static void each_shard_draws_starts_of_its_own(void **state)
{
  fixture *f = *state;
  uint64_t first[2];
  for (uint32_t shard = 0; shard < 2; shard++) {
    pl_load_stats s;
    open_loop(f, 1000, 30);
    f->scenario.law = PL_ARRIVAL_POISSON;
    f->scenario.shard = shard;
    f->scenario.offset_ns = 20 * PL_MS_NS;
    start(f, 0, NULL);
    pl_arrival a = executor_of(f)->arrival;
    first[shard] = pl_arrival_time(&a);
    finish(f, &s);
    assert_int_equal(s.ok, s.planned);
    forget_load(f);
    f->dones = 0;
  }
  pl_stage stage = {30 * PL_MS_NS, 1000, true};
  assert_int_equal(first[0], pl_arrival_time_of(PL_ARRIVAL_POISSON, &stage, 1, f->plan.seed, 0, 0));
  assert_int_not_equal(first[0], first[1]);
}

static void more_than_a_plan_may_ask_for_is_refused(void **state)
{
  fixture *f = *state;
  pl_load_stats s;
  pl_error err = {0};
  closed_loop(f, 1, 30);
  start(f, 0, NULL);
  assert_int_equal(pl_load_level(f->load, 0, 1e6, &err), PL_ELIMIT);
  assert_non_null(strstr(err.message, "at most 100000 users"));
  finish(f, &s);
  assert_int_equal(s.users_max, 1);
}

static void many_changes_leave_few_stages(void **state)
{
  fixture *f = *state;
  pl_load_stats s;
  open_loop(f, 100, 600);
  start(f, 0, NULL);
  size_t most = 0;
  uint64_t next = pl_now(&pl_clock_system);
  while (executor_of(f)->state < PL_EXECUTOR_DRAINING) {
    if (pl_now(&pl_clock_system) >= next) {
      assert_int_equal(pl_load_level(f->load, 0, 200, NULL), 0);
      next += 5 * PL_MS_NS;
    }
    most = executor_of(f)->n_stages > most ? executor_of(f)->n_stages : most;
    uv_run(&f->loop, UV_RUN_NOWAIT);
  }
  finish(f, &s);
  assert_true(most >= 2 && most < 40); /* of 120 changes */
  assert_true(s.planned >= 100 && s.planned <= 121);
  assert_int_equal(s.ok, s.planned);
}

int main(void)
{
#define CASE(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)
  const struct CMUnitTest tests[] = {
      CASE(a_level_set_before_the_begin_holds),
      CASE(each_shard_draws_starts_of_its_own),
      CASE(more_than_a_plan_may_ask_for_is_refused),
      CASE(many_changes_leave_few_stages),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
