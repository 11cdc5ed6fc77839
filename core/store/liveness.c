/* A pid is given out again, and a machine starts anew: only with boot and start time does it name one process. */
#include "store/liveness.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Reads a small file of /proc; the length, or 0. */
static size_t read_small(const char *path, char *out, size_t size)
{
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0)
    return 0;
  ssize_t n = read(fd, out, size - 1);
  close(fd);
  out[n > 0 ? n : 0] = '\0';
  return n > 0 ? (size_t)n : 0;
}

void pl_boot_id(char out[40])
{
  if (read_small("/proc/sys/kernel/random/boot_id", out, 40) == 0)
    out[0] = '\0';
  out[strcspn(out, "\n")] = '\0';
}

uint64_t pl_process_start(int64_t pid)
{
  char path[64], text[1024];
  (void)snprintf(path, sizeof path, "/proc/%lld/stat", (long long)pid);
  if (read_small(path, text, sizeof text) == 0)
    return 0;
  /* The name (field 2) may hold spaces and brackets: count from its last ')'. Field 22 is the start time. */
  const char *p = strrchr(text, ')');
  if (p && strncmp(p, ") Z", 3) == 0)
    return 0; /* dead, and not yet waited for */
  for (int field = 2; p && field < 22; field++)
    p = strchr(p + 1, ' ');
  uint64_t start = 0;
  if (p)
    (void)pl_str_u64((pl_str){p + 1, strcspn(p + 1, " ")}, &start);
  return start;
}

bool pl_process_alive(pl_str boot_id, int64_t pid, uint64_t start)
{
  char now[40];
  pl_boot_id(now);
  if (now[0] && boot_id.len && !pl_str_eqc(boot_id, now))
    return false;
  return pl_process_start(pid) == start;
}
