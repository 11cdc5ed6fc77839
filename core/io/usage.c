/* Linux: /proc/thread-self, getrusage of a thread, the CPU mask. */
#include "io/usage.h"

#include <fcntl.h>
#include <sched.h>
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
  uint64_t waited_ns = now->waited_ns > before->waited_ns ? now->waited_ns - before->waited_ns : 0;
  return (pl_usage){waited_ns, now->yielded - before->yielded, now->preempted - before->preempted};
}

unsigned pl_usable_cpus(void)
{
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) == 0)
    return (unsigned)CPU_COUNT(&set);
  long n = sysconf(_SC_NPROCESSORS_ONLN);
  return n > 0 ? (unsigned)n : 1;
}
