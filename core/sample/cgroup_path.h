/* Where the control groups of a process are: versions 1 and 2 side by side (cgroups(7)). */
#ifndef PL_SAMPLE_CGROUP_PATH_H
#define PL_SAMPLE_CGROUP_PATH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

enum { PL_CGROUP_PATH = 512 };

/* Folders below sys_root ("fs/cgroup/..."); empty where there is none. In version 2 all are the same. */
typedef struct pl_cgroup_paths {
  char cpu[PL_CGROUP_PATH], cpuacct[PL_CGROUP_PATH], memory[PL_CGROUP_PATH], blkio[PL_CGROUP_PATH], pids[PL_CGROUP_PATH];
  char unified[PL_CGROUP_PATH];
  bool version2;
} pl_cgroup_paths;

/* Of the group named path ("/system.slice/shop.service"), or, when path is empty, of the process. False when there is none. */
bool pl_cgroup_find(const char *proc_root, const char *sys_root, pl_str path, int64_t pid, pl_cgroup_paths *out);

#endif
