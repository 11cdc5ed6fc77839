/* /proc/stat: seconds by mode. */
#include "sample/sampled.h"

static void cpu_is_read(void **state)
{
  static sampled s;
  (void)state;
  sampled_host_with(&s, "stat", "cpu  300 0 100 1000 5 0 1 2 0 0\ncpu0 100 10 50 500 5 0 1 2 7 8\ncpu1 200 0 50 500 0 0 0 0 0 0\n"
                                "intr 5 1 4\nsoftirq 30 1 2 3 4 5 0 6 7 0 2\nctxt 12345\nbtime 1700000000\nprocesses 99\nprocs_running 3\nprocs_blocked 1\n");
  sampled_is(&s, "node_cpu_seconds_total{cpu=0,mode=user}", 1);
  sampled_is(&s, "node_cpu_seconds_total{cpu=1,mode=user}", 2);
  sampled_is(&s, "node_cpu_seconds_total{cpu=0,mode=steal}", 0.02);
  assert_int_equal(sampled_find(&s, "node_cpu_seconds_total{cpu=,mode=user}"), -1);
  assert_true(s.counter[sampled_find(&s, "node_context_switches_total")]);
  sampled_is(&s, "node_context_switches_total", 12345);
  sampled_is(&s, "node_cpu_guest_seconds_total{cpu=0,mode=nice}", 0.08);
  sampled_is(&s, "node_intr_total", 5);
  sampled_is(&s, "node_softirqs_total{vector=net_rx}", 4);
  sampled_is(&s, "node_procs_blocked", 1);
  sampled_close(&s);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(cpu_is_read)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
