/* Linux: /proc/thread-self, getrusage of a thread, the CPU mask. */
#include "io/usage.h"

#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

/* The second number of schedstat: time on the run queue, in ns (Documentation/scheduler/sched-stats.rst). */
static uint64_t run_queue_ns(void)
{
  char text[96], *end;
  int fd = open("/proc/thread-self/schedstat", O_RDONLY | O_CLOEXEC);
  if (fd < 0)
    return 0;
  ssize_t n = read(fd, text, sizeof text - 1);
  close(fd);
  if (n <= 0)
    return 0;
  text[n] = '\0';
  (void)strtoull(text, &end, 10);
  return strtoull(end, NULL, 10);
}

void pl_usage_read(pl_usage *out)
{
  struct rusage r = {.ru_nvcsw = 0};
  (void)getrusage(RUSAGE_THREAD, &r);
  *out = (pl_usage){run_queue_ns(), (uint64_t)r.ru_nvcsw, (uint64_t)r.ru_nivcsw};
}

pl_usage pl_usage_since(const pl_usage *before, const pl_usage *now)
{
  return (pl_usage){now->waited_ns - before->waited_ns, now->yielded - before->yielded, now->preempted - before->preempted};
}

unsigned pl_usable_cpus(void)
{
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) == 0)
    return (unsigned)CPU_COUNT(&set);
  long n = sysconf(_SC_NPROCESSORS_ONLN);
  return n > 0 ? (unsigned)n : 1;
}

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
