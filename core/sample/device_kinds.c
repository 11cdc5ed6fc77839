/* What there is below /sys, as tables: interfaces, frequencies and heat, power, memory errors, storage and fabric adapters. */
#include "sample/devices.h"

static const pl_device_label no_labels[] = {{NULL, NULL}};

/* ---- Network interfaces ------------------------------------------------------------------------- */

static const pl_device_file net_files[] = {
    {"operstate", "node_network_up", PL_DEVICE_IS_UP, 1},
    {"carrier", "node_network_carrier", PL_DEVICE_GAUGE, 1},
    {"carrier_changes", "node_network_carrier_changes_total", PL_DEVICE_COUNTER, 1},
    {"carrier_up_count", "node_network_carrier_up_changes_total", PL_DEVICE_COUNTER, 1},
    {"carrier_down_count", "node_network_carrier_down_changes_total", PL_DEVICE_COUNTER, 1},
    {"statistics/rx_nohandler", "node_network_receive_nohandler_total", PL_DEVICE_COUNTER, 1},
    {"speed", "node_network_speed_bytes", PL_DEVICE_FACT, 1e6 / 8},
    {"mtu", "node_network_mtu_bytes", PL_DEVICE_FACT, 1},
    {"flags", "node_network_flags", PL_DEVICE_FACT, 1},
    {"tx_queue_len", "node_network_transmit_queue_length", PL_DEVICE_FACT, 1},
    {"dormant", "node_network_dormant", PL_DEVICE_FACT, 1},
    {"addr_assign_type", "node_network_address_assign_type", PL_DEVICE_FACT, 1},
    {"name_assign_type", "node_network_name_assign_type", PL_DEVICE_FACT, 1},
    {"dev_id", "node_network_device_id", PL_DEVICE_FACT, 1},
    {"ifindex", "node_network_iface_id", PL_DEVICE_FACT, 1},
    {"iflink", "node_network_iface_link", PL_DEVICE_FACT, 1},
    {"link_mode", "node_network_iface_link_mode", PL_DEVICE_FACT, 1},
    {"netdev_group", "node_network_net_dev_group", PL_DEVICE_FACT, 1},
    {"type", "node_network_protocol_type", PL_DEVICE_FACT, 1},
    {NULL, NULL, PL_DEVICE_LIVE, 0},
};
static const pl_device_label net_labels[] = {
    {"address", "address"}, {"broadcast", "broadcast"}, {"duplex", "duplex"}, {"ifalias", "ifalias"}, {"operstate", "operstate"}, {NULL, NULL},
};
static const pl_device_file net_info[] = {{NULL, "node_network_info", PL_DEVICE_LIVE, 1}, {NULL, NULL, PL_DEVICE_LIVE, 0}};

/* ---- CPUs --------------------------------------------------------------------------------------- */

static const pl_device_file frequency_files[] = {
    {"cpufreq/scaling_cur_freq", "node_cpu_scaling_frequency_hertz", PL_DEVICE_GAUGE, 1000},
    {"cpufreq/scaling_min_freq", "node_cpu_scaling_frequency_min_hertz", PL_DEVICE_FACT, 1000},
    {"cpufreq/scaling_max_freq", "node_cpu_scaling_frequency_max_hertz", PL_DEVICE_FACT, 1000},
    {"cpufreq/cpuinfo_cur_freq", "node_cpu_frequency_hertz", PL_DEVICE_GAUGE, 1000},
    {"cpufreq/cpuinfo_min_freq", "node_cpu_frequency_min_hertz", PL_DEVICE_FACT, 1000},
    {"cpufreq/cpuinfo_max_freq", "node_cpu_frequency_max_hertz", PL_DEVICE_FACT, 1000},
    {NULL, NULL, PL_DEVICE_LIVE, 0},
};
static const pl_device_label core_labels[] = {{"core", "topology/core_id"}, {"package", "topology/physical_package_id"}, {NULL, NULL}};
static const pl_device_label governor_label[] = {{"governor", "cpufreq/scaling_governor"}, {NULL, NULL}};
static const pl_device_file governor_files[] = {{"cpufreq/scaling_governor", "node_cpu_scaling_governor", PL_DEVICE_LIVE, 1}, {NULL, NULL, PL_DEVICE_LIVE, 0}};
static const pl_device_file core_files[] = {
    {"thermal_throttle/core_throttle_count", "node_cpu_core_throttles_total", PL_DEVICE_COUNTER, 1}, {NULL, NULL, PL_DEVICE_LIVE, 0}};
