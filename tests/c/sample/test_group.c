/* What a control group says, in the files of both versions. */
#include "sample/sampled.h"

static void everything_of_version_2(void **state)
{
  static sampled s;
  (void)state;
  sampled_open(&s);
  sampled_file(&s, "fs/cgroup/cgroup.controllers", "cpu io memory pids\n");
  sampled_file(&s, "fs/cgroup/shop/cpu.stat", "usage_usec 5000000\nuser_usec 3000000\nsystem_usec 2000000\nnr_periods 100\nnr_throttled 7\nthrottled_usec 250000\n");
  sampled_file(&s, "fs/cgroup/shop/cpu.max", "150000 100000\n");
  sampled_file(&s, "fs/cgroup/shop/cpu.pressure", "some avg10=0.00 avg60=0.00 avg300=0.00 total=1500000\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=500000\n");
  sampled_file(&s, "fs/cgroup/shop/memory.current", "1000\n");
  sampled_file(&s, "fs/cgroup/shop/memory.max", "4096\n");
  sampled_file(&s, "fs/cgroup/shop/memory.stat", "anon 400\nfile 600\nfile_mapped 50\ninactive_file 300\npgfault 20\npgmajfault 3\n");
  sampled_file(&s, "fs/cgroup/shop/memory.events", "low 0\nhigh 0\nmax 9\noom 1\noom_kill 2\n");
  sampled_file(&s, "fs/cgroup/shop/io.stat", "8:0 rbytes=100 wbytes=200 rios=3 wios=4 dbytes=0 dios=0\n253:0 rbytes=1 wbytes=2 rios=5 wios=6\n7:0 \n");
  sampled_file(&s, "fs/cgroup/shop/pids.current", "12\n");
  sampled_file(&s, "fs/cgroup/shop/pids.max", "max\n");
  sampled_read(&s, "cgroup", "/shop", NULL, 0, PL_OK);
  sampled_is(&s, "container_cpu_user_seconds_total", 3);
  sampled_is(&s, "container_spec_cpu_quota", 150000);
  sampled_is(&s, "container_spec_cpu_period", 100000);
  sampled_is(&s, "container_pressure_cpu_waiting_seconds_total", 1.5);
  sampled_is(&s, "container_pressure_cpu_stalled_seconds_total", 0.5);
  sampled_is(&s, "container_memory_rss", 400);
  sampled_is(&s, "container_memory_working_set_bytes", 700);
  sampled_is(&s, "container_memory_failures_total{failure_type=pgmajfault}", 3);
  sampled_is(&s, "container_memory_failcnt", 9);
  sampled_is(&s, "container_oom_events_total", 2);
  sampled_is(&s, "container_fs_reads_bytes_total", 101);
  sampled_is(&s, "container_fs_writes_total", 10);
  sampled_is(&s, "container_threads", 12);
  assert_int_equal(sampled_find(&s, "container_threads_max"), -1);
  assert_int_equal(sampled_find(&s, "container_pressure_io_waiting_seconds_total"), -1);
  sampled_close(&s);
}

static void everything_of_version_1(void **state)
{
  static sampled s;
  (void)state;
  sampled_open(&s);
  sampled_file(&s, "fs/cgroup/cpu/shop/cpu.cfs_quota_us", "-1\n");
  sampled_file(&s, "fs/cgroup/cpu/shop/cpu.cfs_period_us", "100000\n");
  sampled_file(&s, "fs/cgroup/cpuacct/shop/cpuacct.stat", "user 300\nsystem 200\n");
  sampled_file(&s, "fs/cgroup/memory/shop/memory.usage_in_bytes", "1000\n");
  sampled_file(&s, "fs/cgroup/memory/shop/memory.stat", "rss 1\ntotal_rss 400\ntotal_inactive_file 1300\ntotal_pgfault 20\n");
  sampled_file(&s, "fs/cgroup/memory/shop/memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 4\n");
  sampled_file(&s, "fs/cgroup/blkio/shop/blkio.throttle.io_service_bytes_recursive", "8:0 Read 100\n8:0 Write 200\n8:0 Total 300\n253:0 Read 1\nTotal 301\n");
  sampled_file(&s, "fs/cgroup/pids/shop/pids.current", "12\n");
  sampled_file(&s, "fs/cgroup/pids/shop/pids.max", "100\n");
  sampled_read(&s, "cgroup", "/shop", NULL, 0, PL_OK);
  assert_int_equal(sampled_find(&s, "container_spec_cpu_quota"), -1);
  sampled_is(&s, "container_spec_cpu_period", 100000);
  sampled_is(&s, "container_cpu_system_seconds_total", 2);
  sampled_is(&s, "container_memory_rss", 400);
  sampled_is(&s, "container_memory_working_set_bytes", 0);
  sampled_is(&s, "container_oom_events_total", 4);
  sampled_is(&s, "container_fs_reads_bytes_total", 101);
  sampled_is(&s, "container_fs_writes_bytes_total", 200);
  sampled_is(&s, "container_threads_max", 100);
  sampled_close(&s);
}

/* A machine of many disks: lines past the first 16 KiB count, too. */
static void a_long_file(void **state)
{
  enum { DISKS = 1000, LINE = 64 };
  static sampled s;
  static char text[DISKS * LINE];
  size_t n = 0;
  (void)state;
  for (int i = 0; i < DISKS; i++)
    n += (size_t)snprintf(text + n, LINE, "8:%d rbytes=1 wbytes=2 rios=3 wios=4 dbytes=0 dios=0\n", i);
  assert_true(n > 32 << 10);
  sampled_open(&s);
  sampled_file(&s, "fs/cgroup/cgroup.controllers", "io\n");
  sampled_file(&s, "fs/cgroup/shop/io.stat", text);
  sampled_read(&s, "cgroup", "/shop", NULL, 0, PL_OK);
  sampled_is(&s, "container_fs_reads_bytes_total", DISKS);
  sampled_is(&s, "container_fs_writes_total", 4 * DISKS);
  sampled_close(&s);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(a_long_file), cmocka_unit_test(everything_of_version_2), cmocka_unit_test(everything_of_version_1)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
