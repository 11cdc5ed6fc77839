/* /proc/meminfo in bytes. */
#include "sample/sampled.h"

static void memory_is_read(void **state)
{
  static sampled s;
  (void)state;
  sampled_host_with(&s, "meminfo", "MemTotal:       2000 kB\nMemFree:         100 kB\nMemAvailable:    500 kB\nSwapFree: 0 kB\nActive(anon): 7 kB\nHugePages_Free: 2\n");
  sampled_is(&s, "node_memory_MemTotal_bytes", 2048000);
  sampled_is(&s, "node_memory_MemAvailable_bytes", 512000);
  sampled_is(&s, "node_memory_Active_anon_bytes", 7168);
  sampled_is(&s, "node_memory_HugePages_Free", 2);
  assert_int_equal(sampled_find(&s, "node_memory_Dirty_bytes"), -1); /* the kernel lacks it: left out, not zero */
  assert_false(s.counter[sampled_find(&s, "node_memory_MemTotal_bytes")]);
  sampled_close(&s);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(memory_is_read)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
