/* /proc/diskstats: whole devices, without partitions, loops and RAM disks (node_exporter's default). */
#include "sample/single.h"

enum { SECTOR = 512 };

static int disk_open(pl_sampler *s, void **state, pl_error *err)
{
  return pl_single_open(s, "diskstats", state, err);
}

static bool is_digit(char c)
{
  return c >= '0' && c <= '9';
}

/* sda1, nvme0n1p2, loop0, ram0 ... */
static bool is_left_out(pl_str name)
{
  if (pl_str_starts(name, PL_STR("loop")) || pl_str_starts(name, PL_STR("ram")) || pl_str_starts(name, PL_STR("zram")) || pl_str_starts(name, PL_STR("fd")))
    return true;
  bool letters = pl_str_starts(name, PL_STR("sd")) || pl_str_starts(name, PL_STR("vd")) || pl_str_starts(name, PL_STR("xvd")) ||
                 pl_str_starts(name, PL_STR("hd"));
  if (letters)
    return is_digit(name.data[name.len - 1]);
  if (!pl_str_starts(name, PL_STR("nvme")) && !pl_str_starts(name, PL_STR("mmcblk")))
    return false;
  size_t n = name.len;
  while (n && is_digit(name.data[n - 1]))
    n--;
  return n > 1 && n < name.len && name.data[n - 1] == 'p' && is_digit(name.data[n - 2]);
}

static void emit(pl_sampler *s, const char *metric, pl_str device, double value)
{
  pl_emit e = {metric, true, {"device"}, {device}};
  pl_sampler_emit(s, &e, value);
}

static void disk_read(pl_sampler *s, void *state)
{
  pl_str text = pl_procfile_read(state), line;
  while ((line = pl_line_next(&text)).data) {
    (void)pl_field_next(&line);
    (void)pl_field_next(&line);
    pl_str device = pl_field_next(&line);
    if (device.len == 0 || is_left_out(device))
      continue;
    double v[11];
    for (int i = 0; i < 11; i++)
      v[i] = pl_field_number(&line);
    emit(s, "node_disk_reads_completed_total", device, v[0]);
    emit(s, "node_disk_read_bytes_total", device, v[2] * SECTOR);
    emit(s, "node_disk_read_time_seconds_total", device, v[3] / 1000);
    emit(s, "node_disk_writes_completed_total", device, v[4]);
    emit(s, "node_disk_written_bytes_total", device, v[6] * SECTOR);
    emit(s, "node_disk_write_time_seconds_total", device, v[7] / 1000);
    emit(s, "node_disk_io_time_seconds_total", device, v[9] / 1000);
    emit(s, "node_disk_io_time_weighted_seconds_total", device, v[10] / 1000);
  }
}

const pl_source pl_source_disk = {"/proc/diskstats", disk_open, disk_read, pl_single_close};
