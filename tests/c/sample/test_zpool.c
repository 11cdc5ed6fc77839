/* Pools of ZFS, which come and go. */
#include <unistd.h>

#include "sample/sampled.h"

#define KSTAT "spl/kstat/zfs/"
static const char io[] = "12 3 0x00 1 80 79205351707403 395818011156865\nnread    nwritten reads    writes   wcnt     rcnt    \n1884160  3206144  22       132      4        5       \n";
static const char objset[] = "23 1 0x01 7 2160 221578688875 6665999035587\nname                            type data\ndataset_name                    7    pool1/my data\n"
                             "writes                          4    17\nnunlinked                       4    3\n";

static void figures_of_a_pool(void **state)
{
  static sampled s;
  (void)state;
  sampled_open(&s);
  sampled_file(&s, KSTAT "arcstats", "6 1 0x01\nname type data\nhits 4 5\n");
  sampled_file(&s, KSTAT "pool1/state", "DEGRADED\n");
  sampled_file(&s, KSTAT "pool1/io", io);
  sampled_file(&s, KSTAT "pool1/objset-0x36", objset);
  sampled_host(&s);
  sampled_is(&s, "node_zfs_zpool_state{state=degraded,zpool=pool1}", 1);
  sampled_is(&s, "node_zfs_zpool_state{state=online,zpool=pool1}", 0);
  sampled_is(&s, "node_zfs_zpool_nwritten{zpool=pool1}", 3206144);
  sampled_is(&s, "node_zfs_zpool_rcnt{zpool=pool1}", 5);
  assert_true(s.counter[sampled_find(&s, "node_zfs_zpool_reads{zpool=pool1}")]);
  assert_false(s.counter[sampled_find(&s, "node_zfs_zpool_wcnt{zpool=pool1}")]);
  pl_sampler_read(s.sampler); /* data sets are read when pools are looked for */
  sampled_is(&s, "node_zfs_zpool_dataset_writes{dataset=pool1/my data,zpool=pool1}", 17);
  sampled_close(&s);
}

static void pools_come_and_go(void **state)
{
  static sampled s;
  char path[512];
  (void)state;
  sampled_host_with(&s, KSTAT "pool1/state", "ONLINE\n");
  sampled_file(&s, KSTAT "pool2/state", "SUSPENDED\n");
  pl_sampler_read(s.sampler);
  sampled_is(&s, "node_zfs_zpool_state{state=suspended,zpool=pool2}", 1);
  (void)snprintf(path, sizeof path, "%s/" KSTAT "pool1/state", s.folder.folder);
  assert_int_equal(unlink(path), 0);
  *strrchr(path, '/') = '\0';
  assert_int_equal(rmdir(path), 0);
  int of_one = sampled_find(&s, "node_zfs_zpool_state{state=online,zpool=pool1}");
  s.values[of_one] = -1;
  pl_sampler_read(s.sampler);
  assert_true(s.values[of_one] < 0); /* not given again */
  sampled_close(&s);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(figures_of_a_pool), cmocka_unit_test(pools_come_and_go)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
