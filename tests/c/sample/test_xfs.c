/* XFS, mounted and unmounted while sampling. */
#include "sample/sampled.h"

static void mounts_come_and_go(void **state)
{
  static sampled s;
  (void)state;
  sampled_open(&s);
  sampled_file(&s, "fs/xfs/stats/stats", "rw 1 1\n");
  sampled_file(&s, "fs/xfs/sda1/stats/stats", "extent_alloc 1 872 0 0\nblk_map 61 29 1 1 1 91 0\nrw 28 0\nvnodes 4 0 0 0 1 1 1 0\n");
  sampled_host(&s);
  sampled_is(&s, "node_xfs_extent_allocation_blocks_allocated_total{device=sda1}", 872);
  sampled_is(&s, "node_xfs_block_mapping_extent_list_lookups_total{device=sda1}", 91);
  sampled_is(&s, "node_xfs_write_calls_total{device=sda1}", 28);
  assert_int_equal(sampled_find(&s, "node_xfs_write_calls_total{device=stats}"), -1);
  sampled_file(&s, "fs/xfs/sdb1/stats/stats", "rw 5 6\n");
  sampled_file(&s, "fs/xfs/sda1/stats/stats", "");
  int gone = sampled_find(&s, "node_xfs_write_calls_total{device=sda1}");
  s.values[gone] = -1;
  pl_sampler_read(s.sampler);
  sampled_is(&s, "node_xfs_read_calls_total{device=sdb1}", 6);
  assert_true(s.values[gone] < 0);
  sampled_close(&s);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(mounts_come_and_go)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