static const pl_device_label package_labels[] = {{"package", "topology/physical_package_id"}, {NULL, NULL}};
static const pl_device_file package_files[] = {
    {"thermal_throttle/package_throttle_count", "node_cpu_package_throttles_total", PL_DEVICE_COUNTER, 1}, {NULL, NULL, PL_DEVICE_LIVE, 0}};

/* ---- Heat and power ------------------------------------------------------------------------------ */

static const pl_device_label type_label[] = {{"type", "type"}, {NULL, NULL}};
static const pl_device_file zone_files[] = {{"temp", "node_thermal_zone_temp", PL_DEVICE_GAUGE, 1e-3}, {NULL, NULL, PL_DEVICE_LIVE, 0}};
static const pl_device_file cooling_files[] = {
    {"cur_state", "node_cooling_device_cur_state", PL_DEVICE_GAUGE, 1},
    {"max_state", "node_cooling_device_max_state", PL_DEVICE_FACT, 1},
    {NULL, NULL, PL_DEVICE_LIVE, 0},
};
static const pl_device_file supply_files[] = {
    {"online", "node_power_supply_online", PL_DEVICE_FACT, 1},
    {"present", "node_power_supply_present", PL_DEVICE_FACT, 1},
    {"capacity", "node_power_supply_capacity", PL_DEVICE_FACT, 1},
    {"cycle_count", "node_power_supply_cyclecount", PL_DEVICE_FACT, 1},
    {"energy_full", "node_power_supply_energy_full", PL_DEVICE_FACT, 1e-6},
    {"energy_full_design", "node_power_supply_energy_full_design", PL_DEVICE_FACT, 1e-6},
    {"energy_now", "node_power_supply_energy_watthour", PL_DEVICE_FACT, 1e-6},
    {"charge_now", "node_power_supply_charge_ampere", PL_DEVICE_FACT, 1e-6},
    {"current_now", "node_power_supply_current_ampere", PL_DEVICE_FACT, 1e-6},
    {"power_now", "node_power_supply_power_watt", PL_DEVICE_FACT, 1e-6},
    {"voltage_now", "node_power_supply_voltage_volt", PL_DEVICE_FACT, 1e-6},
    {"voltage_min_design", "node_power_supply_voltage_min_design", PL_DEVICE_FACT, 1e-6},
    {"voltage_max_design", "node_power_supply_voltage_max_design", PL_DEVICE_FACT, 1e-6},
    {"temp", "node_power_supply_temp_celsius", PL_DEVICE_FACT, 0.1},
    {NULL, NULL, PL_DEVICE_LIVE, 0},
};
static const pl_device_label supply_labels[] = {
    {"capacity_level", "capacity_level"}, {"manufacturer", "manufacturer"}, {"model_name", "model_name"}, {"serial_number", "serial_number"},
    {"status", "status"},                 {"technology", "technology"},     {"type", "type"},             {NULL, NULL},
};
static const pl_device_file supply_info[] = {{NULL, "node_power_supply_info", PL_DEVICE_LIVE, 1}, {NULL, NULL, PL_DEVICE_LIVE, 0}};

/* ---- Watchdogs --------------------------------------------------------------------------------- */

