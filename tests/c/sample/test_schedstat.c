/* /proc/schedstat: the last three numbers of a CPU. */
#include "sample/sampled.h"

static void schedstat_is_read(void **state)
{
  static sampled s;
  (void)state;
  sampled_host_with(&s, "schedstat", "version 15\ntimestamp 15819019232\ncpu0 1 2 3 4 5 6 2000000000 500000000 77\ndomain0 3 1 2 3 4\ncpu1 0 0 0 0 0 0 1000000000 0 5\n");
  sampled_is(&s, "node_schedstat_running_seconds_total{cpu=0}", 2);
  sampled_is(&s, "node_schedstat_waiting_seconds_total{cpu=0}", 0.5);
  sampled_is(&s, "node_schedstat_timeslices_total{cpu=0}", 77);
  sampled_is(&s, "node_schedstat_timeslices_total{cpu=1}", 5);
  sampled_close(&s);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(schedstat_is_read)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
