/* Counters of this kernel, where it permits them; CPUs are turned on and off in a written list. */
#include <sched.h>
#include <time.h>

#include "sample/sampled.h"

static void switches_of_each_cpu(void **state)
{
  static sampled s;
  (void)state;
  sampled_open(&s);
  sampled_file(&s, "devices/system/cpu/online", "0\n");
  sampled_sets(&s, "perf");
  int switches = sampled_find(&s, "node_perf_context_switches_total{cpu=0}");
  if (switches < 0) {
    print_message("skipped: perf_event_open is not permitted\n");
    sampled_close(&s);
    skip();
  }
  assert_true(s.counter[switches]);
  double before = s.values[switches];
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(0, &one);
  assert_int_equal(sched_setaffinity(0, sizeof one, &one), 0);
  struct timespec moment = {0, 1000};
  nanosleep(&moment, NULL); /* gives the CPU up, so that it is changed */
  pl_sampler_read(s.sampler);
  assert_true(s.values[switches] > before);
  sampled_file(&s, "devices/system/cpu/online", "1-3\n");
  s.values[switches] = -1;
  pl_sampler_read(s.sampler);
  assert_true(s.values[switches] < 0);
  sampled_file(&s, "devices/system/cpu/online", "0,4\n");
  pl_sampler_read(s.sampler);
  assert_true(s.values[switches] >= 0);
  sampled_close(&s);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(switches_of_each_cpu)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