static const pl_device_file watchdog_files[] = {
    {"access_cs0", "node_watchdog_access_cs0", PL_DEVICE_FACT, 1},
    {"bootstatus", "node_watchdog_bootstatus", PL_DEVICE_FACT, 1},
    {"fw_version", "node_watchdog_fw_version", PL_DEVICE_FACT, 1},
    {"nowayout", "node_watchdog_nowayout", PL_DEVICE_FACT, 1},
    {"pretimeout", "node_watchdog_pretimeout_seconds", PL_DEVICE_FACT, 1},
    {"timeleft", "node_watchdog_timeleft_seconds", PL_DEVICE_GAUGE, 1},
    {"timeout", "node_watchdog_timeout_seconds", PL_DEVICE_FACT, 1},
    {NULL, NULL, PL_DEVICE_LIVE, 0},
};
static const pl_device_label watchdog_labels[] = {
    {"identity", "identity"}, {"options", "options"}, {"pretimeout_governor", "pretimeout_governor"}, {"state", "state"}, {"status", "status"}, {NULL, NULL},
};
static const pl_device_file watchdog_info[] = {{NULL, "node_watchdog_info", PL_DEVICE_LIVE, 1}, {NULL, NULL, PL_DEVICE_LIVE, 0}};

/* ---- Errors of memory ---------------------------------------------------------------------------- */

static const pl_device_file edac_files[] = {
    {"ce_count", "node_edac_correctable_errors_total", PL_DEVICE_COUNTER, 1},
    {"ue_count", "node_edac_uncorrectable_errors_total", PL_DEVICE_COUNTER, 1},
    {NULL, NULL, PL_DEVICE_LIVE, 0},
};
static const pl_device_file csrow_files[] = {
    {"ce_count", "node_edac_csrow_correctable_errors_total", PL_DEVICE_COUNTER, 1},
    {"ue_count", "node_edac_csrow_uncorrectable_errors_total", PL_DEVICE_COUNTER, 1},
    {NULL, NULL, PL_DEVICE_LIVE, 0},
};

/* Errors of which the row is not known. */
static const pl_device_label row_unknown[] = {{"csrow", "=unknown"}, {NULL, NULL}};
static const pl_device_file unknown_files[] = {
    {"ce_noinfo_count", "node_edac_csrow_correctable_errors_total", PL_DEVICE_COUNTER, 1},
    {"ue_noinfo_count", "node_edac_csrow_uncorrectable_errors_total", PL_DEVICE_COUNTER, 1},
    {NULL, NULL, PL_DEVICE_LIVE, 0},
};

/* ---- Storage and fabrics -------------------------------------------------------------------------- */

static const pl_device_label nvme_labels[] = {
    {"cntlid", "cntlid"}, {"firmware_revision", "firmware_rev"}, {"model", "model"}, {"serial", "serial"}, {"state", "state"}, {NULL, NULL}};
static const pl_device_file nvme_info[] = {{NULL, "node_nvme_info", PL_DEVICE_LIVE, 1}, {NULL, NULL, PL_DEVICE_LIVE, 0}};

static const pl_device_file raid_files[] = {
    {"md/degraded", "node_md_degraded", PL_DEVICE_FACT, 1}, {"md/raid_disks", "node_md_raid_disks", PL_DEVICE_FACT, 1}, {NULL, NULL, PL_DEVICE_LIVE, 0}};

static const pl_device_label btrfs_label[] = {{"label", "label"}, {NULL, NULL}};
static const pl_device_file btrfs_info[] = {{"label", "node_btrfs_info", PL_DEVICE_LIVE, 1}, {NULL, NULL, PL_DEVICE_LIVE, 0}};
static const pl_device_file btrfs_files[] = {
    {"allocation/global_rsv_size", "node_btrfs_global_rsv_size_bytes", PL_DEVICE_FACT, 1},
    {"commit_stats commits", "node_btrfs_commits_total", PL_DEVICE_COUNTER, 1},
    {"commit_stats last_commit_ms", "node_btrfs_last_commit_seconds", PL_DEVICE_GAUGE, 1e-3},
    {"commit_stats max_commit_ms", "node_btrfs_max_commit_seconds", PL_DEVICE_GAUGE, 1e-3},
    {"commit_stats total_commit_ms", "node_btrfs_commit_seconds_total", PL_DEVICE_COUNTER, 1e-3},
    {NULL, NULL, PL_DEVICE_LIVE, 0},
};
static const pl_device_file btrfs_devices[] = {{"size", "node_btrfs_device_size_bytes", PL_DEVICE_FACT, 512}, {NULL, NULL, PL_DEVICE_LIVE, 0}};
static const pl_device_file btrfs_groups[] = {{"bytes_reserved", "node_btrfs_reserved_bytes", PL_DEVICE_FACT, 1}, {NULL, NULL, PL_DEVICE_LIVE, 0}};

