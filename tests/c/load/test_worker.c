/* The worker's loop. */
#include <time.h>

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

static uint64_t idle_ns; /* of what has the thread meanwhile: its time by the clock without its CPU time */

static void stand_still(uv_timer_t *timer)
{
  uv_close((uv_handle_t *)timer, NULL);
  (void)nanosleep(&(struct timespec){.tv_nsec = 600 * (long)PL_MS_NS}, NULL);
}

static void compute(uv_timer_t *timer)
{
  uv_close((uv_handle_t *)timer, NULL);
  uint64_t cpu_ns = pl_thread_cpu_ns(), from_ns = uv_hrtime();
  while (pl_thread_cpu_ns() - cpu_ns < 300 * PL_MS_NS)
    ;
  idle_ns = uv_hrtime() - from_ns - 300 * PL_MS_NS;
}

/* How long the worker of a closed loop was kept from running, while fn has the thread. */
static uint64_t stalled_while(fixture *f, uv_timer_cb fn)
{
  pl_load_stats s;
  closed_loop(f, 2, 1000);
  start(f, 0, NULL);
  after(f, 400, fn);
  finish(f, &s);
  assert_true(s.ok > 0);
  return pl_merge_worker_get(f->load->merge, 0)->stalled_ns;
}

/* Its users wait with it: no start is late that could tell. What it computed since the tick before, a quarter second at most, is not counted. */
static void a_worker_that_was_kept_from_running_says_so(void **state)
{
  fixture *f = *state;
  assert_true(stalled_while(f, stand_still) > 300 * PL_MS_NS);
  assert_true(f->load->worker_stats[0].stalled > 0.1);
}

static void a_worker_that_computes_is_not_kept_from_running(void **state)
{
  assert_true(stalled_while(*state, compute) < idle_ns + 100 * PL_MS_NS);
}

int main(void)
{
#define CASE(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)
  const struct CMUnitTest tests[] = {CASE(a_worker_that_is_done_does_not_spin), CASE(a_worker_that_was_kept_from_running_says_so),
                                     CASE(a_worker_that_computes_is_not_kept_from_running)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
