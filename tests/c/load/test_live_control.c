/* Orders to a load that runs: stop, drain, pause, another level. */
#include "load/whole_load.h"

static void drain_now(uv_timer_t *timer)
{
  fixture *f = timer->data;
  pl_load_stop(f->load, true);
  uv_close((uv_handle_t *)timer, NULL);
}

static void stop_aborts_what_is_in_flight(void **state)
{
  for (unsigned workers = 0; workers < 3; workers++) {
    fixture *f = *state;
    pl_load_stats s;
    f->dones = 0;
    closed_loop(f, 4, 3600000);
    f->server.hold = true;
    start(f, workers, NULL);
    after(f, 30, stop_now);
    finish(f, &s);
    assert_int_equal(s.started, 4);
    assert_int_equal(s.aborted, 4);
    forget_load(f);
  }
}

static void drain_lets_it_end(void **state)
{
  fixture *f = *state;
  pl_load_stats s;
  closed_loop(f, 4, 3600000);
  f->server.delay_ms = 60;
  start(f, 1, NULL);
  after(f, 30, drain_now);
  finish(f, &s);
  assert_int_equal(s.ok, 4);
  assert_int_equal(s.aborted, 0);
  assert_true(s.duration_s < 10);
}

static void a_load_that_is_stopped_before_it_runs_ends(void **state)
{
  for (unsigned workers = 0; workers < 3; workers++) {
    fixture *f = *state;
    pl_load_stats s;
    f->dones = 0;
    closed_loop(f, 4, 3600000);
    f->server.hold = true;
    start(f, workers, NULL);
    pl_load_stop(f->load, false);
    finish(f, &s);
    assert_int_equal(s.requests, 0);
    forget_load(f);
  }
}

static void faster_now(uv_timer_t *timer)
{
  fixture *f = timer->data;
  assert_int_equal(pl_load_level(f->load, 0, 1000, NULL), 0);
  assert_int_equal(pl_load_level(f->load, 1, 1000, NULL), PL_EINVAL);
  uv_close((uv_handle_t *)timer, NULL);
}

/* 1/s, then 1,000/s from about 35 ms on, until 135 ms. */
static void the_rate_changes_while_it_runs(void **state)
{
  fixture *f = *state;
  pl_load_stats s;
  open_loop(f, 1, 135);
  start(f, 2, NULL);
  after(f, 30, faster_now);
  finish(f, &s);
  assert_true(s.planned > 20 && s.planned < 110);
  assert_int_equal(s.ok, s.planned);
}

static void resume_now(uv_timer_t *timer)
{
  fixture *f = timer->data;
  pl_load_pause(f->load, false);
  uv_close((uv_handle_t *)timer, NULL);
}

static void pause_now(uv_timer_t *timer)
{
  fixture *f = timer->data;
  pl_load_pause(f->load, true);
  uv_timer_start(timer, resume_now, 60, 0);
}

static void a_pause_plans_nothing(void **state)
{
  fixture *f = *state;
  pl_load_stats s;
  open_loop(f, 1000, 150);
  start(f, 1, NULL);
  after(f, 30, pause_now);
  finish(f, &s);
  assert_true(s.planned < 130 && s.planned > 0);
  assert_int_equal(s.ok, s.planned);
}

int main(void)
{
#define CASE(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)
  const struct CMUnitTest tests[] = {
      CASE(stop_aborts_what_is_in_flight),
      CASE(drain_lets_it_end),
      CASE(a_load_that_is_stopped_before_it_runs_ends),
      CASE(the_rate_changes_while_it_runs),
      CASE(a_pause_plans_nothing),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