/* By what is stored, then by how it is spread: "allocation/data/raid1". */
static const pl_device_label data_label[] = {{"block_group_type", "=data"}, {NULL, NULL}};
static const pl_device_label metadata_label[] = {{"block_group_type", "=metadata"}, {NULL, NULL}};
static const pl_device_label system_label[] = {{"block_group_type", "=system"}, {NULL, NULL}};
static const pl_device_file btrfs_layouts[] = {
    {"total_bytes", "node_btrfs_size_bytes", PL_DEVICE_FACT, 1}, {"used_bytes", "node_btrfs_used_bytes", PL_DEVICE_GAUGE, 1}, {NULL, NULL, PL_DEVICE_LIVE, 0}};

static const pl_device_file bcache_files[] = {
    {"average_key_size", "node_bcache_average_key_size_sectors", PL_DEVICE_GAUGE, 1},
    {"btree_cache_size", "node_bcache_btree_cache_size_bytes", PL_DEVICE_GAUGE, 1},
    {"cache_available_percent", "node_bcache_cache_available_percent", PL_DEVICE_GAUGE, 1},
    {"congested", "node_bcache_congested", PL_DEVICE_GAUGE, 1},
    {"root_usage_percent", "node_bcache_root_usage_percent", PL_DEVICE_FACT, 1},
    {"tree_depth", "node_bcache_tree_depth", PL_DEVICE_FACT, 1},
    {"internal/active_journal_entries", "node_bcache_active_journal_entries", PL_DEVICE_GAUGE, 1},
    {"internal/btree_nodes", "node_bcache_btree_nodes", PL_DEVICE_GAUGE, 1},
    {"internal/btree_read_average_duration_us", "node_bcache_btree_read_average_duration_seconds", PL_DEVICE_GAUGE, 1e-9},
    {"internal/cache_read_races", "node_bcache_cache_read_races_total", PL_DEVICE_COUNTER, 1},
    {NULL, NULL, PL_DEVICE_LIVE, 0},
};
static const pl_device_file backing_files[] = {
    {"dirty_data", "node_bcache_dirty_data_bytes", PL_DEVICE_GAUGE, 1},
    {"stats_total/bypassed", "node_bcache_bypassed_bytes_total", PL_DEVICE_COUNTER, 1},
    {"writeback_rate_debug rate", "node_bcache_writeback_rate", PL_DEVICE_GAUGE, 1},
    {"writeback_rate_debug target", "node_bcache_dirty_target_bytes", PL_DEVICE_GAUGE, 1},
    {"writeback_rate_debug proportional", "node_bcache_writeback_rate_proportional_term", PL_DEVICE_GAUGE, 1},
    {"writeback_rate_debug integral", "node_bcache_writeback_rate_integral_term", PL_DEVICE_GAUGE, 1},
    {"writeback_rate_debug change", "node_bcache_writeback_change", PL_DEVICE_GAUGE, 1},
    {"stats_total/cache_bypass_hits", "node_bcache_cache_bypass_hits_total", PL_DEVICE_COUNTER, 1},
    {"stats_total/cache_bypass_misses", "node_bcache_cache_bypass_misses_total", PL_DEVICE_COUNTER, 1},
    {"stats_total/cache_hits", "node_bcache_cache_hits_total", PL_DEVICE_COUNTER, 1},
    {"stats_total/cache_miss_collisions", "node_bcache_cache_miss_collisions_total", PL_DEVICE_COUNTER, 1},
    {"stats_total/cache_misses", "node_bcache_cache_misses_total", PL_DEVICE_COUNTER, 1},
    {"stats_total/cache_readaheads", "node_bcache_cache_readaheads_total", PL_DEVICE_COUNTER, 1},
    {NULL, NULL, PL_DEVICE_LIVE, 0},
};
static const pl_device_file cache_files[] = {
    {"io_errors", "node_bcache_io_errors", PL_DEVICE_COUNTER, 1},
    {"written", "node_bcache_written_bytes_total", PL_DEVICE_COUNTER, 1},
    {"metadata_written", "node_bcache_metadata_written_bytes_total", PL_DEVICE_COUNTER, 1},
    {"priority_stats Unused", "node_bcache_priority_stats_unused_percent", PL_DEVICE_FACT, 1},
    {"priority_stats Metadata", "node_bcache_priority_stats_metadata_percent", PL_DEVICE_FACT, 1},
    {NULL, NULL, PL_DEVICE_LIVE, 0},
};

