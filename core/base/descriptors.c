/* Linux: the table of a process doubles when it is full. */
#include "base/descriptors.h"

#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

void pl_descriptor_advice(char out[PL_RAISE_TEXT])
{
  uint64_t limit = pl_descriptor_limit(), usual = 1024;
  (void)snprintf(out, PL_RAISE_TEXT, "ulimit -n is %" PRIu64 ": raise it (ulimit -n %" PRIu64 ")", limit, limit < usual ? usual : 2 * limit);
}

uint64_t pl_descriptor_limit(void)
{
  struct rlimit r;
  return getrlimit(RLIMIT_NOFILE, &r) == 0 && r.rlim_cur != RLIM_INFINITY ? (uint64_t)r.rlim_cur : UINT64_MAX / 2;
}

void pl_descriptor_room(uint64_t n)
{
  uint64_t limit = pl_descriptor_limit(), last = n < limit ? n : limit;
  if (last == 0 || last > INT_MAX)
    return;
  int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
  int top = fd >= 0 ? fcntl(fd, F_DUPFD_CLOEXEC, (int)(last - 1)) : -1;
  if (top >= 0)
    (void)close(top);
  if (fd >= 0)
    (void)close(fd);
}

int pl_spare_descriptors(uint64_t limit)
{
  uint64_t share = limit / 32;
  return share < 256 ? (int)share : 256;
}
