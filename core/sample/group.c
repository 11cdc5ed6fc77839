/* See group.h. What a file says is a table: a number of its own, lines of keys and numbers, or a form of its own. Limits that are none
 * are left out. */
#include "sample/group.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "sample/pidfile.h"
#include "sample/procfile.h"

enum { FILES = 24, FOLDERS = 5 };

typedef enum shape {
  NUMBER,   /* the file is the number, or "max" */
  LINES,    /* "key number" */
  SECOND,   /* the second word of "quota period" */
  PRESSURE, /* "some avg10=... total=n" */
  PAIRS,    /* "8:0 rbytes=1 wbytes=2": added over the devices */
  DEVICES,  /* "8:0 Read 5": the same */
} shape;

typedef struct reading {
  const char *file, *metric;
  shape form;
  const char *key;
  double scale;
  bool gauge;
  const char *type; /* value of the label failure_type */
} reading;

static const reading version2[] = {
    {"cpu.stat", "container_cpu_usage_seconds_total", LINES, "usage_usec", 1e-6, false, NULL},
    {"cpu.stat", "container_cpu_user_seconds_total", LINES, "user_usec", 1e-6, false, NULL},
    {"cpu.stat", "container_cpu_system_seconds_total", LINES, "system_usec", 1e-6, false, NULL},
    {"cpu.stat", "container_cpu_cfs_periods_total", LINES, "nr_periods", 1, false, NULL},
    {"cpu.stat", "container_cpu_cfs_throttled_periods_total", LINES, "nr_throttled", 1, false, NULL},
    {"cpu.stat", "container_cpu_cfs_throttled_seconds_total", LINES, "throttled_usec", 1e-6, false, NULL},
    {"cpu.max", "container_spec_cpu_quota", NUMBER, NULL, 1, true, NULL},
    {"cpu.max", "container_spec_cpu_period", SECOND, NULL, 1, true, NULL},
    {"cpu.pressure", "container_pressure_cpu_waiting_seconds_total", PRESSURE, "some", 1, false, NULL},
    {"cpu.pressure", "container_pressure_cpu_stalled_seconds_total", PRESSURE, "full", 1, false, NULL},
    {"memory.current", "container_memory_usage_bytes", NUMBER, NULL, 1, true, NULL},
    {"memory.peak", "container_memory_max_usage_bytes", NUMBER, NULL, 1, true, NULL},
    {"memory.max", "container_spec_memory_limit_bytes", NUMBER, NULL, 1, true, NULL},
    {"memory.swap.current", "container_memory_swap", NUMBER, NULL, 1, true, NULL},
    {"memory.stat", "container_memory_rss", LINES, "anon", 1, true, NULL},
    {"memory.stat", "container_memory_cache", LINES, "file", 1, true, NULL},
    {"memory.stat", "container_memory_mapped_file", LINES, "file_mapped", 1, true, NULL},
    {"memory.stat", "container_memory_inactive_file_bytes", LINES, "inactive_file", 1, true, NULL},
    {"memory.stat", "container_memory_kernel_usage", LINES, "kernel", 1, true, NULL},
    {"memory.stat", "container_memory_failures_total", LINES, "pgfault", 1, false, "pgfault"},
    {"memory.stat", "container_memory_failures_total", LINES, "pgmajfault", 1, false, "pgmajfault"},
    {"memory.events", "container_memory_failcnt", LINES, "max", 1, false, NULL},
    {"memory.events", "container_oom_events_total", LINES, "oom_kill", 1, false, NULL},
    {"memory.pressure", "container_pressure_memory_waiting_seconds_total", PRESSURE, "some", 1, false, NULL},
    {"memory.pressure", "container_pressure_memory_stalled_seconds_total", PRESSURE, "full", 1, false, NULL},
    {"io.stat", "container_fs_reads_bytes_total", PAIRS, "rbytes", 1, false, NULL},
    {"io.stat", "container_fs_writes_bytes_total", PAIRS, "wbytes", 1, false, NULL},
    {"io.stat", "container_fs_reads_total", PAIRS, "rios", 1, false, NULL},
    {"io.stat", "container_fs_writes_total", PAIRS, "wios", 1, false, NULL},
    {"io.pressure", "container_pressure_io_waiting_seconds_total", PRESSURE, "some", 1, false, NULL},
    {"io.pressure", "container_pressure_io_stalled_seconds_total", PRESSURE, "full", 1, false, NULL},
    {"pids.current", "container_threads", NUMBER, NULL, 1, true, NULL},
    {"pids.max", "container_threads_max", NUMBER, NULL, 1, true, NULL},
};

