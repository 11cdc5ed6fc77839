/* Devices below /sys: found, read, plugged in and out. */
#include <unistd.h>

#include "sample/sampled.h"

static void put_interface(sampled *s, const char *name, const char *state, const char *speed)
{
  char path[128];
  const struct {
    const char *file, *text;
  } files[] = {{"operstate", state}, {"speed", speed}, {"mtu", "1500\n"}, {"flags", "0x1003\n"}, {"carrier_changes", "2\n"}, {"address", "02:fc:00:00:00:01\n"}};
  for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
    (void)snprintf(path, sizeof path, "class/net/%s/%s", name, files[i].file);
    sampled_file(s, path, files[i].text);
  }
}

static void remove_interface(sampled *s, const char *name)
{
  static const char *const files[] = {"operstate", "speed", "mtu", "flags", "carrier_changes", "address", ""};
  char path[256];
  for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
    (void)snprintf(path, sizeof path, "%s/class/net/%s/%s", s->folder.folder, name, files[i]);
    assert_int_equal(remove(path), 0);
  }
}

static void what_an_interface_has(void **state)
{
  static sampled s;
  (void)state;
  sampled_open(&s);
  put_interface(&s, "eth0", "up\n", "1000\n");
  put_interface(&s, "lo", "unknown\n", "none\n");
  sampled_host(&s);
  sampled_is(&s, "node_network_up{device=eth0}", 1);
  sampled_is(&s, "node_network_up{device=lo}", 0);
  sampled_is(&s, "node_network_speed_bytes{device=eth0}", 125e6);
  assert_int_equal(sampled_find(&s, "node_network_speed_bytes{device=lo}"), -1);
  sampled_is(&s, "node_network_flags{device=lo}", 0x1003);
  sampled_is(&s, "node_network_info{device=eth0,address=02:fc:00:00:00:01,operstate=up}", 1);
  assert_true(s.counter[sampled_find(&s, "node_network_carrier_changes_total{device=eth0}")]);
  assert_int_equal(sampled_find(&s, "node_network_carrier{device=eth0}"), -1);
  sampled_close(&s);
}

/* One that goes gives no values any more; one that comes does, and keeps its numbers when it comes again. */
static void interfaces_come_and_go(void **state)
{
  static sampled s;
  (void)state;
  sampled_open(&s);
  put_interface(&s, "eth0", "up\n", "1000\n");
  sampled_host(&s);
  put_interface(&s, "veth1", "up\n", "10000\n");
  pl_sampler_read(s.sampler);
  sampled_is(&s, "node_network_up{device=veth1}", 1);
  remove_interface(&s, "veth1");
  int up = sampled_find(&s, "node_network_up{device=veth1}");
  s.values[up] = -1;
  pl_sampler_read(s.sampler);
  assert_true(s.values[up] < 0);
  sampled_is(&s, "node_network_up{device=eth0}", 1);
  put_interface(&s, "veth1", "down\n", "10000\n");
  pl_sampler_read(s.sampler);
  assert_true(s.values[up] == 0);
  sampled_close(&s);
}

/* Threads of a core share its count. */
static void a_core_is_counted_once(void **state)
{
  static sampled s;
  char path[128];
  (void)state;
  sampled_open(&s);
  for (int cpu = 0; cpu < 4; cpu++) {
    (void)snprintf(path, sizeof path, "devices/system/cpu/cpu%d/topology/core_id", cpu);
    sampled_file(&s, path, cpu % 2 ? "1\n" : "0\n");
    (void)snprintf(path, sizeof path, "devices/system/cpu/cpu%d/topology/physical_package_id", cpu);
    sampled_file(&s, path, "0\n");
    (void)snprintf(path, sizeof path, "devices/system/cpu/cpu%d/thermal_throttle/core_throttle_count", cpu);
    sampled_file(&s, path, cpu % 2 ? "7\n" : "5\n");
    (void)snprintf(path, sizeof path, "devices/system/cpu/cpu%d/cpufreq/scaling_cur_freq", cpu);
    sampled_file(&s, path, "1699981\n");
  }
  sampled_file(&s, "devices/system/cpu/cpuidle/current_driver", "none\n");
  sampled_host(&s);
  sampled_is(&s, "node_cpu_core_throttles_total{core=0,package=0}", 5);
  sampled_is(&s, "node_cpu_core_throttles_total{core=1,package=0}", 7);
  sampled_is(&s, "node_cpu_scaling_frequency_hertz{cpu=3}", 1699981e3);
  sampled_close(&s);
}

