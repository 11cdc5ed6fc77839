/* A control group: CPU used and throttled, memory and its limit, versions 1 and 2. Names are cAdvisor's. */
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "sample/cgroup_path.h"
#include "sample/procfile.h"
#include "sample/sampler.h"

enum { FILES = 9 };

/* What a file of the group says: one number of its own, or lines "key number". */
typedef struct reading {
  const char *file, *key; /* key NULL: the file is the number */
  const char *metric;
  bool counter;
  double scale;
} reading;

static const reading version2[] = {
    {"cpu.stat", "usage_usec", "container_cpu_usage_seconds_total", true, 1e-6},
    {"cpu.stat", "nr_periods", "container_cpu_cfs_periods_total", true, 1},
    {"cpu.stat", "nr_throttled", "container_cpu_cfs_throttled_periods_total", true, 1},
    {"cpu.stat", "throttled_usec", "container_cpu_cfs_throttled_seconds_total", true, 1e-6},
    {"memory.current", NULL, "container_memory_usage_bytes", false, 1},
    {"memory.max", NULL, "container_spec_memory_limit_bytes", false, 1},
    {"memory.events", "oom_kill", "container_oom_events_total", true, 1},
    {"pids.current", NULL, "container_threads", false, 1},
};
static const reading version1_cpu[] = {
    {"cpu.stat", "nr_periods", "container_cpu_cfs_periods_total", true, 1},
    {"cpu.stat", "nr_throttled", "container_cpu_cfs_throttled_periods_total", true, 1},
    {"cpu.stat", "throttled_time", "container_cpu_cfs_throttled_seconds_total", true, 1e-9},
};
static const reading version1_cpuacct[] = {{"cpuacct.usage", NULL, "container_cpu_usage_seconds_total", true, 1e-9}};
static const reading version1_memory[] = {
    {"memory.usage_in_bytes", NULL, "container_memory_usage_bytes", false, 1},
    {"memory.limit_in_bytes", NULL, "container_spec_memory_limit_bytes", false, 1},
};
#define COUNT(list) (sizeof(list) / sizeof *(list))

typedef struct group_file {
  pl_procfile file;
  const reading *readings;
  size_t n;
} group_file;

typedef struct cgroup {
  group_file files[FILES];
  size_t n;
} cgroup;

/* Opens each file of a list once; what this kernel or group lacks is left out. */
static int open_list(cgroup *g, const pl_sampler_options *o, const char *folder, const reading *list, size_t n)
{
  for (size_t i = 0; i < n && folder[0];) {
    size_t end = i + 1;
    while (end < n && strcmp(list[end].file, list[i].file) == 0)
      end++;
    char path[PL_CGROUP_PATH + 64];
    snprintf(path, sizeof path, "%s/%s", folder, list[i].file);
    group_file *f = &g->files[g->n];
    int code = pl_procfile_open(&f->file, o->alloc, o->sys_root, path);
    if (code == PL_ENOMEM)
      return code;
    if (!code) {
      f->readings = list + i;
      f->n = end - i;
      g->n++;
    }
    i = end;
  }
  return PL_OK;
}

static void cgroup_close(pl_sampler *s, void *state)
{
  cgroup *g = state;
  for (size_t i = 0; i < g->n; i++)
    pl_procfile_close(&g->files[i].file);
  pl_free(pl_sampler_options_of(s)->alloc, g, sizeof *g);
}

static int cgroup_open(pl_sampler *s, void **state, pl_error *err)
{
  const pl_sampler_options *o = pl_sampler_options_of(s);
  pl_cgroup_paths paths;
  if (!pl_cgroup_find(o->proc_root, o->sys_root, o->name, o->n_pids ? o->pids[0] : 0, &paths))
    return pl_fail(err, PL_ENOENT, "there is no control group \"%.*s\" below %s/fs/cgroup", (int)o->name.len, o->name.data, o->sys_root);
  cgroup *g = pl_alloc_zero(o->alloc, 1, sizeof *g);
  if (!g)
    return pl_fail(err, PL_ENOMEM, "out of memory for a sampler");
  int code = open_list(g, o, paths.unified, version2, COUNT(version2));
  if (!code)
    code = open_list(g, o, paths.cpu, version1_cpu, COUNT(version1_cpu));
  if (!code)
    code = open_list(g, o, paths.cpuacct, version1_cpuacct, COUNT(version1_cpuacct));
  if (!code)
    code = open_list(g, o, paths.memory, version1_memory, COUNT(version1_memory));
  if (!code && g->n == 0)
    code = pl_fail(err, PL_ENOENT, "the control group offers no figures");
  if (code) {
    cgroup_close(s, g);
    return pl_fail(err, code, "out of memory for a sampler");
  }
  *state = g;
  return PL_OK;
}

/* A limit that is none ("max", or version 1's huge number) is left out. */
static void emit(pl_sampler *s, const reading *r, pl_str word)
{
  double value;
  if (!pl_str_double(word, &value) || value > 9e18)
    return;
  if (r->counter)
    pl_sampler_counter(s, r->metric, value * r->scale);
  else
    pl_sampler_gauge(s, r->metric, value * r->scale);
}

static void cgroup_read(pl_sampler *s, void *state)
{
  const cgroup *g = state;
  for (size_t i = 0; i < g->n; i++) {
    const group_file *f = &g->files[i];
    pl_str text = pl_procfile_read(&((cgroup *)state)->files[i].file), line;
    while ((line = pl_line_next(&text)).data) {
      pl_str word = pl_field_next(&line);
      for (size_t k = 0; k < f->n; k++) {
        if (!f->readings[k].key)
          emit(s, &f->readings[k], word);
        else if (pl_str_eqc(word, f->readings[k].key))
          emit(s, &f->readings[k], pl_str_trim(line));
      }
    }
  }
}

const pl_source pl_source_cgroup = {"cgroup", cgroup_open, cgroup_read, cgroup_close};