static const reading version1_cpu[] = {
    {"cpu.stat", "container_cpu_cfs_periods_total", LINES, "nr_periods", 1, false, NULL},
    {"cpu.stat", "container_cpu_cfs_throttled_periods_total", LINES, "nr_throttled", 1, false, NULL},
    {"cpu.stat", "container_cpu_cfs_throttled_seconds_total", LINES, "throttled_time", 1e-9, false, NULL},
    {"cpu.cfs_quota_us", "container_spec_cpu_quota", NUMBER, NULL, 1, true, NULL},
    {"cpu.cfs_period_us", "container_spec_cpu_period", NUMBER, NULL, 1, true, NULL},
};
static const reading version1_cpuacct[] = {
    {"cpuacct.usage", "container_cpu_usage_seconds_total", NUMBER, NULL, 1e-9, false, NULL},
    {"cpuacct.stat", "container_cpu_user_seconds_total", LINES, "user", 1.0 / PL_PID_TICKS, false, NULL},
    {"cpuacct.stat", "container_cpu_system_seconds_total", LINES, "system", 1.0 / PL_PID_TICKS, false, NULL},
};
static const reading version1_memory[] = {
    {"memory.usage_in_bytes", "container_memory_usage_bytes", NUMBER, NULL, 1, true, NULL},
    {"memory.max_usage_in_bytes", "container_memory_max_usage_bytes", NUMBER, NULL, 1, true, NULL},
    {"memory.limit_in_bytes", "container_spec_memory_limit_bytes", NUMBER, NULL, 1, true, NULL},
    {"memory.failcnt", "container_memory_failcnt", NUMBER, NULL, 1, false, NULL},
    {"memory.stat", "container_memory_rss", LINES, "total_rss", 1, true, NULL},
    {"memory.stat", "container_memory_cache", LINES, "total_cache", 1, true, NULL},
    {"memory.stat", "container_memory_mapped_file", LINES, "total_mapped_file", 1, true, NULL},
    {"memory.stat", "container_memory_inactive_file_bytes", LINES, "total_inactive_file", 1, true, NULL},
    {"memory.stat", "container_memory_swap", LINES, "total_swap", 1, true, NULL},
    {"memory.stat", "container_memory_failures_total", LINES, "total_pgfault", 1, false, "pgfault"},
    {"memory.stat", "container_memory_failures_total", LINES, "total_pgmajfault", 1, false, "pgmajfault"},
    {"memory.oom_control", "container_oom_events_total", LINES, "oom_kill", 1, false, NULL},
};
static const reading version1_blkio[] = {
    {"blkio.throttle.io_service_bytes_recursive", "container_fs_reads_bytes_total", DEVICES, "Read", 1, false, NULL},
    {"blkio.throttle.io_service_bytes_recursive", "container_fs_writes_bytes_total", DEVICES, "Write", 1, false, NULL},
    {"blkio.throttle.io_serviced_recursive", "container_fs_reads_total", DEVICES, "Read", 1, false, NULL},
    {"blkio.throttle.io_serviced_recursive", "container_fs_writes_total", DEVICES, "Write", 1, false, NULL},
};
static const reading version1_pids[] = {
    {"pids.current", "container_threads", NUMBER, NULL, 1, true, NULL},
    {"pids.max", "container_threads_max", NUMBER, NULL, 1, true, NULL},
};
#define COUNT(list) (sizeof(list) / sizeof *(list))

/* A file and what it says: readings that stand together in a table. */
typedef struct group_file {
  int fd;     /* -1: opened for each read */
  int folder; /* descriptor */
  const reading *readings;
  size_t n;
} group_file;

struct pl_group {
  pl_groups *all;
  int folders[FOLDERS];
  size_t n_folders;
  group_file files[FILES];
  size_t n;
};

/* ---- Opening ----------------------------------------------------------------------------------- */

