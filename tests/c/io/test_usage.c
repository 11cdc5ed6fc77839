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

static void spare_files_are_a_small_share(void **state)
{
  (void)state;
  assert_true(pl_descriptor_limit() > 0);
  assert_int_equal(pl_spare_descriptors(64), 2);
  assert_int_equal(pl_spare_descriptors(1024), 32);
  assert_int_equal(pl_spare_descriptors(20000), 256);
}

/* Slots of this process's table of descriptors. */
static unsigned table_size(void)
{
  char line[256];
  unsigned n = 0;
  FILE *f = fopen("/proc/self/status", "r");
  assert_non_null(f);
  while (fgets(line, sizeof line, f) && sscanf(line, "FDSize: %u", &n) != 1)
    ;
  fclose(f);
  return n;
}

static void the_table_of_descriptors_grows_at_once(void **state)
{
  (void)state;
  assert_true(table_size() < 300 && pl_descriptor_limit() >= 300);
  int before = dup(0);
  pl_descriptor_room(300);
  assert_true(table_size() >= 300);
  assert_int_equal(close(before), 0);
  assert_int_equal(dup(0), before); /* and nothing stays open */
  assert_int_equal(close(before), 0);
  pl_descriptor_room(0);
  pl_descriptor_room(UINT64_MAX);
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
  const struct CMUnitTest tests[] = {cmocka_unit_test(a_wait_is_a_switch), cmocka_unit_test(spare_files_are_a_small_share), cmocka_unit_test(the_table_of_descriptors_grows_at_once), cmocka_unit_test(a_bound_process_has_fewer_cpus)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
