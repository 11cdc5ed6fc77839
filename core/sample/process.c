/* One process or several summed (a master and its workers), by pid, name or pattern, with their descendants when asked: CPU, memory,
 * threads, descriptors, bytes, faults, switches, waiting. Their files stay open; what a process that ended had used stays in the sums, so that
 * totals never fall. Who came is looked for, and threads are read, once a scan. */
#include <fnmatch.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/error.h"
#include "sample/pidfile.h"
#include "sample/procfile.h"
#include "sample/sampler.h"
#include "sample/threads.h"

enum { MEMBERS = 256, PASSES = 16, COMMAND_SIZE = 4096 };

/* Running totals. */
typedef enum total {
  CPU, MINOR_FAULTS, MAJOR_FAULTS,                                       /* of stat */
  DISK_READ, DISK_WRITTEN, IO_READ, IO_WRITTEN, READ_CALLS, WRITE_CALLS, /* of io */
  TOTALS
} total;

static const struct {
  const char *metric, *key; /* of io: the line */
} totals[TOTALS] = {
    [CPU] = {"process_cpu_seconds_total", NULL},
    [MINOR_FAULTS] = {"process_minor_page_faults_total", NULL},
    [MAJOR_FAULTS] = {"process_major_page_faults_total", NULL},
    [DISK_READ] = {"process_disk_read_bytes_total", "read_bytes:"},
    [DISK_WRITTEN] = {"process_disk_written_bytes_total", "write_bytes:"},
    [IO_READ] = {"process_io_read_bytes_total", "rchar:"},
    [IO_WRITTEN] = {"process_io_written_bytes_total", "wchar:"},
    [READ_CALLS] = {"process_read_calls_total", "syscr:"},
    [WRITE_CALLS] = {"process_write_calls_total", "syscw:"},
};

typedef struct member {
  int64_t pid;
  pl_procfile stat, io;
  pl_pid_stat last;
  double total[TOTALS];
  pl_threads threads;
} member;

typedef struct process {
  size_t n;
  member *members;
  double gone[TOTALS]; /* of members that ended, less what late ones had before */
  double gone_waiting_s, gone_voluntary, gone_involuntary;
  bool has_io, has_waiting; /* of any member, once */
  uint64_t since_ticks;     /* since boot: when sampling began */
} process;

typedef struct search {
  pl_sampler *sampler;
  process *process;
  int code;
  bool found; /* in this pass */
} search;

/* ---- Members ----------------------------------------------------------------------------------- */

/* "read_bytes: 123": what went to the disk, and to files and sockets of any kind. */
static void read_io(member *m)
{
  pl_str text = pl_procfile_read(&m->io), line;
  while ((line = pl_line_next(&text)).data) {
    pl_str key = pl_field_next(&line);
    for (int i = DISK_READ; i < TOTALS; i++) {
      if (pl_str_eqc(key, totals[i].key))
        m->total[i] = pl_field_number(&line);
    }
  }
}

/* False when it is gone. */
static bool read_member(member *m)
{
  if (!pl_pid_stat_parse(pl_procfile_read(&m->stat), &m->last))
    return false;
  m->total[CPU] = m->last.cpu_s;
  m->total[MINOR_FAULTS] = m->last.minor_faults;
  m->total[MAJOR_FAULTS] = m->last.major_faults;
  read_io(m);
  return true;
}

static void close_member(member *m)
{
  pl_procfile_close(&m->stat);
  pl_procfile_close(&m->io);
  pl_threads_fini(&m->threads);
}

static int add_member(pl_sampler *s, process *p, int64_t pid)
{
  const pl_sampler_options *o = pl_sampler_options_of(s);
  if (p->n == MEMBERS) {
    pl_sampler_left_out(s, "more than 256 processes");
    return PL_OK;
  }
  member *m = &p->members[p->n];
  *m = (member){.pid = pid};
  pl_threads_init(&m->threads, o->alloc);
  char path[64];
  int n = snprintf(path, sizeof path, "%lld/stat", (long long)pid);
  int code = pl_procfile_open(&m->stat, o->alloc, o->proc_root, path);
  if (code)
    return code;
  snprintf(path + n - 4, sizeof path - (size_t)n, "io");
  if (pl_procfile_open(&m->io, o->alloc, o->proc_root, path) == PL_ENOMEM) {
    pl_procfile_close(&m->stat);
    return PL_ENOMEM;
  }
  pl_threads_read(&m->threads, o->proc_root, pid);
  p->has_waiting = p->has_waiting || !isnan(m->threads.waiting_s);
  p->has_io = p->has_io || pl_procfile_read(&m->io).len > 0;
  p->n++;
  return PL_OK;
}

