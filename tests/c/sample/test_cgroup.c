/* Control groups of both versions: CPU, throttling, memory, and limits that are none. */
#include "sample/sampled.h"

static void version_2(void **state)
{
  static sampled s;
  (void)state;
  sampled_open(&s);
  sampled_file(&s, "self/cgroup", "0::/shop.service\n");
  sampled_file(&s, "fs/cgroup/cgroup.controllers", "cpu memory\n");
  sampled_file(&s, "fs/cgroup/shop.service/cpu.stat", "usage_usec 5000000\nuser_usec 1\nnr_periods 100\nnr_throttled 7\nthrottled_usec 250000\n");
  sampled_file(&s, "fs/cgroup/shop.service/memory.current", "1048576\n");
  sampled_file(&s, "fs/cgroup/shop.service/memory.max", "max\n");
  sampled_read(&s, "cgroup", "", NULL, 0, PL_OK);
  sampled_is(&s, "container_cpu_usage_seconds_total", 5);
  sampled_is(&s, "container_cpu_cfs_throttled_periods_total", 7);
  sampled_is(&s, "container_cpu_cfs_throttled_seconds_total", 0.25);
  sampled_is(&s, "container_memory_usage_bytes", 1048576);
  assert_int_equal(sampled_find(&s, "container_spec_memory_limit_bytes"), -1);
  sampled_close(&s);
}

static void version_1(void **state)
{
  static sampled s;
  (void)state;
  sampled_open(&s);
  sampled_file(&s, "77/cgroup", "4:memory:/docker/x\n3:cpu,cpuacct:/docker/x\n1:name=systemd:/\n");
  sampled_file(&s, "fs/cgroup/cpu,cpuacct/docker/x/cpu.stat", "nr_periods 10\nnr_throttled 2\nthrottled_time 1500000000\n");
  sampled_file(&s, "fs/cgroup/cpu,cpuacct/docker/x/cpuacct.usage", "3000000000\n");
  sampled_file(&s, "fs/cgroup/memory/docker/x/memory.usage_in_bytes", "4096\n");
  sampled_file(&s, "fs/cgroup/memory/docker/x/memory.limit_in_bytes", "9223372036854771712\n");
  const int64_t pid = 77;
  sampled_read(&s, "cgroup", "", &pid, 1, PL_OK);
  sampled_is(&s, "container_cpu_usage_seconds_total", 3);
  sampled_is(&s, "container_cpu_cfs_throttled_seconds_total", 1.5);
  sampled_is(&s, "container_memory_usage_bytes", 4096);
  assert_int_equal(sampled_find(&s, "container_spec_memory_limit_bytes"), -1);
  sampled_close(&s);
}

static void by_path(void **state)
{
  static sampled s;
  (void)state;
  sampled_open(&s);
  sampled_file(&s, "fs/cgroup/cgroup.controllers", "cpu\n");
  sampled_file(&s, "fs/cgroup/a/b/cpu.stat", "usage_usec 1000000\n");
  sampled_read(&s, "cgroup", "/a/b", NULL, 0, PL_OK);
  sampled_is(&s, "container_cpu_usage_seconds_total", 1);
  sampled_close(&s);
  sampled_open(&s);
  sampled_read(&s, "cgroup", "/none", NULL, 0, PL_ENOENT);
  sampled_close(&s);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(version_2), cmocka_unit_test(version_1), cmocka_unit_test(by_path)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
