/* /proc/vmstat. */
#include "sample/sampled.h"

static void vmstat_is_read(void **state)
{
  static sampled s;
  (void)state;
  sampled_host_with(&s, "vmstat", "nr_free_pages 5\npgpgin 10\npgfault 400\npgmajfault 7\noom_kill 2\n");
  sampled_is(&s, "node_vmstat_pgfault", 400);
  sampled_is(&s, "node_vmstat_oom_kill", 2);
  assert_int_equal(sampled_find(&s, "node_vmstat_nr_free_pages"), -1);
  sampled_close(&s);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(vmstat_is_read)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
