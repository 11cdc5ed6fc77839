/* Our own process: what the tool itself costs. getrusage(2) and /proc/self/statm. */
#include <sys/resource.h>
#include <unistd.h>

#include "sample/single.h"

static int self_open(pl_sampler *s, void **state, pl_error *err)
{
  return pl_single_open(s, "self/statm", PL_PIECE_WHOLE, state, err);
}

static double seconds(struct timeval t)
{
  return (double)t.tv_sec + (double)t.tv_usec / 1e6;
}

static void self_read(pl_sampler *s, void *state)
{
  struct rusage use;
  if (getrusage(RUSAGE_SELF, &use) == 0) {
    pl_sampler_counter(s, "process_cpu_seconds_total", seconds(use.ru_utime) + seconds(use.ru_stime));
    pl_sampler_counter(s, "process_context_switches_total", (double)(use.ru_nvcsw + use.ru_nivcsw));
  }
  pl_str text = pl_procfile_read(state);
  double page = (double)sysconf(_SC_PAGESIZE);
  pl_sampler_gauge(s, "process_virtual_memory_bytes", pl_field_number(&text) * page);
  pl_sampler_gauge(s, "process_resident_memory_bytes", pl_field_number(&text) * page);
}

const pl_source pl_source_self = {"/proc/self", self_open, self_read, pl_single_close};
