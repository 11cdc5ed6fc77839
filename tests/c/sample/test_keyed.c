/* What a key means is asked once for each place. */
#include "sample/sampled.h"

static void a_key_that_changes_its_place_keeps_its_meaning(void **state)
{
  static sampled s;
  (void)state;
  sampled_host_with(&s, "meminfo", "MemTotal:       2000 kB\nMemFree:         100 kB\nHugePages_Total: 3\n");
  sampled_is(&s, "node_memory_HugePages_Total", 3);
  sampled_file(&s, "meminfo", "MemTotal:       2000 kB\nZswap: 5 kB\nMemFree:         101 kB\nHugePages_Total: 4\n");
  pl_sampler_read(s.sampler);
  sampled_is(&s, "node_memory_Zswap_bytes", 5120);
  sampled_is(&s, "node_memory_MemFree_bytes", 101 * 1024);
  sampled_is(&s, "node_memory_HugePages_Total", 4);
  sampled_close(&s);
}

/* A line that begins as the one at its place did is not read as that one. */
static void keys_that_begin_alike(void **state)
{
  static sampled s;
  (void)state;
  sampled_host_with(&s, "meminfo", "MemFree: 100 kB\nSwap:  7 kB\n");
  sampled_file(&s, "meminfo", "MemFreed: 5 kB\nSwap\t 8 kB\n 9 9\n");
  pl_sampler_read(s.sampler);
  sampled_is(&s, "node_memory_MemFree_bytes", 100 * 1024);
  sampled_is(&s, "node_memory_MemFreed_bytes", 5 * 1024);
  sampled_is(&s, "node_memory_Swap_bytes", 8 * 1024);
  sampled_close(&s);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(a_key_that_changes_its_place_keeps_its_meaning), cmocka_unit_test(keys_that_begin_alike)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
