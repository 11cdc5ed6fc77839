/* What node_exporter says, in the form of a sampled name: labels sorted, without empty ones, which are the same as none. */
#ifndef TEST_EXPOSITION_H
#define TEST_EXPOSITION_H

#include <stdlib.h>

#include "sample/sampled.h"

/* What node_exporter says and the sampler does not, and why; part: of its name with labels. */
static const struct {
  const char *part, *why;
} apart[] = {
    {"node_exporter_build_info", "of itself"},
    {"node_scrape_collector_", "of itself"},
    {"node_bcachefs_", "not by default"},
    {"node_btrfs_allocation_ratio", "follows from the mode"},
    {"node_btrfs_commit", "said where the kernel has commit_stats"},
    {"node_btrfs_last_commit", "said where the kernel has commit_stats"},
    {"node_btrfs_max_commit", "said where the kernel has commit_stats"},
    {"node_cgroups_", "not by default"},
    {"node_cpu_scaling_governor", "said of the one that is set"},
    {"node_cpu_vulnerabilities_info", "not by default"},
    {"device=mmcblk0p", "a partition"},
    {"node_disk_ata_", "of udev"},
    {"node_disk_device_mapper_info", "of udev"},
    {"node_disk_filesystem_info", "of udev"},
    {"node_disk_info", "with labels of udev"},
    {"node_dmi_info", "with serial numbers"},
    {"node_dmmultipath_", "not by default"},
    {"node_drbd_", "not by default"},
    {"node_edac_channel_", "said of the row"},
    {"node_interrupts_total", "not by default; what never came is left out"},
    {"node_kernel_hung_tasks_total", "not by default"},
    {"node_ksmd_", "not by default"},
    {"node_lnstat_", "not by default"},
    {"node_md_degraded{device=md0}", "its level knows no such state"},
    {"node_mountstats_", "not by default"},
    {"adminstate=", "node_network_flags has it"},
    {"{device=lo}", "read by netlink from the machine of that test"},
    {"node_nfs_requests_total", "the kernel of that test knows fewer methods"},
    {"node_nvme_namespace_", "of the disk's size, not its work"},
    {"node_os_", "of the machine of that test"},
    {"node_pcidevice_", "not by default"},
    {"node_qdisc_", "asked of the kernel by netlink"},
    {"path=collector/fixtures/", "with the folder of that test"},
    {"node_softnet_backlog_len", "the kernel of that test has no such column"},
    {"node_sysctl_", "not by default"},
    {"node_textfile_scrape_error", "of a sampler of its own"},
    {"node_wifi_", "not by default"},
    {"node_xfrm_", "not by default"},
    {"node_zoneinfo_", "not by default"},
};

static inline bool stands_apart(const char *name)
{
  bool known = false;
  for (size_t i = 0; i < sizeof apart / sizeof *apart && !known; i++)
    known = strstr(name, apart[i].part) != NULL;
  return known;
}

/* "name{b="x",a=""} 5" becomes "name{b=x,a=}" and 5. */
static inline double take_apart(char *line)
{
  char *value = strrchr(line, ' '), *out = line;
  *value++ = '\0';
  for (const char *in = line; *in; in++) {
    if (*in != '"')
      *out++ = *in;
  }
  *out = '\0';
  return strtod(value, NULL);
}

/* "name{b=x,a=}" becomes "name{b=x}". */
static inline void sort_labels(char *name)
{
  char *pairs[PL_SAMPLE_LABELS], copy[SAMPLED_NAME], *open = strchr(name, '{');
  size_t n = 0;
  if (!open)
    return;
  strcpy(copy, open + 1);
  copy[strcspn(copy, "}")] = '\0';
  char *rest = NULL;
  for (char *at = strtok_r(copy, ",", &rest); at && n < PL_SAMPLE_LABELS; at = strtok_r(NULL, ",", &rest)) {
    if (at[strlen(at) - 1] == '=')
      continue;
    size_t i = n++;
    for (; i > 0 && strcmp(pairs[i - 1], at) > 0; i--)
      pairs[i] = pairs[i - 1];
    pairs[i] = at;
  }
  char *out = open + (n > 0);
  for (size_t i = 0; i < n; i++)
    out += sprintf(out, "%s%s", i ? "," : "", pairs[i]);
  strcpy(out, n > 0 ? "}" : "");
}

static inline void sort_all(sampled *s)
{
  for (uint32_t i = 0; i < s->n; i++)
    sort_labels(s->names[i]);
}

#endif
