/* Users that repeat: their number, pauses, the end of counted iterations. */
#include "load/whole_load.h"

static void many_users_begin_over_several_turns(void **state)
{
  fixture *f = *state;
  pl_load_stats s;
  closed_loop(f, 350, 300);
  f->scenario.grace_ns = 0;
  f->server.hold = true;
  start(f, 0, NULL);
  pl_executor *e = executor_of(f);
  for (uint32_t before = 0; e->active < 350; before = e->active) {
    uv_run(&f->loop, UV_RUN_NOWAIT);
    assert_true(e->active - before <= 100);
  }
  finish(f, &s);
  assert_int_equal(s.users_max, 350);
}

/* Shared iterations: all of them are done, however many users take part. */
static void more_users_than_a_turn_begins_share_the_iterations(void **state)
{
  fixture *f = *state;
  f->scenario.model = PL_MODEL_ITERATIONS_EACH;
  f->scenario.users = 250;
  f->scenario.iterations = 2;
  pl_load_stats s = run_load(f);
  assert_int_equal(s.ok, 500);
  assert_int_equal(s.iterations, 500);
}

/* Who found no iteration never began, and has nothing to stop. */
static void users_without_an_iteration_do_not_stop(void **state)
{
  fixture *f = *state;
  script x = {.what = GET_AND_CHECK};
  pl_script_table table = table_of(f, &x);
  pl_load_stats s;
  f->scenario.model = PL_MODEL_ITERATIONS;
  f->scenario.users = 10;
  f->scenario.iterations = 3;
  f->scenario.has_stop = true;
  f->server.delay_ms = 20;
  start(f, 0, &table);
  finish(f, &s);
  assert_int_equal(s.iterations, 3);
  assert_int_equal(x.stops, 3);
  expect_clean(&x);
}

static void resume(uv_timer_t *timer)
{
  fixture *f = timer->data;
  pl_load_pause(f->load, false);
  uv_close((uv_handle_t *)timer, NULL);
}

static void pause_now(uv_timer_t *timer)
{
  fixture *f = timer->data;
  pl_load_pause(f->load, true);
  uv_timer_start(timer, resume, 150, 0);
}

/* All users stop while the load is paused: nobody is left to end it but the resume. */
static void users_that_stop_in_a_pause_end_the_load(void **state)
{
  fixture *f = *state;
  script x = {.what = STOP_AFTER};
  pl_script_table table = table_of(f, &x);
  pl_load_stats s;
  f->server.delay_ms = 60;
  start(f, 0, &table);
  after(f, 10, pause_now);
  finish(f, &s);
  assert_int_equal(s.ok, 4);
  expect_clean(&x);
}

static void fewer_now(uv_timer_t *timer)
{
  fixture *f = timer->data;
  assert_int_equal(pl_load_level(f->load, 0, 1, NULL), 0);
  uv_close((uv_handle_t *)timer, NULL);
}

/* Four users that wait for their pace when the number falls to one: one of them goes on. */
static void users_above_the_number_do_not_begin_after_their_pace(void **state)
{
  fixture *f = *state;
  pl_load_stats s;
  closed_loop(f, 4, 500);
  f->scenario.pace_ns = 200 * PL_MS_NS;
  start(f, 0, NULL);
  after(f, 10, fewer_now);
  finish(f, &s);
  assert_true(s.started >= 5 && s.started <= 6); /* 4 at 0, 1 at 200 and 400 ms; a late one is not made up for */
}

/* A user that says stop() is not replaced, with and without a `stop` to run. */
static void users_that_stopped_are_not_replaced(void **state)
{
  for (int has_stop = 0; has_stop < 2; has_stop++) {
    fixture *f = *state;
    script x = {.what = STOP_AFTER};
    pl_script_table table = table_of(f, &x);
    pl_load_stats s;
    f->dones = 0;
    memset(f->dists, 0, sizeof f->dists);
    memset(f->whole, 0, sizeof f->whole);
    closed_loop(f, 4, 100);
    f->stages[1] = (pl_stage){50 * PL_MS_NS, 4.5, false}; /* looked at every 10 ms */
    f->scenario.n_stages = 2;
    f->stages[0].duration_ns = 50 * PL_MS_NS;
    f->scenario.has_stop = has_stop;
    start(f, 0, &table);
    finish(f, &s);
    assert_int_equal(s.ok, 4);
    assert_int_equal(x.stops, has_stop ? 4 : 0);
    expect_clean(&x);
    forget_load(f);
  }
}

/* All users have left, and no level will ask for others: nothing is waited for. */
static void a_load_whose_users_have_left_ends(void **state)
{
  fixture *f = *state;
  script x = {.what = STOP_AFTER};
  pl_script_table table = table_of(f, &x);
  pl_load_stats s;
  uint64_t begun = pl_now(&pl_clock_system);
  closed_loop(f, 4, 60000);
  start(f, 0, &table);
  finish(f, &s);
  assert_int_equal(s.ok, 4);
  assert_true(pl_now(&pl_clock_system) - begun < 30000 * PL_MS_NS);
  expect_clean(&x);
}

int main(void)
{
#define CASE(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)
  const struct CMUnitTest tests[] = {
      CASE(many_users_begin_over_several_turns),
      CASE(more_users_than_a_turn_begins_share_the_iterations),
      CASE(users_without_an_iteration_do_not_stop),
      CASE(users_that_stop_in_a_pause_end_the_load),
      CASE(users_above_the_number_do_not_begin_after_their_pace),
      CASE(users_that_stopped_are_not_replaced),
      CASE(a_load_whose_users_have_left_ends),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
