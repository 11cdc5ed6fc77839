/* Pressure stall information (/proc/pressure): seconds in which some or all tasks waited for a resource. */
#include "base/error.h"
#include "sample/single.h"

static const struct {
  const char *path, *some, *full;
} files[] = {
    {"pressure/cpu", "node_pressure_cpu_waiting_seconds_total", NULL},
    {"pressure/io", "node_pressure_io_waiting_seconds_total", "node_pressure_io_stalled_seconds_total"},
    {"pressure/memory", "node_pressure_memory_waiting_seconds_total", "node_pressure_memory_stalled_seconds_total"},
};

typedef struct pressure {
  pl_procfile file[3];
} pressure;

static int pressure_open(pl_sampler *s, void **state, pl_error *err)
{
  const pl_sampler_options *o = pl_sampler_options_of(s);
  pressure *p = pl_alloc_zero(o->alloc, 1, sizeof *p);
  if (!p)
    return pl_fail(err, PL_ENOMEM, "out of memory for a sampler");
  bool any = false;
  for (int i = 0; i < 3; i++)
    any = pl_procfile_open(&p->file[i], o->alloc, o->proc_root, files[i].path) == PL_OK || any;
  if (!any) {
    pl_free(o->alloc, p, sizeof *p);
    return PL_ENOENT;
  }
  *state = p;
  return PL_OK;
}

static void pressure_close(pl_sampler *s, void *state)
{
  pressure *p = state;
  for (int i = 0; i < 3; i++)
    pl_procfile_close(&p->file[i]);
  pl_free(pl_sampler_options_of(s)->alloc, p, sizeof *p);
}

/* "some avg10=0.00 avg60=0.00 avg300=0.00 total=12345": microseconds. */
static double total_of(pl_str line)
{
  uint64_t us = 0;
  while (line.len) {
    pl_str word = pl_field_next(&line);
    if (pl_str_starts(word, PL_STR("total=")))
      (void)pl_str_u64((pl_str){word.data + 6, word.len - 6}, &us);
  }
  return (double)us / 1e6;
}

static void pressure_read(pl_sampler *s, void *state)
{
  pressure *p = state;
  for (int i = 0; i < 3; i++) {
    if (p->file[i].fd < 0)
      continue;
    pl_str text = pl_procfile_read(&p->file[i]), line;
    while ((line = pl_line_next(&text)).data) {
      const char *metric = pl_str_starts(line, PL_STR("some")) ? files[i].some : files[i].full;
      if (metric)
        pl_sampler_counter(s, metric, total_of(line));
    }
  }
}

const pl_source pl_source_pressure = {"/proc/pressure", pressure_open, pressure_read, pressure_close};
