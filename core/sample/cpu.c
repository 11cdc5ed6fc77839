/* /proc/stat: CPU seconds by mode, context switches, processes. Ticks are 1/100 s (USER_HZ) for every kernel of Linux. */
#include "sample/single.h"

enum { TICKS = 100 };

static int cpu_open(pl_sampler *s, void **state, pl_error *err)
{
  return pl_single_open(s, "stat", state, err);
}

static void emit_cpu(pl_sampler *s, pl_str cpu, pl_str line)
{
  static const char *const modes[] = {"user", "nice", "system", "idle", "iowait", "irq", "softirq", "steal"};
  for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
    pl_emit e = {"node_cpu_seconds_total", true, {"cpu", "mode"}, {cpu, pl_str_of(modes[i])}};
    pl_sampler_emit(s, &e, pl_field_number(&line) / TICKS);
  }
}

static void cpu_read(pl_sampler *s, void *state)
{
  pl_str text = pl_procfile_read(state), line;
  while ((line = pl_line_next(&text)).data) {
    pl_str key = pl_field_next(&line);
    if (pl_str_starts(key, PL_STR("cpu")) && key.len > 3)
      emit_cpu(s, (pl_str){key.data + 3, key.len - 3}, line);
    else if (pl_str_eqc(key, "ctxt"))
      pl_sampler_counter(s, "node_context_switches_total", pl_field_number(&line));
    else if (pl_str_eqc(key, "processes"))
      pl_sampler_counter(s, "node_forks_total", pl_field_number(&line));
    else if (pl_str_eqc(key, "procs_running"))
      pl_sampler_gauge(s, "node_procs_running", pl_field_number(&line));
    else if (pl_str_eqc(key, "procs_blocked"))
      pl_sampler_gauge(s, "node_procs_blocked", pl_field_number(&line));
    else if (pl_str_eqc(key, "btime"))
      pl_sampler_gauge(s, "node_boot_time_seconds", pl_field_number(&line));
  }
}

const pl_source pl_source_cpu = {"/proc/stat", cpu_open, cpu_read, pl_single_close};