/* A process that is older than the sampling but joins late brings only what it uses from now on. */
static void forget_past(process *p, member *m)
{
  if (!read_member(m) || m->last.start_ticks >= p->since_ticks)
    return;
  for (int i = 0; i < TOTALS; i++)
    p->gone[i] -= m->total[i];
  p->gone_waiting_s -= isnan(m->threads.waiting_s) ? 0 : m->threads.waiting_s;
  p->gone_voluntary -= m->threads.voluntary;
  p->gone_involuntary -= m->threads.involuntary;
}

static void forget_member(process *p, size_t i)
{
  member *m = &p->members[i];
  for (int t = 0; t < TOTALS; t++)
    p->gone[t] += m->total[t];
  p->gone_waiting_s += isnan(m->threads.waiting_s) ? 0 : m->threads.waiting_s;
  p->gone_voluntary += m->threads.voluntary;
  p->gone_involuntary += m->threads.involuntary;
  close_member(m);
  *m = p->members[--p->n];
}

/* ---- Who is meant ------------------------------------------------------------------------------ */

static bool is_member(const process *p, int64_t pid)
{
  bool found = false;
  for (size_t i = 0; i < p->n && !found; i++)
    found = p->members[i].pid == pid;
  return found;
}

/* Arguments are ended by NUL each; a pattern sees blanks. */
static bool command_fits(const char *proc_root, int64_t pid, const char *pattern)
{
  char path[64], text[COMMAND_SIZE];
  (void)snprintf(path, sizeof path, "%lld/cmdline", (long long)pid);
  size_t n = pl_attr_once(proc_root, path, text, sizeof text).len;
  while (n && text[n - 1] == '\0')
    n--;
  for (size_t i = 0; i < n; i++)
    text[i] = text[i] ? text[i] : ' ';
  text[n] = '\0';
  return n && fnmatch(pattern, text, 0) == 0;
}

static bool is_meant(const search *f, int64_t pid, const pl_pid_stat *stat)
{
  const pl_sampler_options *o = pl_sampler_options_of(f->sampler);
  if (o->children && is_member(f->process, stat->parent))
    return true;
  if (o->n_pids || o->name.len == 0)
    return false;
  if (!o->pattern)
    return pl_str_eqc(o->name, stat->name);
  return fnmatch(o->name.data, stat->name, 0) == 0 || command_fits(o->proc_root, pid, o->name.data);
}

static bool visit(void *user, int64_t pid)
{
  search *f = user;
  const pl_sampler_options *o = pl_sampler_options_of(f->sampler);
  pl_pid_stat stat;
  size_t before = f->process->n;
  if (is_member(f->process, pid) || !pl_pid_stat_read(o->proc_root, pid, &stat) || !is_meant(f, pid, &stat))
    return true;
  f->code = add_member(f->sampler, f->process, pid);
  f->found = f->found || f->process->n > before;
  return f->code != PL_ENOMEM;
}

/* Adds those that are meant and not members yet; a child may come before its parent, so it goes on until nobody new is found. */
static int look(pl_sampler *s, process *p)
{
  const pl_sampler_options *o = pl_sampler_options_of(s);
  search f = {s, p, PL_OK, true};
  for (int pass = 0; pass < PASSES && f.found && f.code != PL_ENOMEM; pass++) {
    f.found = false;
    pl_pid_each(o->proc_root, visit, &f);
    f.found = f.found && o->children;
  }
  return f.code;
}

static int find_members(pl_sampler *s, process *p, pl_error *err)
{
  const pl_sampler_options *o = pl_sampler_options_of(s);
  int code = PL_OK;
  for (size_t i = 0; i < o->n_pids && code != PL_ENOMEM; i++)
    code = add_member(s, p, o->pids[i]);
  if (code != PL_ENOMEM && (o->n_pids == 0 || o->children)) {
    int looked = look(s, p);
    code = looked ? looked : code;
  }
  if (code == PL_ENOMEM)
    return pl_fail(err, PL_ENOMEM, "out of memory for a sampler");
  if (p->n > 0)
    return PL_OK;
  if (code == PL_ELIMIT)
    return pl_procfile_fail(err, code, o->proc_root, "PID/stat"); /* the first one of each */
  if (o->n_pids)
    return pl_fail(err, PL_ENOENT, "there is no process %lld", (long long)o->pids[0]);
  bool part = o->pattern && !memchr(o->name.data, '*', o->name.len); /* as grep and pkill take it */
  if (part)
    return pl_fail(err, PL_ENOENT, "there is no process whose whole name or command line is \"%.*s\"; \"*%.*s*\" matches a part of it (see ps -e)", (int)o->name.len, o->name.data,
                   (int)o->name.len, o->name.data);
  return pl_fail(err, PL_ENOENT, "there is no process %s \"%.*s\" (see ps -e)", o->pattern ? "that matches" : "named", (int)o->name.len, o->name.data);
}

