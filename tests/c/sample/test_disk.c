/* /proc/diskstats: whole devices. */
#include "sample/sampled.h"

static void disk_is_read(void **state)
{
  static sampled s;
  (void)state;
  sampled_host_with(&s, "diskstats", "   8 0 sda 100 0 2000 500 50 0 1000 250 0 300 750 5 0 0 0 9 200\n   8 1 sda1 1 1 1 1 1 1 1 1 1 1 1\n"
                                    " 259 0 nvme0n1 1 0 2 0 3 0 4 0 0 5 6\n 259 1 nvme0n1p1 1 0 2 0 3 0 4 0 0 5 6\n   7 0 loop0 1 0 2 0 3 0 4 0 0 5 6\n");
  sampled_is(&s, "node_disk_read_bytes_total{device=sda}", 2000 * 512);
  sampled_is(&s, "node_disk_written_bytes_total{device=sda}", 1000 * 512);
  sampled_is(&s, "node_disk_io_time_seconds_total{device=sda}", 0.3);
  sampled_is(&s, "node_disk_io_time_weighted_seconds_total{device=sda}", 0.75);
  sampled_is(&s, "node_disk_writes_completed_total{device=nvme0n1}", 3);
  sampled_is(&s, "node_disk_flush_requests_time_seconds_total{device=sda}", 0.2);
  sampled_is(&s, "node_disk_discards_completed_total{device=sda}", 5);
  assert_int_equal(sampled_find(&s, "node_disk_discards_completed_total{device=nvme0n1}"), -1);
  sampled_is(&s, "node_disk_info{device=nvme0n1,major=259,minor=0}", 1);
  assert_int_equal(sampled_find(&s, "node_disk_read_bytes_total{device=sda1}"), -1);
  assert_int_equal(sampled_find(&s, "node_disk_read_bytes_total{device=nvme0n1p1}"), -1);
  assert_int_equal(sampled_find(&s, "node_disk_read_bytes_total{device=loop0}"), -1);
  sampled_close(&s);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(disk_is_read)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