static const pl_device_file tape_files[] = {
    {"stats/in_flight", "node_tape_io_now", PL_DEVICE_GAUGE, 1},
    {"stats/io_ns", "node_tape_io_time_seconds_total", PL_DEVICE_COUNTER, 1e-9},
    {"stats/other_cnt", "node_tape_io_others_total", PL_DEVICE_COUNTER, 1},
    {"stats/read_byte_cnt", "node_tape_read_bytes_total", PL_DEVICE_COUNTER, 1},
    {"stats/read_cnt", "node_tape_reads_completed_total", PL_DEVICE_COUNTER, 1},
    {"stats/read_ns", "node_tape_read_time_seconds_total", PL_DEVICE_COUNTER, 1e-9},
    {"stats/resid_cnt", "node_tape_residual_total", PL_DEVICE_COUNTER, 1},
    {"stats/write_byte_cnt", "node_tape_written_bytes_total", PL_DEVICE_COUNTER, 1},
    {"stats/write_cnt", "node_tape_writes_completed_total", PL_DEVICE_COUNTER, 1},
    {"stats/write_ns", "node_tape_write_time_seconds_total", PL_DEVICE_COUNTER, 1e-9},
    {NULL, NULL, PL_DEVICE_LIVE, 0},
};

static const pl_device_file fibre_files[] = {
    {"statistics/dumped_frames", "node_fibrechannel_dumped_frames_total", PL_DEVICE_COUNTER, 1},
    {"statistics/error_frames", "node_fibrechannel_error_frames_total", PL_DEVICE_COUNTER, 1},
    {"statistics/invalid_crc_count", "node_fibrechannel_invalid_crc_total", PL_DEVICE_COUNTER, 1},
    {"statistics/invalid_tx_word_count", "node_fibrechannel_invalid_tx_words_total", PL_DEVICE_COUNTER, 1},
    {"statistics/link_failure_count", "node_fibrechannel_link_failure_total", PL_DEVICE_COUNTER, 1},
    {"statistics/loss_of_signal_count", "node_fibrechannel_loss_of_signal_total", PL_DEVICE_COUNTER, 1},
    {"statistics/loss_of_sync_count", "node_fibrechannel_loss_of_sync_total", PL_DEVICE_COUNTER, 1},
    {"statistics/nos_count", "node_fibrechannel_nos_total", PL_DEVICE_COUNTER, 1},
    {"statistics/rx_frames", "node_fibrechannel_rx_frames_total", PL_DEVICE_COUNTER, 1},
    {"statistics/rx_words", "node_fibrechannel_rx_words_total", PL_DEVICE_COUNTER, 1},
    {"statistics/tx_frames", "node_fibrechannel_tx_frames_total", PL_DEVICE_COUNTER, 1},
    {"statistics/tx_words", "node_fibrechannel_tx_words_total", PL_DEVICE_COUNTER, 1},
    {"statistics/fcp_packet_aborts", "node_fibrechannel_fcp_packet_aborts_total", PL_DEVICE_COUNTER, 1},
    {"statistics/seconds_since_last_reset", "node_fibrechannel_seconds_since_last_reset_total", PL_DEVICE_COUNTER, 1},
    {NULL, NULL, PL_DEVICE_LIVE, 0},
};

