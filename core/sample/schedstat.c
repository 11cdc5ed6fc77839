/* /proc/schedstat: seconds in which tasks ran on a CPU and waited for it, and how often they were changed. */
#include "sample/single.h"

static int schedstat_open(pl_sampler *s, void **state, pl_error *err)
{
  return pl_single_open(s, "schedstat", PL_PIECE_ANY, state, err);
}

static void schedstat_read(pl_sampler *s, void *state)
{
  pl_str text = pl_procfile_read(state), line;
  while ((line = pl_line_next(&text)).data) {
    pl_str key = pl_field_next(&line);
    if (!pl_str_starts(key, PL_STR("cpu")))
      continue;
    pl_str cpu = {key.data + 3, key.len - 3};
    for (int i = 0; i < 6; i++)
      (void)pl_field_next(&line);
    pl_sampler_counter_of(s, "node_schedstat_running_seconds_total", "cpu", cpu, pl_field_number(&line) / 1e9);
    pl_sampler_counter_of(s, "node_schedstat_waiting_seconds_total", "cpu", cpu, pl_field_number(&line) / 1e9);
    pl_sampler_counter_of(s, "node_schedstat_timeslices_total", "cpu", cpu, pl_field_number(&line));
  }
}

const pl_source pl_source_schedstat = {"/proc/schedstat", schedstat_open, schedstat_read, pl_single_close};
