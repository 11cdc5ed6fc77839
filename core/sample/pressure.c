/* Pressure stall information (/proc/pressure): seconds in which some or all tasks waited for a resource. */
#include "sample/single.h"

static const struct {
  const char *path, *some, *full;
} files[] = {
    {"pressure/cpu", "node_pressure_cpu_waiting_seconds_total", NULL},
    {"pressure/io", "node_pressure_io_waiting_seconds_total", "node_pressure_io_stalled_seconds_total"},
    {"pressure/memory", "node_pressure_memory_waiting_seconds_total", "node_pressure_memory_stalled_seconds_total"},
    {"pressure/irq", NULL, "node_pressure_irq_stalled_seconds_total"},
};
enum { FILES = sizeof files / sizeof *files };

static int pressure_open(pl_sampler *s, void **state, pl_error *err)
{
  const char *paths[FILES];
  for (int i = 0; i < FILES; i++)
    paths[i] = files[i].path;
  return pl_several_open(s, paths, FILES, PL_PIECE_WHOLE, state, err);
}

static void pressure_read(pl_sampler *s, void *state)
{
  pl_several *p = state;
  for (int i = 0; i < FILES; i++) {
    pl_str text = pl_procfile_read(&p->file[i]), line;
    while ((line = pl_line_next(&text)).data) {
      const char *metric = pl_str_starts(line, PL_STR("some")) ? files[i].some : files[i].full;
      if (metric)
        pl_sampler_counter(s, metric, pl_pressure_total(line));
    }
  }
}

const pl_source pl_source_pressure = {"/proc/pressure", pressure_open, pressure_read, pl_several_close};
