/* The slice that the kernel gives the calling thread. */
#ifndef TEST_SLICE_H
#define TEST_SLICE_H

#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

/* In ns; 0 where the kernel does not tell. What is read is the first version of struct sched_attr, whose header does not go with
 * <sched.h> everywhere. */
static inline uint64_t slice_ns(void)
{
  struct {
    uint32_t size, policy;
    uint64_t flags;
    int32_t nice;
    uint32_t priority;
    uint64_t runtime_ns, deadline_ns, period_ns;
  } attr = {0};
  return syscall(SYS_sched_getattr, 0, &attr, sizeof attr, 0) ? 0 : attr.runtime_ns;
}

#endif