/* ---- The source -------------------------------------------------------------------------------- */

static void process_close(pl_sampler *s, void *state)
{
  process *p = state;
  for (size_t i = 0; i < p->n; i++)
    close_member(&p->members[i]);
  const pl_allocator *a = pl_sampler_options_of(s)->alloc;
  pl_free(a, p->members, MEMBERS * sizeof *p->members);
  pl_free(a, p, sizeof *p);
}

static uint64_t ticks_since_boot(void)
{
  struct timespec t = {0};
  clock_gettime(CLOCK_BOOTTIME, &t);
  return (uint64_t)t.tv_sec * PL_PID_TICKS + (uint64_t)t.tv_nsec / (1000000000 / PL_PID_TICKS);
}

static int process_open(pl_sampler *s, void **state, pl_error *err)
{
  const pl_allocator *a = pl_sampler_options_of(s)->alloc;
  process *p = pl_alloc_zero(a, 1, sizeof *p);
  if (!p)
    return pl_fail(err, PL_ENOMEM, "out of memory for a sampler");
  p->since_ticks = ticks_since_boot();
  p->members = pl_alloc_zero(a, MEMBERS, sizeof *p->members);
  int code = p->members ? find_members(s, p, err) : pl_fail(err, PL_ENOMEM, "out of memory for a sampler");
  if (!code) {
    *state = p;
    return PL_OK;
  }
  if (p->members)
    process_close(s, p);
  else
    pl_free(a, p, sizeof *p);
  return code;
}

/* Members that came, and the threads of all. */
static void scan(pl_sampler *s, process *p)
{
  const pl_sampler_options *o = pl_sampler_options_of(s);
  size_t before = p->n;
  for (size_t i = 0; i < before; i++)
    pl_threads_read(&p->members[i].threads, o->proc_root, p->members[i].pid);
  if (o->n_pids && !o->children)
    return;
  (void)look(s, p);
  for (size_t i = before; i < p->n; i++)
    forget_past(p, &p->members[i]);
}

static void emit_totals(pl_sampler *s, const process *p)
{
  double waiting_s = p->gone_waiting_s, voluntary = p->gone_voluntary, involuntary = p->gone_involuntary;
  for (int t = 0; t < TOTALS; t++) {
    double sum = p->gone[t];
    for (size_t i = 0; i < p->n; i++)
      sum += p->members[i].total[t];
    if (!totals[t].key || p->has_io)
      pl_sampler_counter(s, totals[t].metric, sum);
  }
  for (size_t i = 0; i < p->n; i++) {
    const pl_threads *t = &p->members[i].threads;
    waiting_s += isnan(t->waiting_s) ? 0 : t->waiting_s;
    voluntary += t->voluntary;
    involuntary += t->involuntary;
  }
  if (p->has_waiting)
    pl_sampler_counter(s, "process_run_queue_seconds_total", waiting_s);
  pl_sampler_counter_of(s, "process_thread_switches_total", "kind", PL_STR("voluntary"), voluntary);
  pl_sampler_counter_of(s, "process_thread_switches_total", "kind", PL_STR("involuntary"), involuntary);
}

static void process_read(pl_sampler *s, void *state)
{
  process *p = state;
  const char *proc = pl_sampler_options_of(s)->proc_root;
  double threads = 0, resident = 0, virtual_bytes = 0, fds = 0;
  if (pl_sampler_scans(s))
    scan(s, p);
  for (size_t i = 0; i < p->n;) {
    member *m = &p->members[i];
    if (!read_member(m)) {
      forget_member(p, i);
      continue;
    }
    threads += m->last.threads;
    resident += (double)m->last.resident_bytes;
    virtual_bytes += (double)m->last.virtual_bytes;
    fds += pl_pid_fds(proc, m->pid);
    i++;
  }
  emit_totals(s, p);
  pl_sampler_gauge(s, "process_count", (double)p->n);
  if (p->n == 0)
    return;
  pl_sampler_gauge(s, "process_num_threads", threads);
  pl_sampler_gauge(s, "process_resident_memory_bytes", resident);
  pl_sampler_gauge(s, "process_virtual_memory_bytes", virtual_bytes);
  pl_sampler_gauge(s, "process_open_fds", fds);
}

const pl_source pl_source_process = {"process", process_open, process_read, process_close};
