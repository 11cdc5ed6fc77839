/* What is sampled of each kind of device: its name, its labels, its unit. */
#include "sample/sampled.h"

typedef struct figure {
  const char *path, *text, *name;
  double value;
} figure;

/* Puts the file of each figure, samples, and looks for all of them. */
static void expect(const figure *list, size_t n, const char *sets)
{
  static sampled s;
  sampled_open(&s);
  for (size_t i = 0; i < n; i++)
    sampled_file(&s, list[i].path, list[i].text);
  sampled_sets(&s, sets);
  for (size_t i = 0; i < n; i++)
    sampled_is(&s, list[i].name, list[i].value);
  sampled_close(&s);
}

/* One figure of each: none is one too many for the table of kinds. */
static void a_machine_that_has_all_kinds(void **state)
{
  static const figure list[] = {
      {"class/net/eth0/mtu", "1500\n", "node_network_mtu_bytes{device=eth0}", 1500},
      {"class/net/eth0/duplex", "full\n", "node_network_info{device=eth0,duplex=full}", 1},
      {"devices/system/cpu/cpu3/cpufreq/scaling_max_freq", "3500000\n", "node_cpu_scaling_frequency_max_hertz{cpu=3}", 3.5e9},
      {"devices/system/cpu/cpu3/thermal_throttle/core_throttle_count", "5\n", "node_cpu_core_throttles_total", 5},
      {"devices/system/cpu/cpu3/thermal_throttle/package_throttle_count", "6\n", "node_cpu_package_throttles_total", 6},
      {"class/thermal/thermal_zone2/temp", "-27500\n", "node_thermal_zone_temp{zone=2}", -27.5},
      {"class/thermal/cooling_device0/cur_state", "3\n", "node_cooling_device_cur_state{name=0}", 3},
      {"class/power_supply/AC/online", "1\n", "node_power_supply_online{power_supply=AC}", 1},
      {"class/power_supply/BAT0/status", "Full\n", "node_power_supply_info{power_supply=BAT0,status=Full}", 1},
      {"devices/system/edac/mc/mc0/ue_count", "2\n", "node_edac_uncorrectable_errors_total{controller=0}", 2},
      {"devices/system/edac/mc/mc0/csrow1/ce_count", "4\n", "node_edac_csrow_correctable_errors_total{controller=0,csrow=1}", 4},
      {"class/nvme/nvme0/firmware_rev", "1B2\n", "node_nvme_info{device=nvme0,firmware_revision=1B2}", 1},
      {"block/md5/md/degraded", "1\n", "node_md_degraded{device=md5}", 1},
      {"fs/btrfs/a-b/allocation/global_rsv_size", "16777216\n", "node_btrfs_global_rsv_size_bytes{uuid=a-b}", 16777216},
      {"fs/btrfs/a-b/devices/loop25/size", "20\n", "node_btrfs_device_size_bytes{uuid=a-b,device=loop25}", 10240},
      {"fs/btrfs/a-b/allocation/data/bytes_reserved", "7\n", "node_btrfs_reserved_bytes{uuid=a-b,block_group_type=data}", 7},
      {"fs/bcache/c-d/internal/btree_read_average_duration_us", "1305\n", "node_bcache_btree_read_average_duration_seconds{uuid=c-d}", 1305e-9},
      {"fs/bcache/c-d/bdev0/stats_total/cache_hits", "546\n", "node_bcache_cache_hits_total{uuid=c-d,backing_device=bdev0}", 546},
      {"fs/bcache/c-d/cache0/io_errors", "1\n", "node_bcache_io_errors{uuid=c-d,cache_device=cache0}", 1},
      {"devices/system/cpu/cpu3/cpufreq/scaling_governor", "powersave\n", "node_cpu_scaling_governor{cpu=3,governor=powersave}", 1},
      {"class/watchdog/watchdog0/timeleft", "300\n", "node_watchdog_timeleft_seconds{name=watchdog0}", 300},
      {"class/watchdog/watchdog0/identity", "Software Watchdog\n", "node_watchdog_info{name=watchdog0,identity=Software Watchdog}", 1},
      {"devices/system/edac/mc/mc0/ue_noinfo_count", "6\n", "node_edac_csrow_uncorrectable_errors_total{controller=0,csrow=unknown}", 6},
      {"fs/btrfs/a-b/label", "root\n", "node_btrfs_info{uuid=a-b,label=root}", 1},
      {"fs/btrfs/a-b/commit_stats", "commits 258051\nlast_commit_ms 1000\nmax_commit_ms 51462\ntotal_commit_ms 47836090", "node_btrfs_commit_seconds_total{uuid=a-b}", 47836.09},
      {"fs/btrfs/a-b/allocation/metadata/raid1/used_bytes", "933888\n", "node_btrfs_used_bytes{uuid=a-b,mode=raid1,block_group_type=metadata}", 933888},
      {"fs/bcache/c-d/bdev0/dirty_data", "20.5G\n", "node_bcache_dirty_data_bytes{uuid=c-d,backing_device=bdev0}", 20.5 * (1 << 30)},
      {"fs/bcache/c-d/bdev0/writeback_rate_debug", "rate:\t\t1.1M/sec\ndirty:\t\t20.4G\nintegral:\t790.0k\n",
       "node_bcache_writeback_rate_integral_term{uuid=c-d,backing_device=bdev0}", 790 * 1024},
      {"fs/bcache/c-d/cache0/priority_stats", "Unused:\t\t99%\nMetadata:\t0%\n", "node_bcache_priority_stats_unused_percent{uuid=c-d,cache_device=cache0}", 99},
      {"class/fc_host/host0/port_name", "0x1000e0071bce95f2\n", "node_fibrechannel_info{fc_host=host0,port_name=1000e0071bce95f2}", 1},
      {"class/infiniband/mlx4_0/ports/1/counters_ext/port_rcv_data_64", "3\n", "node_infiniband_legacy_data_received_bytes_total{device=mlx4_0,port=1}", 12},
      {"class/scsi_tape/st0/stats/read_ns", "33788355744\n", "node_tape_read_time_seconds_total{device=st0}", 33.788355744},
      {"class/fc_host/host0/statistics/fcp_packet_aborts", "0x13\n", "node_fibrechannel_fcp_packet_aborts_total{fc_host=host0}", 19},
      {"class/infiniband/mlx4_0/ports/1/rate", "40 Gb/sec (4X QDR)\n", "node_infiniband_rate_bytes_per_second{device=mlx4_0,port=1}", 5e9},
      {"class/infiniband/mlx4_0/fw_ver", "2.31\n", "node_infiniband_info{device=mlx4_0,firmware_version=2.31}", 1},
  };
  (void)state;
  expect(list, sizeof list / sizeof *list, "");
}

