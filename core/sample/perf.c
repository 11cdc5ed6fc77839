/* Counters of the kernel and of the processor for each CPU, all processes together: perf_event_open(2), where it is permitted
 * (/proc/sys/kernel/perf_event_paranoid at most 0, or the right to). What this machine cannot count is left out. */
#include <errno.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/error.h"
#include "sample/procfile.h"
#include "sample/sampler.h"

enum { CPUS = 1024, DESCRIPTORS = 768, LIST_SIZE = 4096 };

static const struct {
  uint32_t type;
  uint64_t config;
  const char *metric;
} events[] = {
    {PERF_TYPE_SOFTWARE, PERF_COUNT_SW_CONTEXT_SWITCHES, "node_perf_context_switches_total"},
    {PERF_TYPE_SOFTWARE, PERF_COUNT_SW_CPU_MIGRATIONS, "node_perf_cpu_migrations_total"},
    {PERF_TYPE_SOFTWARE, PERF_COUNT_SW_PAGE_FAULTS, "node_perf_page_faults_total"},
    {PERF_TYPE_SOFTWARE, PERF_COUNT_SW_PAGE_FAULTS_MIN, "node_perf_minor_faults_total"},
    {PERF_TYPE_SOFTWARE, PERF_COUNT_SW_PAGE_FAULTS_MAJ, "node_perf_major_faults_total"},
    {PERF_TYPE_HARDWARE, PERF_COUNT_HW_CPU_CYCLES, "node_perf_cpucycles_total"},
    {PERF_TYPE_HARDWARE, PERF_COUNT_HW_INSTRUCTIONS, "node_perf_instructions_total"},
    {PERF_TYPE_HARDWARE, PERF_COUNT_HW_CACHE_REFERENCES, "node_perf_cache_refs_total"},
    {PERF_TYPE_HARDWARE, PERF_COUNT_HW_CACHE_MISSES, "node_perf_cache_misses_total"},
    {PERF_TYPE_HARDWARE, PERF_COUNT_HW_BRANCH_INSTRUCTIONS, "node_perf_branch_instructions_total"},
    {PERF_TYPE_HARDWARE, PERF_COUNT_HW_BRANCH_MISSES, "node_perf_branch_misses_total"},
};
enum { EVENTS = sizeof events / sizeof *events };

/* A CPU that is on: the descriptors of its events; -1: not counted. */
typedef struct counted {
  int cpu;
  int fd[EVENTS];
} counted;

typedef struct perf {
  int online; /* descriptor of the list of CPUs that are on */
  size_t n;
  int descriptors;
  counted list[CPUS];
} perf;

static int open_event(int cpu, size_t event)
{
  struct perf_event_attr a = {.type = events[event].type, .size = sizeof a, .config = events[event].config,
                              .read_format = PERF_FORMAT_TOTAL_TIME_ENABLED | PERF_FORMAT_TOTAL_TIME_RUNNING};
  return (int)syscall(SYS_perf_event_open, &a, -1, cpu, -1, PERF_FLAG_FD_CLOEXEC);
}

static void add_cpu(pl_sampler *s, perf *p, int cpu)
{
  if (p->n == CPUS || p->descriptors + EVENTS > DESCRIPTORS) {
    pl_sampler_left_out(s, "perf counters of further CPUs");
    return;
  }
  counted *c = &p->list[p->n];
  bool any = false;
  c->cpu = cpu;
  for (size_t i = 0; i < EVENTS; i++) {
    c->fd[i] = open_event(cpu, i);
    p->descriptors += c->fd[i] >= 0;
    any = any || c->fd[i] >= 0;
  }
  p->n += any;
}

static void drop_cpu(perf *p, size_t at)
{
  for (size_t i = 0; i < EVENTS; i++) {
    if (p->list[at].fd[i] < 0)
      continue;
    close(p->list[at].fd[i]);
    p->descriptors--;
  }
  memmove(p->list + at, p->list + at + 1, (--p->n - at) * sizeof *p->list);
}

static bool is_listed(pl_str list, uint64_t number)
{
  uint64_t first, last;
  bool found = false;
  while (!found && pl_range_next(&list, &first, &last))
    found = number >= first && number <= last;
  return found;
}

static bool is_counted(const perf *p, int cpu)
{
  bool found = false;
  for (size_t i = 0; i < p->n && !found; i++)
    found = p->list[i].cpu == cpu;
  return found;
}

/* CPUs that were turned off are closed, those that are on and not counted opened. */
static void look(pl_sampler *s, perf *p)
{
  char text[LIST_SIZE];
  pl_str list = pl_attr_read(p->online, text, sizeof text);
  for (size_t i = p->n; i-- > 0;) {
    if (!is_listed(list, (uint64_t)p->list[i].cpu))
      drop_cpu(p, i);
  }
  for (int cpu = 0; cpu < CPUS; cpu++) {
    if (is_listed(list, (uint64_t)cpu) && !is_counted(p, cpu))
      add_cpu(s, p, cpu);
  }
}

static void perf_close(pl_sampler *s, void *state)
{
  perf *p = state;
  while (p->n)
    drop_cpu(p, p->n - 1);
  close(p->online);
  pl_free(pl_sampler_options_of(s)->alloc, p, sizeof *p);
}

static int perf_open(pl_sampler *s, void **state, pl_error *err)
{
  const pl_sampler_options *o = pl_sampler_options_of(s);
  int online = pl_attr_open(o->sys_root, "devices/system/cpu/online");
  if (online < 0)
    return PL_ENOENT;
  perf *p = pl_alloc_zero(o->alloc, 1, sizeof *p);
  if (!p) {
    close(online);
    return pl_fail(err, PL_ENOMEM, "out of memory for a sampler");
  }
  p->online = online;
  look(s, p);
  if (p->n) {
    *state = p;
    return PL_OK;
  }
  perf_close(s, p);
  return PL_ENOENT;
}

/* Counters of the processor take turns when there are more than it has: what was counted is scaled to the whole time. */
static bool read_event(int fd, double *out)
{
  uint64_t v[3];
  if (fd < 0 || read(fd, v, sizeof v) != (ssize_t)sizeof v || v[2] == 0)
    return false;
  *out = v[1] == v[2] ? (double)v[0] : (double)v[0] * ((double)v[1] / (double)v[2]);
  return true;
}

static void perf_read(pl_sampler *s, void *state)
{
  perf *p = state;
  if (pl_sampler_scans(s))
    look(s, p);
  for (size_t i = 0; i < p->n; i++) {
    char cpu[16];
    int n = snprintf(cpu, sizeof cpu, "%d", p->list[i].cpu);
    double value;
    for (size_t k = 0; k < EVENTS; k++) {
      if (read_event(p->list[i].fd[k], &value))
        pl_sampler_counter_of(s, events[k].metric, "cpu", (pl_str){cpu, (size_t)n}, value);
    }
  }
}

const pl_source pl_source_perf = {"perf_event_open", perf_open, perf_read, perf_close};
