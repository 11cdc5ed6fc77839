/* Closing a loop closes what is still open in it. */
#include "io/loop.h"

#include <sys/resource.h>
#include <unistd.h>

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

static int lowest_free(void)
{
  int fd = dup(0);
  close(fd);
  return fd;
}

/* A stack of descriptors that ends at each step of the start. */
static void what_cannot_be_opened_keeps_no_descriptor(void **state)
{
  uv_loop_t loop;
  struct rlimit limit;
  int before = lowest_free(), failed = 0;
  (void)state;
  assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
  rlim_t whole = limit.rlim_cur;
  for (rlim_t n = (rlim_t)before;; n++, failed++) {
    limit.rlim_cur = n;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
    int code = pl_loop_open(&loop);
    limit.rlim_cur = whole;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
    if (!code)
      break;
    if (failed) /* the first loop of a process opens a pipe of libuv's that stays */
      assert_int_equal(lowest_free(), before);
    before = lowest_free();
  }
  assert_true(failed > 1);
  pl_loop_close(&loop);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(open_handles_are_closed), cmocka_unit_test(what_cannot_be_opened_keeps_no_descriptor)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
