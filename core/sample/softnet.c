/* /proc/net/softnet_stat: packets that each CPU took from the network, dropped, or left for later. */
#include <stdio.h>

#include "sample/single.h"

static const struct {
  int column;
  const char *metric;
  bool counter;
} columns[] = {
    {0, "node_softnet_processed_total", true},     {1, "node_softnet_dropped_total", true},
    {2, "node_softnet_times_squeezed_total", true}, {8, "node_softnet_cpu_collision_total", true},
    {9, "node_softnet_received_rps_total", true},  {10, "node_softnet_flow_limit_count_total", true},
    {11, "node_softnet_backlog_len", false},
};
enum { COLUMNS = 13, CPU = 12, PIECE = 256 /* a line: 15 numbers of 8 digits */ };

static int softnet_open(pl_sampler *s, void **state, pl_error *err)
{
  return pl_single_open(s, "net/softnet_stat", PIECE, state, err);
}

/* Kernels since 5.14 say which CPU a line is of; before, lines were counted. */
static void softnet_read(pl_sampler *s, void *state)
{
  pl_str text = pl_procfile_read(state), line;
  for (unsigned number = 0; (line = pl_line_next(&text)).data; number++) {
    double v[COLUMNS];
    int n = 0;
    for (; n < COLUMNS && line.len; n++)
      v[n] = pl_field_hex(&line);
    char text_of[16];
    int len = snprintf(text_of, sizeof text_of, "%u", n > CPU ? (unsigned)v[CPU] : number);
    const pl_sample_label cpu = {"cpu", {text_of, (size_t)len}};
    for (size_t i = 0; i < sizeof columns / sizeof *columns && columns[i].column < n; i++)
      pl_sampler_emit(s, &(pl_emit){columns[i].metric, columns[i].counter, &cpu, 1}, v[columns[i].column]);
  }
}

const pl_source pl_source_softnet = {"/proc/net/softnet_stat", softnet_open, softnet_read, pl_single_close};
