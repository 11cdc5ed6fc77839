/* Samplers: one file for each source reads its numbers and emits them; what a kernel lacks is left out and said once. A
 * sampler belongs to one thread and allocates nothing once every metric was seen. */
#ifndef PL_SAMPLE_SAMPLER_H
#define PL_SAMPLE_SAMPLER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/alloc.h"
#include "base/log.h"
#include "base/str.h"

enum { PL_SAMPLE_METRICS = 32768, PL_SAMPLE_LABELS = 20 };

/* What a metric is; given to the sink once, before its first value. Strings live as long as the sampler. */
typedef struct pl_sample_metric {
  pl_str name;
  pl_str label_names[PL_SAMPLE_LABELS], label_values[PL_SAMPLE_LABELS];
  size_t n_labels;
  bool counter; /* a running total; else a gauge */
} pl_sample_metric;

typedef struct pl_sample_sink {
  void (*metric)(void *user, uint32_t number, const pl_sample_metric *metric); /* numbers are dense from 0 */
  void (*value)(void *user, uint32_t number, double value);
  void *user;
} pl_sample_sink;

typedef struct pl_sampler pl_sampler;

typedef struct pl_sampler_options {
  const pl_allocator *alloc;
  const pl_log *log;
  pl_sample_sink sink;
  const char *proc_root; /* NULL: "/proc" */
  const char *sys_root;  /* NULL: "/sys" */
  uint64_t scan_ns;      /* how often devices, processes and groups are looked for anew; 0: each second */
  pl_str kind;           /* "host", "process", "cgroup", "containers", "units", "textfile", "self" */
  pl_str name;           /* process: its name; cgroup: its path below the mount; textfile: a folder */
  bool pattern;          /* process: name is a shell pattern (fnmatch) of the name or the command line */
  bool children;         /* process: with all that descend from those, from now on */
  const int64_t *pids;   /* process: these, summed to one series; cgroup: that of the first */
  size_t n_pids;
  pl_str sets;           /* host: names of further sets of figures, separated by blanks, or "all" */
} pl_sampler_options;

/* Opens the sources of a kind. Errors: PL_EINVAL (unknown kind or set), PL_ENOENT (no such process or cgroup), PL_ELIMIT (no
 * descriptor is left), PL_ENOMEM. */
int pl_sampler_open(const pl_sampler_options *o, pl_sampler **out, pl_error *err) PL_MUSTCHECK;
/* Closes every source and frees the strings of its metrics; NULL is fine. */
void pl_sampler_close(pl_sampler *s);

/* Reads everything once and gives it to the sink. */
void pl_sampler_read(pl_sampler *s);
/* How many metrics the sink was told of. */
uint32_t pl_sampler_series(const pl_sampler *s);

/* ---- For the sources (one file each) -------------------------------------------------------------- */

/* A source of a sampler: opened once, read at each tick, closed. */
typedef struct pl_source {
  const char *name;
  int (*open)(pl_sampler *s, void **state, pl_error *err); /* PL_ENOENT: this kernel has it not */
  void (*read)(pl_sampler *s, void *state);
  void (*close)(pl_sampler *s, void *state);
} pl_source;

/* Of the host, always. */
extern const pl_source pl_source_cpu, pl_source_numbers, pl_source_memory, pl_source_vmstat, pl_source_disk, pl_source_filesystem, pl_source_network,
    pl_source_sockets, pl_source_netstat, pl_source_softnet, pl_source_conntrack, pl_source_arp, pl_source_pressure, pl_source_schedstat, pl_source_time,
    pl_source_identity, pl_source_devices, pl_source_raid, pl_source_xfs, pl_source_zfs, pl_source_zpool, pl_source_rpc, pl_source_ipvs,
    pl_source_hwmon, pl_source_rapl, pl_source_bonding;
/* Of the host, in sets that are asked for. */
extern const pl_source pl_source_vmstat_all, pl_source_netstat_all, pl_source_hugepages, pl_source_interrupts, pl_source_softirqs, pl_source_slab,
    pl_source_buddy, pl_source_numa, pl_source_processes, pl_source_perf, pl_source_qdisc;
/* Of other kinds. */
extern const pl_source pl_source_process, pl_source_cgroup, pl_source_containers, pl_source_units, pl_source_textfile, pl_source_self;

/* What the sampler was opened with, proc_root and sys_root filled in. */
const pl_sampler_options *pl_sampler_options_of(const pl_sampler *s);
/* Whether this read should look for devices, processes and groups that came or went. */
bool pl_sampler_scans(const pl_sampler *s);
/* Says at the level of information what a source leaves out, once for each literal. */
void pl_sampler_left_out(pl_sampler *s, const char *literal);

typedef struct pl_sample_label {
  const char *name;
  pl_str value;
} pl_sample_label;

/* One value's metric. */
typedef struct pl_emit {
  const char *name;
  bool counter;
  const pl_sample_label *labels;
  size_t n_labels; /* at most PL_SAMPLE_LABELS */
} pl_emit;
/* Gives one value to the sink, and its metric first when it is new; further ones than PL_SAMPLE_METRICS are dropped, and that is
 * said once. *e is borrowed for the call. Cheapest when every read gives its values in the same order. Returns the metric's number; -1: dropped. */
int64_t pl_sampler_emit(pl_sampler *s, const pl_emit *e, double value);
/* Gives one more value of a metric whose number pl_sampler_emit returned. */
void pl_sampler_emit_more(pl_sampler *s, uint32_t number, double value);
/* A gauge without labels. */
void pl_sampler_gauge(pl_sampler *s, const char *name, double value);
/* A counter without labels. */
void pl_sampler_counter(pl_sampler *s, const char *name, double value);
/* A gauge with one label. */
void pl_sampler_gauge_of(pl_sampler *s, const char *name, const char *label, pl_str of, double value);
/* A counter with one label. */
void pl_sampler_counter_of(pl_sampler *s, const char *name, const char *label, pl_str of, double value);

#endif
