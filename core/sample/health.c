/* See health.h: /proc/stat's first line, cpu.stat of our own group. */
#include "sample/health.h"

#include <stdio.h>
#include <time.h>

#include "sample/cgroup_path.h"
#include "sample/procfile.h"

static void read_stat(const pl_allocator *a, pl_health *out)
{
  pl_procfile f;
  if (pl_procfile_open(&f, a, "/proc", "stat"))
    return;
  pl_str text = pl_procfile_read(&f), line = pl_line_next(&text);
  (void)pl_field_next(&line);
  for (int mode = 0; mode < 8; mode++) {
    double ticks = pl_field_number(&line);
    out->cpu += ticks;
    if (mode == 7)
      out->steal = ticks;
  }
  pl_procfile_close(&f);
}

static void read_throttled(const pl_allocator *a, pl_health *out)
{
  pl_cgroup_paths paths;
  if (!pl_cgroup_find("/proc", "/sys", (pl_str){"", 0}, 0, &paths))
    return;
  char path[PL_CGROUP_PATH + 16];
  snprintf(path, sizeof path, "%s/cpu.stat", paths.version2 ? paths.unified : paths.cpu);
  pl_procfile f;
  if (pl_procfile_open(&f, a, "/sys", path))
    return;
  pl_str text = pl_procfile_read(&f), line;
  while ((line = pl_line_next(&text)).data) {
    pl_str key = pl_field_next(&line);
    if (pl_str_eqc(key, "throttled_usec"))
      out->throttled_s = pl_field_number(&line) / 1e6;
    else if (pl_str_eqc(key, "throttled_time"))
      out->throttled_s = pl_field_number(&line) / 1e9;
  }
  pl_procfile_close(&f);
}

void pl_health_read(const pl_allocator *a, pl_health *out)
{
  struct timespec now;
  *out = (pl_health){0};
  clock_gettime(CLOCK_MONOTONIC, &now);
  out->wall_s = (double)now.tv_sec + (double)now.tv_nsec / 1e9;
  read_stat(a, out);
  read_throttled(a, out);
}

static double share(double part, double all)
{
  return all > 0 && part > 0 ? (part < all ? part / all : 1) : 0;
}

pl_health_shares pl_health_between(const pl_health *before, const pl_health *after)
{
  return (pl_health_shares){share(after->steal - before->steal, after->cpu - before->cpu),
                            share(after->throttled_s - before->throttled_s, after->wall_s - before->wall_s)};
}
