/* Samplers: one file for each source reads its numbers and emits them; what a kernel lacks is left out and said once. A
 * sampler belongs to one thread and allocates nothing once every metric was seen. */
#ifndef PL_SAMPLE_SAMPLER_H
#define PL_SAMPLE_SAMPLER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/alloc.h"
#include "base/log.h"
#include "base/str.h"

enum { PL_SAMPLE_METRICS = 4096, PL_SAMPLE_LABELS = 3 };

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
  pl_str kind;           /* "host", "process", "cgroup", "self" */
  pl_str name;           /* process: its name; cgroup: its path below the mount */
  const int64_t *pids;   /* process: these, summed to one series */
  size_t n_pids;
} pl_sampler_options;

/* Opens the sources of a kind. Errors: PL_EINVAL (unknown kind), PL_ENOENT (no such process or cgroup), PL_ELIMIT (no
 * descriptor is left), PL_ENOMEM. */
int pl_sampler_open(const pl_sampler_options *o, pl_sampler **out, pl_error *err) PL_MUSTCHECK;
/* Closes every source and frees the strings of its metrics; NULL is fine. */
void pl_sampler_close(pl_sampler *s);

/* Reads everything once and gives it to the sink. */
void pl_sampler_read(pl_sampler *s);

/* ---- For the sources (one file each) -------------------------------------------------------------- */

/* A source of a sampler: opened once, read at each tick, closed. */
typedef struct pl_source {
  const char *name;
  int (*open)(pl_sampler *s, void **state, pl_error *err); /* PL_ENOENT: this kernel has it not */
  void (*read)(pl_sampler *s, void *state);
  void (*close)(pl_sampler *s, void *state);
} pl_source;

extern const pl_source pl_source_cpu, pl_source_memory, pl_source_loadavg, pl_source_vmstat, pl_source_disk, pl_source_filesystem,
    pl_source_network, pl_source_sockets, pl_source_pressure, pl_source_process, pl_source_cgroup, pl_source_self;

/* What the sampler was opened with, proc_root and sys_root filled in. */
const pl_sampler_options *pl_sampler_options_of(const pl_sampler *s);

/* One value's metric. labels: up to PL_SAMPLE_LABELS pairs name, value, ended by NULL names. */
typedef struct pl_emit {
  const char *name;
  bool counter;
  const char *label_names[PL_SAMPLE_LABELS];
  pl_str label_values[PL_SAMPLE_LABELS];
} pl_emit;
/* Gives one value to the sink, and its metric first when it is new; further ones than PL_SAMPLE_METRICS are dropped, and that is
 * said once. *e is borrowed for the call. */
void pl_sampler_emit(pl_sampler *s, const pl_emit *e, double value);
/* A gauge without labels. */
void pl_sampler_gauge(pl_sampler *s, const char *name, double value);
/* A counter without labels. */
void pl_sampler_counter(pl_sampler *s, const char *name, double value);

#endif
