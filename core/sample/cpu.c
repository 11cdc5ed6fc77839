/* /proc/stat: CPU seconds by mode, interrupts, context switches, processes. */
#include "sample/pidfile.h"
#include "sample/single.h"

static int cpu_open(pl_sampler *s, void **state, pl_error *err)
{
  return pl_single_open(s, "stat", PL_PIECE_WHOLE, state, err);
}

static void emit_mode(pl_sampler *s, const char *metric, pl_str cpu, const char *mode, double ticks)
{
  const pl_sample_label labels[] = {{"cpu", cpu}, {"mode", pl_str_of(mode)}};
  pl_sampler_emit(s, &(pl_emit){metric, true, labels, 2}, ticks / PL_PID_TICKS);
}

/* A guest's time is part of user's and nice's, too. Old kernels have fewer columns. */
static void emit_cpu(pl_sampler *s, pl_str cpu, pl_str line)
{
  static const char *const modes[] = {"user", "nice", "system", "idle", "iowait", "irq", "softirq", "steal"};
  static const char *const guests[] = {"user", "nice"};
  for (size_t i = 0; i < sizeof modes / sizeof *modes && line.len; i++)
    emit_mode(s, "node_cpu_seconds_total", cpu, modes[i], pl_field_number(&line));
  for (size_t i = 0; i < sizeof guests / sizeof *guests && line.len; i++)
    emit_mode(s, "node_cpu_guest_seconds_total", cpu, guests[i], pl_field_number(&line));
}

/* The sum, then one number for each kind. */
static void read_softirqs(pl_sampler *s, pl_str line)
{
  static const char *const kinds[] = {"hi", "timer", "net_tx", "net_rx", "block", "block_iopoll", "tasklet", "sched", "hrtimer", "rcu"};
  (void)pl_field_next(&line);
  for (size_t i = 0; i < sizeof kinds / sizeof *kinds && line.len; i++)
    pl_sampler_counter_of(s, "node_softirqs_total", "vector", pl_str_of(kinds[i]), pl_field_number(&line));
}

static void cpu_read(pl_sampler *s, void *state)
{
  static const struct {
    const char *key, *metric;
    bool counter;
  } singles[] = {
      {"intr", "node_intr_total", true},         {"ctxt", "node_context_switches_total", true},
      {"btime", "node_boot_time_seconds", false}, {"processes", "node_forks_total", true},
      {"procs_running", "node_procs_running", false}, {"procs_blocked", "node_procs_blocked", false},
  };
  pl_str text = pl_procfile_read(state), line;
  while ((line = pl_line_next(&text)).data) {
    pl_str key = pl_field_next(&line);
    if (pl_str_starts(key, PL_STR("cpu")) && key.len > 3)
      emit_cpu(s, (pl_str){key.data + 3, key.len - 3}, line);
    else if (pl_str_eqc(key, "softirq"))
      read_softirqs(s, line);
    for (size_t i = 0; i < sizeof singles / sizeof *singles; i++) {
      if (pl_str_eqc(key, singles[i].key))
        pl_sampler_emit(s, &(pl_emit){.name = singles[i].metric, .counter = singles[i].counter}, pl_field_number(&line));
    }
  }
}

const pl_source pl_source_cpu = {"/proc/stat", cpu_open, cpu_read, pl_single_close};
