/* /proc/vmstat: paging, swapping, memory killed. */
#include "sample/single.h"

static const struct {
  const char *key, *metric;
} fields[] = {
    {"pgfault", "node_vmstat_pgfault"}, {"pgmajfault", "node_vmstat_pgmajfault"}, {"pgpgin", "node_vmstat_pgpgin"},
    {"pgpgout", "node_vmstat_pgpgout"}, {"pswpin", "node_vmstat_pswpin"},         {"pswpout", "node_vmstat_pswpout"},
    {"oom_kill", "node_vmstat_oom_kill"},
};

static int vmstat_open(pl_sampler *s, void **state, pl_error *err)
{
  return pl_single_open(s, "vmstat", state, err);
}

static void vmstat_read(pl_sampler *s, void *state)
{
  pl_str text = pl_procfile_read(state), line;
  while ((line = pl_line_next(&text)).data) {
    if (line.data[0] != 'p' && line.data[0] != 'o')
      continue;
    pl_str key = pl_field_next(&line);
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
      if (pl_str_eqc(key, fields[i].key))
        pl_sampler_counter(s, fields[i].metric, pl_field_number(&line));
    }
  }
}

const pl_source pl_source_vmstat = {"/proc/vmstat", vmstat_open, vmstat_read, pl_single_close};
