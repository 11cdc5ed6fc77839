/* Closing a loop closes what is still open in it. */
#include "io/loop.h"

#include "support/failing.h"

static void open_handles_are_closed(void **state)
{
  uv_loop_t loop;
  uv_timer_t timer;
  uv_async_t async;
  (void)state;
  assert_int_equal(uv_loop_init(&loop), 0);
  uv_timer_init(&loop, &timer);
  uv_async_init(&loop, &async, NULL);
  pl_loop_close(&loop);
  assert_true(uv_is_closing((uv_handle_t *)&timer) && uv_is_closing((uv_handle_t *)&async));
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(open_handles_are_closed)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
