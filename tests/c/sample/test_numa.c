/* Memory and hits of each node. */
#include "sample/sampled.h"

static void nodes_are_read(void **state)
{
  static sampled s;
  (void)state;
  sampled_open(&s);
  sampled_file(&s, "devices/system/node/node0/meminfo", "Node 0 MemTotal:       134182340 kB\nNode 0 Active(anon):     691324 kB\nNode 0 HugePages_Total:     4\n");
  sampled_file(&s, "devices/system/node/node0/numastat", "numa_hit 193460335812\nnuma_miss 12624528\n");
  sampled_file(&s, "devices/system/node/node1/meminfo", "\nNode 1 MemTotal:       7 kB\n");
  sampled_file(&s, "devices/system/node/online", "0-1\n");
  sampled_sets(&s, "numa");
  sampled_is(&s, "node_memory_numa_MemTotal{node=0}", 134182340.0 * 1024);
  sampled_is(&s, "node_memory_numa_Active_anon{node=0}", 691324.0 * 1024);
  sampled_is(&s, "node_memory_numa_HugePages_Total{node=0}", 4);
  sampled_is(&s, "node_memory_numa_numa_hit_total{node=0}", 193460335812);
  assert_true(s.counter[sampled_find(&s, "node_memory_numa_numa_miss_total{node=0}")]);
  sampled_is(&s, "node_memory_numa_MemTotal{node=1}", 7168);
  sampled_close(&s);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(nodes_are_read)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
