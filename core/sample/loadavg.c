/* /proc/loadavg */
#include "sample/single.h"

static int loadavg_open(pl_sampler *s, void **state, pl_error *err)
{
  return pl_single_open(s, "loadavg", state, err);
}

static void loadavg_read(pl_sampler *s, void *state)
{
  pl_str text = pl_procfile_read(state);
  pl_sampler_gauge(s, "node_load1", pl_field_number(&text));
  pl_sampler_gauge(s, "node_load5", pl_field_number(&text));
  pl_sampler_gauge(s, "node_load15", pl_field_number(&text));
}

const pl_source pl_source_loadavg = {"/proc/loadavg", loadavg_open, loadavg_read, pl_single_close};