static const pl_device_label fibre_labels[] = {
    {"dev_loss_tmo", "dev_loss_tmo"}, {"fabric_name", "0x fabric_name"}, {"port_id", "0x port_id"}, {"port_name", "0x port_name"}, {"port_state", "port_state"},
    {"port_type", "port_type"}, {"speed", "speed"}, {"supported_classes", "supported_classes"}, {"supported_speeds", "supported_speeds"},
    {"symbolic_name", "symbolic_name"}, {NULL, NULL},
};
static const pl_device_file fibre_info[] = {{NULL, "node_fibrechannel_info", PL_DEVICE_LIVE, 1}, {NULL, NULL, PL_DEVICE_LIVE, 0}};

/* Words of four bytes. */
static const pl_device_file port_files[] = {
    {"state", "node_infiniband_state_id", PL_DEVICE_FACT, 1},
    {"phys_state", "node_infiniband_physical_state_id", PL_DEVICE_FACT, 1},
    {"rate", "node_infiniband_rate_bytes_per_second", PL_DEVICE_FACT, 1e9 / 8},
    {"counters/link_downed", "node_infiniband_link_downed_total", PL_DEVICE_COUNTER, 1},
    {"counters/link_error_recovery", "node_infiniband_link_error_recovery_total", PL_DEVICE_COUNTER, 1},
    {"counters/multicast_rcv_packets", "node_infiniband_multicast_packets_received_total", PL_DEVICE_COUNTER, 1},
    {"counters/multicast_xmit_packets", "node_infiniband_multicast_packets_transmitted_total", PL_DEVICE_COUNTER, 1},
    {"counters/port_rcv_constraint_errors", "node_infiniband_port_constraint_errors_received_total", PL_DEVICE_COUNTER, 1},
    {"counters/port_xmit_constraint_errors", "node_infiniband_port_constraint_errors_transmitted_total", PL_DEVICE_COUNTER, 1},
    {"counters/port_rcv_data", "node_infiniband_port_data_received_bytes_total", PL_DEVICE_COUNTER, 4},
    {"counters/port_xmit_data", "node_infiniband_port_data_transmitted_bytes_total", PL_DEVICE_COUNTER, 4},
    {"counters/port_rcv_discards", "node_infiniband_port_discards_received_total", PL_DEVICE_COUNTER, 1},
    {"counters/port_xmit_discards", "node_infiniband_port_discards_transmitted_total", PL_DEVICE_COUNTER, 1},
    {"counters/port_rcv_errors", "node_infiniband_port_errors_received_total", PL_DEVICE_COUNTER, 1},
    {"counters/port_rcv_packets", "node_infiniband_port_packets_received_total", PL_DEVICE_COUNTER, 1},
    {"counters/port_xmit_packets", "node_infiniband_port_packets_transmitted_total", PL_DEVICE_COUNTER, 1},
    {"counters/port_xmit_wait", "node_infiniband_port_transmit_wait_total", PL_DEVICE_COUNTER, 1},
    {"counters/unicast_rcv_packets", "node_infiniband_unicast_packets_received_total", PL_DEVICE_COUNTER, 1},
    {"counters/unicast_xmit_packets", "node_infiniband_unicast_packets_transmitted_total", PL_DEVICE_COUNTER, 1},
    {"counters_ext/port_rcv_data_64", "node_infiniband_legacy_data_received_bytes_total", PL_DEVICE_COUNTER, 4},
    {"counters_ext/port_xmit_data_64", "node_infiniband_legacy_data_transmitted_bytes_total", PL_DEVICE_COUNTER, 4},
    {"counters_ext/port_rcv_packets_64", "node_infiniband_legacy_packets_received_total", PL_DEVICE_COUNTER, 1},
    {"counters_ext/port_xmit_packets_64", "node_infiniband_legacy_packets_transmitted_total", PL_DEVICE_COUNTER, 1},
    {"counters_ext/port_multicast_rcv_packets", "node_infiniband_legacy_multicast_packets_received_total", PL_DEVICE_COUNTER, 1},
    {"counters_ext/port_multicast_xmit_packets", "node_infiniband_legacy_multicast_packets_transmitted_total", PL_DEVICE_COUNTER, 1},
    {"counters_ext/port_unicast_rcv_packets", "node_infiniband_legacy_unicast_packets_received_total", PL_DEVICE_COUNTER, 1},
    {"counters_ext/port_unicast_xmit_packets", "node_infiniband_legacy_unicast_packets_transmitted_total", PL_DEVICE_COUNTER, 1},
    {NULL, NULL, PL_DEVICE_LIVE, 0},
};
static const pl_device_label fabric_labels[] = {{"board_id", "board_id"}, {"firmware_version", "fw_ver"}, {"hca_type", "hca_type"}, {NULL, NULL}};
static const pl_device_file fabric_info[] = {{NULL, "node_infiniband_info", PL_DEVICE_LIVE, 1}, {NULL, NULL, PL_DEVICE_LIVE, 0}};

