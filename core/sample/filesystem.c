/* Mounted file systems on devices: /proc/self/mounts names them, statvfs fills in. */
#include <string.h>
#include <sys/statvfs.h>

#include "sample/single.h"

static int filesystem_open(pl_sampler *s, void **state, pl_error *err)
{
  return pl_single_open(s, "self/mounts", state, err);
}

static void emit(pl_sampler *s, const char *metric, pl_str device, pl_str type, pl_str mount, double value)
{
  pl_emit e = {metric, false, {"device", "fstype", "mountpoint"}, {device, type, mount}};
  pl_sampler_emit(s, &e, value);
}

static void filesystem_read(pl_sampler *s, void *state)
{
  pl_str text = pl_procfile_read(state), line;
  while ((line = pl_line_next(&text)).data) {
    char path[1024];
    struct statvfs v;
    pl_str device = pl_field_next(&line), mount = pl_field_next(&line), type = pl_field_next(&line);
    if (!pl_str_starts(device, PL_STR("/dev/")) || memchr(mount.data, '\\', mount.len) || !pl_copy(path, sizeof path, mount) ||
        statvfs(path, &v))
      continue;
    emit(s, "node_filesystem_size_bytes", device, type, mount, (double)v.f_blocks * (double)v.f_frsize);
    emit(s, "node_filesystem_avail_bytes", device, type, mount, (double)v.f_bavail * (double)v.f_frsize);
    emit(s, "node_filesystem_files_free", device, type, mount, (double)v.f_ffree);
  }
}

const pl_source pl_source_filesystem = {"/proc/self/mounts", filesystem_open, filesystem_read, pl_single_close};
