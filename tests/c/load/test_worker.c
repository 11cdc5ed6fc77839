/* The worker's loop. */
#include "load/whole_load.h"

static void count_turn(uv_prepare_t *prepare)
{
  ++*(uint64_t *)prepare->data;
}

static void nothing(uv_timer_t *timer)
{
  (void)timer;
}

/* Between its end and its being closed a worker sleeps, though its timer was due. */
static void a_worker_that_is_done_does_not_spin(void **state)
{
  fixture *f = *state;
  pl_load_stats s;
  uint64_t turns = 0;
  closed_loop(f, 2, 300);
  start(f, 0, NULL);
  pl_worker *w = f->load->seats[0].worker;
  while (w->state != PL_WORKER_FINISHED)
    uv_run(&f->loop, UV_RUN_ONCE);
  f->load->seats[0].closing = true; /* control does not get to it for a while */
  uv_prepare_t prepare;
  uv_timer_t timer;
  uv_prepare_init(&f->loop, &prepare);
  uv_timer_init(&f->loop, &timer);
  prepare.data = &turns;
  uv_prepare_start(&prepare, count_turn);
  for (int i = 0; i < 5; i++) { /* 50 ms: a few wakes of the collector at most */
    uv_timer_start(&timer, nothing, 10, 0);
    while (uv_is_active((uv_handle_t *)&timer))
      uv_run(&f->loop, UV_RUN_ONCE);
  }
  assert_true(turns < 50);
  uv_close((uv_handle_t *)&prepare, NULL);
  uv_close((uv_handle_t *)&timer, NULL);
  f->load->seats[0].closing = false;
  uv_async_send(&f->load->control_wake);
  finish(f, &s);
  assert_true(s.ok > 0);
}

int main(void)
{
#define CASE(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)
  const struct CMUnitTest tests[] = {CASE(a_worker_that_is_done_does_not_spin)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