static const pl_device_kind kinds[] = {
    {.folder = "class/net", .label = "device", .labels = no_labels, .files = net_files},
    {.folder = "class/net", .label = "device", .labels = net_labels, .files = net_info},
    {.folder = "devices/system/cpu", .prefix = "cpu", .label = "cpu", .cut = true, .labels = no_labels, .files = frequency_files},
    {.folder = "devices/system/cpu", .prefix = "cpu", .label = "cpu", .cut = true, .labels = governor_label, .files = governor_files},
    {.folder = "devices/system/cpu", .prefix = "cpu", .labels = core_labels, .files = core_files, .once = true},
    {.folder = "devices/system/cpu", .prefix = "cpu", .labels = package_labels, .files = package_files, .once = true},
    {.folder = "class/thermal", .prefix = "thermal_zone", .label = "zone", .cut = true, .labels = type_label, .files = zone_files},
    {.folder = "class/thermal", .prefix = "cooling_device", .label = "name", .cut = true, .labels = type_label, .files = cooling_files},
    {.folder = "class/power_supply", .label = "power_supply", .labels = no_labels, .files = supply_files},
    {.folder = "class/power_supply", .label = "power_supply", .labels = supply_labels, .files = supply_info},
    {.folder = "class/watchdog", .prefix = "watchdog", .label = "name", .labels = no_labels, .files = watchdog_files},
    {.folder = "class/watchdog", .prefix = "watchdog", .label = "name", .labels = watchdog_labels, .files = watchdog_info},
    {.folder = "devices/system/edac/mc", .prefix = "mc", .label = "controller", .cut = true, .labels = no_labels, .files = edac_files},
    {.folder = "devices/system/edac/mc", .prefix = "mc", .label = "controller", .cut = true, .labels = row_unknown, .files = unknown_files},
    {.folder = "devices/system/edac/mc", .prefix = "mc", .label = "controller", .cut = true, .below = "", .below_prefix = "csrow", .below_label = "csrow",
     .labels = no_labels, .files = csrow_files},
    {.folder = "class/nvme", .label = "device", .labels = nvme_labels, .files = nvme_info},
    {.folder = "block", .prefix = "md", .label = "device", .labels = no_labels, .files = raid_files},
    {.folder = "fs/btrfs", .except = "features", .label = "uuid", .labels = no_labels, .files = btrfs_files},
    {.folder = "fs/btrfs", .except = "features", .label = "uuid", .labels = btrfs_label, .files = btrfs_info},
    {.folder = "fs/btrfs", .except = "features", .label = "uuid", .below = "allocation/data", .below_label = "mode", .labels = data_label, .files = btrfs_layouts},
    {.folder = "fs/btrfs", .except = "features", .label = "uuid", .below = "allocation/metadata", .below_label = "mode", .labels = metadata_label, .files = btrfs_layouts},
    {.folder = "fs/btrfs", .except = "features", .label = "uuid", .below = "allocation/system", .below_label = "mode", .labels = system_label, .files = btrfs_layouts},
    {.folder = "fs/btrfs", .except = "features", .label = "uuid", .below = "devices", .below_label = "device", .labels = no_labels, .files = btrfs_devices},
    {.folder = "fs/btrfs", .except = "features", .label = "uuid", .below = "allocation", .below_label = "block_group_type", .labels = no_labels, .files = btrfs_groups},
    {.folder = "fs/bcache", .label = "uuid", .labels = no_labels, .files = bcache_files},
    {.folder = "fs/bcache", .label = "uuid", .below = "", .below_prefix = "bdev", .below_label = "backing_device", .labels = no_labels, .files = backing_files},
    {.folder = "fs/bcache", .label = "uuid", .below = "", .below_prefix = "cache", .below_label = "cache_device", .labels = no_labels, .files = cache_files},
    {.folder = "class/scsi_tape", .prefix = "st", .label = "device", .labels = no_labels, .files = tape_files},
    {.folder = "class/fc_host", .label = "fc_host", .labels = no_labels, .files = fibre_files},
    {.folder = "class/fc_host", .label = "fc_host", .labels = fibre_labels, .files = fibre_info},
    {.folder = "class/infiniband", .label = "device", .below = "ports", .below_label = "port", .labels = no_labels, .files = port_files},
    {.folder = "class/infiniband", .label = "device", .labels = fabric_labels, .files = fabric_info},
    {.folder = NULL},
};