static void open_files(pl_group *g, int folder, const reading *list, size_t n)
{
  for (size_t i = 0, end; i < n && g->n < FILES; i = end) {
    for (end = i + 1; end < n && strcmp(list[end].file, list[i].file) == 0;)
      end++;
    int fd = openat(folder, list[i].file, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
      continue;
    bool keep = g->all->descriptors > 0;
    g->all->descriptors -= keep;
    if (!keep)
      close(fd);
    g->files[g->n++] = (group_file){keep ? fd : -1, folder, list + i, end - i};
  }
}

static void open_list(pl_group *g, const char *sys_root, const char *path, const reading *list, size_t n)
{
  int folder = path[0] ? pl_attr_open(sys_root, path) : -1;
  if (folder < 0)
    return;
  g->folders[g->n_folders++] = folder;
  open_files(g, folder, list, n);
}

int pl_group_open(pl_groups *all, const char *sys_root, const pl_cgroup_paths *paths, pl_group **out)
{
  pl_group *g = pl_alloc_zero(all->text.alloc, 1, sizeof *g);
  if (!g)
    return PL_ENOMEM;
  g->all = all;
  if (paths->version2) {
    open_list(g, sys_root, paths->unified, version2, COUNT(version2));
  } else {
    open_list(g, sys_root, paths->cpuacct, version1_cpuacct, COUNT(version1_cpuacct));
    open_list(g, sys_root, paths->cpu, version1_cpu, COUNT(version1_cpu));
    open_list(g, sys_root, paths->memory, version1_memory, COUNT(version1_memory));
    open_list(g, sys_root, paths->blkio, version1_blkio, COUNT(version1_blkio));
    open_list(g, sys_root, paths->pids, version1_pids, COUNT(version1_pids));
  }
  if (g->n) {
    *out = g;
    return PL_OK;
  }
  pl_group_close(g);
  return PL_ENOENT;
}

void pl_group_close(pl_group *g)
{
  if (!g)
    return;
  for (size_t i = 0; i < g->n; i++) {
    if (g->files[i].fd < 0)
      continue;
    close(g->files[i].fd);
    g->all->descriptors++;
  }
  for (size_t i = 0; i < g->n_folders; i++)
    close(g->folders[i]);
  pl_free(g->all->text.alloc, g, sizeof *g);
}

/* ---- Reading ----------------------------------------------------------------------------------- */

/* The number of a word; false for "max", -1 and version 1's huge number, all of which mean that there is no limit. */
static bool number_of(pl_str word, double *out)
{
  return pl_str_double(word, out) && *out >= 0 && *out < 9e18;
}

/* What stands behind key= in the words of a line, or behind the word key. */
static bool pick(pl_str line, shape form, const char *key, double *out)
{
  pl_str word = pl_field_next(&line); /* the device */
  if (form == DEVICES)
    return pl_str_eqc(pl_field_next(&line), key) && number_of(pl_field_next(&line), out);
  size_t n = strlen(key);
  while ((word = pl_field_next(&line)).len) {
    if (word.len > n && word.data[n] == '=' && memcmp(word.data, key, n) == 0)
      return number_of((pl_str){word.data + n + 1, word.len - n - 1}, out);
  }
  return false;
}

/* False when the text does not say it. */
static bool value_of(const reading *r, pl_str text, double *out)
{
  double sum = 0, one;
  bool found = false;
  pl_str line;
  if (r->form == SECOND)
    (void)pl_field_next(&text);
  if (r->form == NUMBER || r->form == SECOND)
    return number_of(pl_str_trim(pl_field_next(&text)), out);
  while ((line = pl_line_next(&text)).data) {
    pl_str rest = line, key = pl_field_next(&rest);
    if (r->form == PAIRS || r->form == DEVICES) {
      bool has = pick(line, r->form, r->key, &one);
      found = found || has;
      sum += has ? one : 0;
    } else if (pl_str_eqc(key, r->key)) {
      *out = r->form == PRESSURE ? pl_pressure_total(line) : pl_field_number(&rest);
      return true;
    }
  }
  *out = sum;
  return found;
}

static pl_str read_file(const group_file *f, pl_procfile *buffer)
{
  int fd = f->fd >= 0 ? f->fd : openat(f->folder, f->readings[0].file, O_RDONLY | O_CLOEXEC);
  pl_str text = pl_procfile_read_of(buffer, fd);
  if (f->fd < 0 && fd >= 0)
    close(fd);
  return text;
}

/* labels has room for one more. */
static void emit(pl_sampler *s, const reading *r, double value, pl_sample_label *labels, size_t n)
{
  if (r->type)
    labels[n++] = (pl_sample_label){"failure_type", pl_str_of(r->type)};
  pl_sampler_emit(s, &(pl_emit){r->metric, !r->gauge, labels, n}, value * r->scale);
}

void pl_group_read(pl_sampler *s, const pl_group *g, const pl_sample_label *labels, size_t n_labels)
{
  pl_sample_label all[PL_SAMPLE_LABELS];
  double value, usage = -1, inactive = -1;
  size_t n = n_labels < PL_SAMPLE_LABELS ? n_labels : PL_SAMPLE_LABELS - 1;
  if (n)
    memcpy(all, labels, n * sizeof *all);
  for (size_t i = 0; i < g->n; i++) {
    pl_str content = read_file(&g->files[i], &g->all->text);
    for (size_t k = 0; k < g->files[i].n; k++) {
      const reading *r = &g->files[i].readings[k];
      if (!value_of(r, content, &value))
        continue;
      emit(s, r, value, all, n);
      usage = strcmp(r->metric, "container_memory_usage_bytes") == 0 ? value : usage;
      inactive = strcmp(r->metric, "container_memory_inactive_file_bytes") == 0 ? value : inactive;
    }
  }
  if (usage >= 0 && inactive >= 0)
    pl_sampler_emit(s, &(pl_emit){"container_memory_working_set_bytes", false, all, n}, usage > inactive ? usage - inactive : 0);
}
