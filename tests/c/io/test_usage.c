#include "io/usage.h"

#include <sched.h>
#include <stdio.h>
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

static void a_run_queue_that_is_not_told_any_more(void **state)
{
  static const pl_usage before = {5, 1, 1}, after = {0, 3, 1};
  (void)state;
  pl_usage between = pl_usage_since(&before, &after);
  assert_true(between.waited_ns == 0 && between.yielded == 2 && between.preempted == 0);
}

/* Last, for it binds the process to one CPU. */
static void a_bound_process_has_fewer_cpus(void **state)
{
  cpu_set_t one;
  (void)state;
  assert_true(pl_usable_cpus() >= 1);
  CPU_ZERO(&one);
  CPU_SET((unsigned)sched_getcpu(), &one);
  assert_int_equal(sched_setaffinity(0, sizeof one, &one), 0);
  assert_int_equal(pl_usable_cpus(), 1);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(a_wait_is_a_switch), cmocka_unit_test(a_run_queue_that_is_not_told_any_more), cmocka_unit_test(a_bound_process_has_fewer_cpus)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
