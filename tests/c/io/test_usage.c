#include "io/usage.h"

#include <sched.h>
#include <unistd.h>

#include "support/failing.h"

static void a_wait_is_a_switch(void **state)
{
  pl_usage before, after;
  int ends[2];
  char byte;
  (void)state;
  pl_usage_read(&before);
  assert_int_equal(pipe(ends), 0);
  if (fork() == 0) {
    for (int i = 0; i < 100; i++)
      sched_yield();
    _exit(write(ends[1], "x", 1) != 1);
  }
  assert_int_equal(read(ends[0], &byte, 1), 1);
  pl_usage_read(&after);
  pl_usage between = pl_usage_since(&before, &after);
  assert_true(between.yielded + between.preempted >= 1);
  assert_true(after.waited_ns >= before.waited_ns);
  close(ends[0]);
  close(ends[1]);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(a_wait_is_a_switch)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
