/* /proc/diskstats: whole devices, without partitions, loops and RAM disks (node_exporter's default). */
#include "sample/single.h"

enum { SECTOR = 512, NUMBERS = 17, PIECE = 512 /* a line: a name below 32 characters and 19 numbers of up to 20 digits */ };

/* The numbers behind the name. Kernels before 4.18 end at the 11th, before 5.5 at the 15th. */
static const struct {
  const char *metric;
  double scale;
  bool gauge;
} columns[NUMBERS] = {
    {"node_disk_reads_completed_total", 1, false},
    {"node_disk_reads_merged_total", 1, false},
    {"node_disk_read_bytes_total", SECTOR, false},
    {"node_disk_read_time_seconds_total", 1e-3, false},
    {"node_disk_writes_completed_total", 1, false},
    {"node_disk_writes_merged_total", 1, false},
    {"node_disk_written_bytes_total", SECTOR, false},
    {"node_disk_write_time_seconds_total", 1e-3, false},
    {"node_disk_io_now", 1, true},
    {"node_disk_io_time_seconds_total", 1e-3, false},
    {"node_disk_io_time_weighted_seconds_total", 1e-3, false},
    {"node_disk_discards_completed_total", 1, false},
    {"node_disk_discards_merged_total", 1, false},
    {"node_disk_discarded_sectors_total", 1, false},
    {"node_disk_discard_time_seconds_total", 1e-3, false},
    {"node_disk_flush_requests_total", 1, false},
    {"node_disk_flush_requests_time_seconds_total", 1e-3, false},
};

static int disk_open(pl_sampler *s, void **state, pl_error *err)
{
  return pl_single_open(s, "diskstats", PIECE, state, err);
}

static bool is_digit(char c)
{
  return c >= '0' && c <= '9';
}

static bool has_kind(pl_str name, const char *const *kinds)
{
  while (*kinds && !pl_str_starts(name, pl_str_of(*kinds)))
    kinds++;
  return *kinds != NULL;
}

/* sda1, nvme0n1p2, loop0, ram0 ... */
static bool is_left_out(pl_str name)
{
  static const char *const virtual[] = {"loop", "ram", "fd", NULL};
  static const char *const lettered[] = {"sd", "vd", "xvd", "hd", NULL};
  static const char *const numbered[] = {"nvme", "mmcblk", NULL};
  if (has_kind(name, virtual))
    return true;
  if (has_kind(name, lettered))
    return is_digit(name.data[name.len - 1]);
  if (!has_kind(name, numbered))
    return false;
  size_t n = name.len;
  while (n && is_digit(name.data[n - 1]))
    n--;
  return n > 1 && n < name.len && name.data[n - 1] == 'p' && is_digit(name.data[n - 2]);
}

static void disk_read(pl_sampler *s, void *state)
{
  pl_str text = pl_procfile_read(state), line;
  while ((line = pl_line_next(&text)).data) {
    pl_str major = pl_field_next(&line), minor = pl_field_next(&line), device = pl_field_next(&line);
    if (device.len == 0 || is_left_out(device))
      continue;
    const pl_sample_label who[] = {{"device", device}, {"major", major}, {"minor", minor}};
    pl_sampler_emit(s, &(pl_emit){.name = "node_disk_info", .labels = who, .n_labels = 3}, 1);
    for (int i = 0; i < NUMBERS && line.len; i++) {
      double number = pl_field_number(&line);
      pl_sampler_emit(s, &(pl_emit){columns[i].metric, !columns[i].gauge, who, 1}, number * columns[i].scale);
    }
  }
}

const pl_source pl_source_disk = {"/proc/diskstats", disk_open, disk_read, pl_single_close};
