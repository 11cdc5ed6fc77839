/* See pidfile.h and proc(5). */
#include "sample/pidfile.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "sample/procfile.h"

enum { STAT_SIZE = 1024, PATH_SIZE = 512 };

/* "123 (a name) with )) S 1 ...": the name ends at the last parenthesis. Fields are counted from 3, the state. */
bool pl_pid_stat_parse(pl_str text, pl_pid_stat *out)
{
  const char *open = text.len ? memchr(text.data, '(', text.len) : NULL;
  const char *close = text.len ? memrchr(text.data, ')', text.len) : NULL;
  if (!open || !close || close < open)
    return false;
  *out = (pl_pid_stat){0};
  (void)pl_copy(out->name, sizeof out->name, (pl_str){open + 1, (size_t)(close - open - 1)});
  pl_str rest = {close + 1, text.len - (size_t)(close + 1 - text.data)};
  pl_str state = pl_field_next(&rest);
  out->state = state.len ? state.data[0] : '?';
  for (int field = 4; field <= 24; field++) {
    double v = pl_field_number(&rest);
    if (field == 4)
      out->parent = (int64_t)v;
    else if (field == 10)
      out->minor_faults = v;
    else if (field == 12)
      out->major_faults = v;
    else if (field == 14 || field == 15)
      out->cpu_s += v / PL_PID_TICKS;
    else if (field == 20)
      out->threads = (unsigned)v;
    else if (field == 22)
      out->start_ticks = (uint64_t)v;
    else if (field == 23)
      out->virtual_bytes = (uint64_t)v;
    else if (field == 24)
      out->resident_bytes = (uint64_t)v * (uint64_t)sysconf(_SC_PAGESIZE);
  }
  return out->start_ticks != 0;
}

bool pl_pid_stat_read(const char *proc_root, int64_t pid, pl_pid_stat *out)
{
  char path[PATH_SIZE], text[STAT_SIZE];
  snprintf(path, sizeof path, "%s/%lld/stat", proc_root, (long long)pid);
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0)
    return false;
  ssize_t n = read(fd, text, sizeof text);
  close(fd);
  return n > 0 && pl_pid_stat_parse((pl_str){text, (size_t)n}, out);
}

typedef struct walk {
  bool (*fn)(void *user, int64_t pid);
  void *user;
} walk;

static bool visit(void *user, const char *name)
{
  const walk *w = user;
  uint64_t pid;
  return !pl_str_u64(pl_str_of(name), &pid) || w->fn(w->user, (int64_t)pid);
}

void pl_pid_each(const char *proc_root, bool (*fn)(void *user, int64_t pid), void *user)
{
  int fd = open(proc_root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0)
    return;
  pl_folder_each(fd, visit, &(walk){fn, user});
  close(fd);
}

/* Since Linux 6.2 the size of /proc/PID/fd is the number of its entries; 0 before, and of folders that are none of proc's. */
static unsigned size_of_proc_folder(const char *path)
{
  struct statfs fs;
  struct stat st;
  bool known = statfs(path, &fs) == 0 && fs.f_type == PROC_SUPER_MAGIC && stat(path, &st) == 0;
  return known ? (unsigned)st.st_size : 0;
}

static bool count_one(void *user, const char *name)
{
  *(unsigned *)user += name[0] != '.';
  return true;
}

static unsigned count_entries(const char *path)
{
  unsigned n = 0;
  int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0)
    return 0;
  pl_folder_each(fd, count_one, &n);
  close(fd);
  return n;
}

unsigned pl_pid_fds(const char *proc_root, int64_t pid)
{
  char path[PATH_SIZE];
  snprintf(path, sizeof path, "%s/%lld/fd", proc_root, (long long)pid);
  unsigned n = size_of_proc_folder(path);
  return n ? n : count_entries(path);
}
