/* See cgroup_path.h. */
#include "sample/cgroup_path.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "sample/procfile.h"

enum { TEXT_SIZE = 8192, FULL_SIZE = 1280 };

static bool is_there(const char *sys_root, const char *path)
{
  char full[FULL_SIZE];
  snprintf(full, sizeof full, "%s/%s", sys_root, path);
  return access(full, R_OK) == 0;
}

/* Takes the folder of a controller's group; the mount's root when the group lies outside of what is mounted here, as in a
 * container. */
static void take(const char *sys_root, const char *mount, pl_str group, char out[PL_CGROUP_PATH])
{
  snprintf(out, PL_CGROUP_PATH, "%s%.*s", mount, group.len > 1 ? (int)group.len : 0, group.data);
  if (!is_there(sys_root, out))
    snprintf(out, PL_CGROUP_PATH, "%s", mount);
  if (!is_there(sys_root, out))
    out[0] = '\0';
}

static bool names(pl_str controllers, const char *controller)
{
  while (controllers.data) {
    if (pl_str_eqc(pl_str_cut(&controllers, ','), controller))
      return true;
  }
  return false;
}

enum { CONTROLLERS = 5 };

typedef struct place {
  const char *name;
  char *path;
} place;

/* One of version 1's controllers and where its folder goes. */
static place controller(pl_cgroup_paths *out, size_t i)
{
  const place list[CONTROLLERS] = {{"cpu", out->cpu}, {"cpuacct", out->cpuacct}, {"memory", out->memory}, {"blkio", out->blkio}, {"pids", out->pids}};
  return list[i];
}

/* "4:cpu,cpuacct:/docker/1a2b": one line of /proc/PID/cgroup; "0::/path" is version 2's. */
static void take_line(const char *sys_root, pl_str line, pl_cgroup_paths *out)
{
  pl_str number = pl_str_cut(&line, ':'), controllers = pl_str_cut(&line, ':'), group = line;
  char mount[128];
  if (pl_str_eqc(number, "0") && controllers.len == 0) {
    if (is_there(sys_root, "fs/cgroup/cgroup.controllers")) {
      take(sys_root, "fs/cgroup", group, out->unified);
      out->version2 = out->unified[0] != '\0';
    }
    return;
  }
  if (controllers.len == 0 || controllers.len > 64)
    return;
  snprintf(mount, sizeof mount, "fs/cgroup/%.*s", (int)controllers.len, controllers.data);
  for (size_t i = 0; i < CONTROLLERS; i++) {
    if (names(controllers, controller(out, i).name))
      take(sys_root, mount, group, controller(out, i).path);
  }
}

static size_t read_text(const char *proc_root, int64_t pid, char text[TEXT_SIZE])
{
  char path[FULL_SIZE];
  if (pid > 0)
    snprintf(path, sizeof path, "%s/%lld/cgroup", proc_root, (long long)pid);
  else
    snprintf(path, sizeof path, "%s/self/cgroup", proc_root);
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  ssize_t n = fd < 0 ? 0 : read(fd, text, TEXT_SIZE);
  if (fd >= 0)
    close(fd);
  return n > 0 ? (size_t)n : 0;
}

/* One path for all controllers, as people write it; what does not exist stays empty. */
static void take_named(const char *sys_root, pl_str path, pl_cgroup_paths *out)
{
  const char *slash = path.data[0] == '/' ? "" : "/";
  out->version2 = is_there(sys_root, "fs/cgroup/cgroup.controllers");
  if (out->version2)
    snprintf(out->unified, PL_CGROUP_PATH, "fs/cgroup%s%.*s", slash, (int)path.len, path.data);
  if (out->version2 && !is_there(sys_root, out->unified))
    out->unified[0] = '\0';
  for (size_t i = 0; i < CONTROLLERS && !out->version2; i++) {
    place c = controller(out, i);
    snprintf(c.path, PL_CGROUP_PATH, "fs/cgroup/%s%s%.*s", c.name, slash, (int)path.len, path.data);
    if (!is_there(sys_root, c.path))
      c.path[0] = '\0';
  }
}

bool pl_cgroup_find(const char *proc_root, const char *sys_root, pl_str path, int64_t pid, pl_cgroup_paths *out)
{
  char text[TEXT_SIZE];
  *out = (pl_cgroup_paths){0};
  if (path.len) {
    take_named(sys_root, path, out);
  } else {
    pl_str rest = {text, read_text(proc_root, pid, text)}, line;
    while ((line = pl_line_next(&rest)).data)
      take_line(sys_root, line, out);
  }
  return out->unified[0] || out->cpu[0] || out->cpuacct[0] || out->memory[0] || out->blkio[0] || out->pids[0];
}
