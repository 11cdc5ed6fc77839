/* /proc/meminfo: the fields that a review looks at, in bytes. */
#include "sample/single.h"

static const struct {
  const char *key, *metric;
} fields[] = {
    {"MemTotal:", "node_memory_MemTotal_bytes"},     {"MemFree:", "node_memory_MemFree_bytes"},
    {"MemAvailable:", "node_memory_MemAvailable_bytes"}, {"Buffers:", "node_memory_Buffers_bytes"},
    {"Cached:", "node_memory_Cached_bytes"},         {"SwapTotal:", "node_memory_SwapTotal_bytes"},
    {"SwapFree:", "node_memory_SwapFree_bytes"},     {"Dirty:", "node_memory_Dirty_bytes"},
    {"Slab:", "node_memory_Slab_bytes"},             {"AnonPages:", "node_memory_AnonPages_bytes"},
};

static int memory_open(pl_sampler *s, void **state, pl_error *err)
{
  return pl_single_open(s, "meminfo", state, err);
}

static void memory_read(pl_sampler *s, void *state)
{
  pl_str text = pl_procfile_read(state), line;
  while ((line = pl_line_next(&text)).data) {
    pl_str key = pl_field_next(&line);
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
      if (pl_str_eqc(key, fields[i].key))
        pl_sampler_gauge(s, fields[i].metric, pl_field_number(&line) * 1024);
    }
  }
}

const pl_source pl_source_memory = {"/proc/meminfo", memory_open, memory_read, pl_single_close};