static int devices_open(pl_sampler *s, void **state, pl_error *err)
{
  return pl_devices_open(s, kinds, state, err);
}

const pl_source pl_source_devices = {"/sys/class", devices_open, pl_devices_read, pl_devices_close};

/* ---- Huge pages: a set ----------------------------------------------------------------------------- */

static const pl_device_file huge_files[] = {
    {"nr_hugepages", "node_hugepages_total", PL_DEVICE_GAUGE, 1},
    {"free_hugepages", "node_hugepages_free", PL_DEVICE_GAUGE, 1},
    {"resv_hugepages", "node_hugepages_reserved", PL_DEVICE_GAUGE, 1},
    {"surplus_hugepages", "node_hugepages_surplus", PL_DEVICE_GAUGE, 1},
    {NULL, NULL, PL_DEVICE_LIVE, 0},
};
static const pl_device_file node_huge_files[] = {
    {"nr_hugepages", "node_hugepages_numa_total", PL_DEVICE_GAUGE, 1},
    {"free_hugepages", "node_hugepages_numa_free", PL_DEVICE_GAUGE, 1},
    {"surplus_hugepages", "node_hugepages_numa_surplus", PL_DEVICE_GAUGE, 1},
    {NULL, NULL, PL_DEVICE_LIVE, 0},
};
static const pl_device_kind huge_kinds[] = {
    {.folder = "kernel/mm/hugepages", .prefix = "hugepages-", .label = "size", .cut = true, .labels = no_labels, .files = huge_files},
    {.folder = "devices/system/node", .prefix = "node", .label = "node", .cut = true, .below = "hugepages", .below_prefix = "hugepages-", .below_label = "size",
     .labels = no_labels, .files = node_huge_files},
    {.folder = NULL},
};

static int hugepages_open(pl_sampler *s, void **state, pl_error *err)
{
  return pl_devices_open(s, huge_kinds, state, err);
}

const pl_source pl_source_hugepages = {"/sys/kernel/mm/hugepages", hugepages_open, pl_devices_read, pl_devices_close};
