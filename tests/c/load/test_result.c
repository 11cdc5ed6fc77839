/* Rates, and whether the target kept up. */
#include "load/whole_load.h"

static void an_early_stall_lowers_the_rate(void **state)
{
  fixture *f = *state;
  f->scenario.model = PL_MODEL_ITERATIONS;
  f->scenario.iterations = 2;
  f->server.delay_ms = 50;
  pl_load_stats s = run_load(f);
  assert_int_equal(s.ok, 2);
  assert_true(s.duration_s >= 0.049);
  assert_true(s.rate_achieved <= 2 / 0.049); /* both answers came together, after the stall */
  assert_float_equal((float)(s.rate_achieved * s.duration_s), 2, 1e-6);
  assert_float_equal(s.kept_up, 1, 0);
}

static void a_slow_target_that_suffices_keeps_up(void **state)
{
  fixture *f = *state;
  pl_load_stats s;
  open_loop(f, 200, 400);
  f->server.delay_ms = 100;
  start(f, 0, NULL);
  pl_load_stats_get(f->load, SIZE_MAX, &s);
  assert_float_equal(s.kept_up, 0, 0); /* not known yet */
  finish(f, &s);
  assert_int_equal(s.ok, 80);
  assert_float_equal(s.rate_planned, 200, 1e-6);
  assert_true(s.rate_achieved < 180); /* a quarter of them came after the end */
  assert_true(s.kept_up > 0.93);
}

/* One user at 20 ms an answer: 50/s at most of 200. */
static void a_target_that_does_not_keep_up_is_told(void **state)
{
  fixture *f = *state;
  open_loop(f, 200, 400);
  f->scenario.max_users = 1;
  f->server.delay_ms = 20;
  pl_load_stats s = run_load(f);
  assert_true(s.kept_up > 0.1 && s.kept_up < 0.9);
}

static void what_is_not_answered_is_not_achieved(void **state)
{
  fixture *f = *state;
  uv_close((uv_handle_t *)&f->server.tcp, server_closed); /* refused from now on */
  uv_run(&f->loop, UV_RUN_NOWAIT);
  open_loop(f, 200, 100);
  pl_load_stats s = run_load(f);
  assert_int_equal(s.errors[PL_FAIL_CONNECT], 20);
  assert_float_equal(s.rate_achieved, 0, 0);
  assert_float_equal(s.kept_up, 0, 0);
  forget_load(f);
  http_server_open(&f->server, &f->loop);
}

static void higher(uv_timer_t *timer)
{
  fixture *f = timer->data;
  assert_int_equal(pl_load_level(f->load, 0, 400, NULL), 0);
  uv_close((uv_handle_t *)timer, NULL);
}

/* The planned part follows the level: half of the starts come in the last quarter, and cannot be answered in time. */
static void changes_of_level_are_in_the_planned_part(void **state)
{
  fixture *f = *state;
  pl_load_stats s;
  open_loop(f, 10, 400);
  f->server.delay_ms = 100;
  start(f, 0, NULL);
  after(f, 190, higher);
  finish(f, &s);
  assert_true(s.planned > 50);
  assert_true(s.rate_achieved < 0.7 * s.rate_planned);
  assert_true(s.kept_up > 0.85);
}

int main(void)
{
#define CASE(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)
  const struct CMUnitTest tests[] = {
      CASE(an_early_stall_lowers_the_rate),
      CASE(a_slow_target_that_suffices_keeps_up),
      CASE(a_target_that_does_not_keep_up_is_told),
      CASE(what_is_not_answered_is_not_achieved),
      CASE(changes_of_level_are_in_the_planned_part),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