/* A CPU that is turned off leaves its core to the other thread of it. */
static void a_core_stays(void **state)
{
  static sampled s;
  char path[256], off[256];
  (void)state;
  sampled_open(&s);
  for (int cpu = 0; cpu < 2; cpu++) {
    (void)snprintf(path, sizeof path, "devices/system/cpu/cpu%d/topology/core_id", cpu);
    sampled_file(&s, path, "0\n");
    (void)snprintf(path, sizeof path, "devices/system/cpu/cpu%d/thermal_throttle/core_throttle_count", cpu);
    sampled_file(&s, path, "5\n");
  }
  sampled_host(&s);
  sampled_is(&s, "node_cpu_core_throttles_total{core=0}", 5);
  assert_int_equal(rename(temporary_file(&s.folder, "devices/system/cpu/cpu0", NULL, path, sizeof path),
                          temporary_file(&s.folder, "devices/system/off", NULL, off, sizeof off)), 0);
  sampled_file(&s, "devices/system/cpu/cpu1/thermal_throttle/core_throttle_count", "6\n");
  pl_sampler_read(s.sampler);
  pl_sampler_read(s.sampler);
  sampled_is(&s, "node_cpu_core_throttles_total{core=0}", 6);
  sampled_close(&s);
}

static void devices_within_devices(void **state)
{
  static sampled s;
  (void)state;
  sampled_open(&s);
  sampled_file(&s, "class/infiniband/mlx4_0/ports/1/counters/port_rcv_data", "4631917\n");
  sampled_file(&s, "class/infiniband/mlx4_0/ports/2/counters/port_rcv_data", "N/A (no PMA)\n");
  sampled_file(&s, "class/infiniband/mlx4_0/ports/2/state", "4: ACTIVE\n");
  sampled_file(&s, "class/fc_host/host0/statistics/dumped_frames", "0xffffffffffffffff\n");
  sampled_file(&s, "class/fc_host/host0/statistics/rx_words", "0x10\n");
  sampled_host(&s);
  sampled_is(&s, "node_infiniband_port_data_received_bytes_total{device=mlx4_0,port=1}", 18527668);
  sampled_is(&s, "node_infiniband_state_id{device=mlx4_0,port=2}", 4);
  assert_int_equal(sampled_find(&s, "node_infiniband_port_data_received_bytes_total{device=mlx4_0,port=2}"), -1);
  sampled_is(&s, "node_fibrechannel_rx_words_total{fc_host=host0}", 16);
  assert_int_equal(sampled_find(&s, "node_fibrechannel_dumped_frames_total{fc_host=host0}"), -1);
  sampled_close(&s);
}

/* More interfaces than descriptors are spent on. */
static void many_interfaces(void **state)
{
  static sampled s;
  char name[64];
  (void)state;
  sampled_open(&s);
  for (int i = 0; i < 300; i++) {
    (void)snprintf(name, sizeof name, "veth%d", i);
    put_interface(&s, name, "up\n", "10000\n");
  }
  sampled_host(&s);
  pl_sampler_read(s.sampler);
  sampled_is(&s, "node_network_up{device=veth299}", 1);
  sampled_is(&s, "node_network_carrier_changes_total{device=veth299}", 2);
  int next = dup(0);
  assert_true(next < 600);
  close(next);
  sampled_close(&s);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(what_an_interface_has), cmocka_unit_test(interfaces_come_and_go), cmocka_unit_test(a_core_is_counted_once),
                                     cmocka_unit_test(a_core_stays), cmocka_unit_test(devices_within_devices), cmocka_unit_test(many_interfaces)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