/* Batteries count in millionths, and their heat in tenths of a degree. */
static void units_of_a_battery(void **state)
{
  static const figure list[] = {
      {"class/power_supply/BAT0/capacity", "81\n", "node_power_supply_capacity{power_supply=BAT0}", 81},
      {"class/power_supply/BAT0/energy_full", "45070000\n", "node_power_supply_energy_full{power_supply=BAT0}", 45.07},
      {"class/power_supply/BAT0/current_now", "-250000\n", "node_power_supply_current_ampere{power_supply=BAT0}", -0.25},
      {"class/power_supply/BAT0/voltage_now", "12229000\n", "node_power_supply_voltage_volt{power_supply=BAT0}", 12.229},
      {"class/power_supply/BAT0/temp", "254\n", "node_power_supply_temp_celsius{power_supply=BAT0}", 25.4},
  };
  (void)state;
  expect(list, sizeof list / sizeof *list, "");
}

/* What stands beside devices in their folder is none of its kind. */
static void what_is_no_device(void **state)
{
  static sampled s;
  (void)state;
  sampled_open(&s);
  sampled_file(&s, "block/mdraid/md/degraded", "1\n");
  sampled_file(&s, "block/sda/md/degraded", "1\n");
  sampled_file(&s, "devices/system/cpu/cpufreq/cpufreq/scaling_cur_freq", "1000\n");
  sampled_file(&s, "devices/system/edac/mc/mc0/power/ce_count", "1\n");
  sampled_file(&s, "class/scsi_tape/nst0/stats/read_cnt", "1\n");
  sampled_file(&s, "fs/btrfs/features/extended_iref", "0\n");
  sampled_file(&s, "fs/btrfs/features/label", "x\n");
  sampled_file(&s, "devices/system/cpu/cpu0/topology/core_id", "0\n");
  sampled_host(&s);
  for (uint32_t i = 0; i < s.n; i++) {
    if (strncmp(s.names[i], "node_md_", 8) == 0 || strstr(s.names[i], "cpu_scaling") || strstr(s.names[i], "btrfs") || strstr(s.names[i], "edac") || strstr(s.names[i], "tape"))
      fail_msg("%s is of no such device", s.names[i]);
  }
  sampled_close(&s);
}

static void sizes_of_pages(void **state)
{
  static const figure list[] = {
      {"kernel/mm/hugepages/hugepages-2048kB/nr_hugepages", "16\n", "node_hugepages_total{size=2048kB}", 16},
      {"devices/system/node/node1/hugepages/hugepages-1048576kB/free_hugepages", "3\n", "node_hugepages_numa_free{node=1,size=1048576kB}", 3},
  };
  (void)state;
  expect(list, sizeof list / sizeof *list, "hugepages");
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(a_machine_that_has_all_kinds), cmocka_unit_test(units_of_a_battery), cmocka_unit_test(what_is_no_device),
                                     cmocka_unit_test(sizes_of_pages)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
