/* One process or several summed (a master and its workers), by pid or by name: CPU, memory, threads, descriptors, disk bytes.
 * The files of each process stay open; a process that ended keeps its last CPU time in the sum, so that totals never fall. */
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "sample/pidfile.h"
#include "sample/procfile.h"
#include "sample/sampler.h"

enum { MEMBERS = 256 };

typedef struct member {
  int64_t pid;
  pl_procfile stat, io;
  pl_pid_stat last;
  double read_bytes, write_bytes;
} member;

typedef struct process {
  size_t n;
  member *members;
  double gone_cpu_s, gone_read, gone_write; /* of members that ended */
} process;

typedef struct name_search {
  pl_sampler *sampler;
  process *process;
  int code;
} name_search;

static int add_member(pl_sampler *s, process *p, int64_t pid)
{
  const pl_sampler_options *o = pl_sampler_options_of(s);
  if (p->n == MEMBERS)
    return PL_OK;
  member *m = &p->members[p->n];
  *m = (member){.pid = pid};
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
  p->n++;
  return PL_OK;
}

static bool add_if_named(void *user, int64_t pid)
{
  name_search *search = user;
  const pl_sampler_options *o = pl_sampler_options_of(search->sampler);
  pl_pid_stat stat;
  if (pl_pid_stat_read(o->proc_root, pid, &stat) && pl_str_eqc(o->name, stat.name))
    search->code = add_member(search->sampler, search->process, pid);
  return search->code != PL_ENOMEM;
}

static void process_close(pl_sampler *s, void *state)
{
  process *p = state;
  for (size_t i = 0; i < p->n; i++) {
    pl_procfile_close(&p->members[i].stat);
    pl_procfile_close(&p->members[i].io);
  }
  const pl_allocator *a = pl_sampler_options_of(s)->alloc;
  pl_free(a, p->members, MEMBERS * sizeof *p->members);
  pl_free(a, p, sizeof *p);
}

static int find_members(pl_sampler *s, process *p, pl_error *err)
{
  const pl_sampler_options *o = pl_sampler_options_of(s);
  int code = PL_OK;
  for (size_t i = 0; i < o->n_pids && code != PL_ENOMEM; i++)
    code = add_member(s, p, o->pids[i]);
  if (o->n_pids == 0) {
    name_search search = {s, p, PL_OK};
    pl_pid_each(o->proc_root, add_if_named, &search);
    code = search.code;
  }
  if (code == PL_ENOMEM)
    return pl_fail(err, PL_ENOMEM, "out of memory for a sampler");
  if (p->n > 0)
    return PL_OK;
  if (code == PL_ELIMIT)
    return pl_fail(err, PL_ELIMIT, "no descriptor is left for the files of a process (see ulimit -n)");
  if (o->n_pids)
    return pl_fail(err, PL_ENOENT, "there is no process %lld", (long long)o->pids[0]);
  return pl_fail(err, PL_ENOENT, "there is no process named \"%.*s\" (see ps -e)", (int)o->name.len, o->name.data);
}

static int process_open(pl_sampler *s, void **state, pl_error *err)
{
  const pl_allocator *a = pl_sampler_options_of(s)->alloc;
  process *p = pl_alloc_zero(a, 1, sizeof *p);
  if (!p)
    return pl_fail(err, PL_ENOMEM, "out of memory for a sampler");
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

static void forget_member(process *p, size_t i)
{
  member *m = &p->members[i];
  p->gone_cpu_s += m->last.cpu_s;
  p->gone_read += m->read_bytes;
  p->gone_write += m->write_bytes;
  pl_procfile_close(&m->stat);
  pl_procfile_close(&m->io);
  *m = p->members[--p->n];
}

/* "read_bytes: 123" and "write_bytes: 123": what went to the disk. */
static void read_io(member *m)
{
  if (m->io.fd < 0)
    return;
  pl_str text = pl_procfile_read(&m->io), line;
  while ((line = pl_line_next(&text)).data) {
    pl_str key = pl_field_next(&line);
    if (pl_str_eqc(key, "read_bytes:"))
      m->read_bytes = pl_field_number(&line);
    else if (pl_str_eqc(key, "write_bytes:"))
      m->write_bytes = pl_field_number(&line);
  }
}

static void process_read(pl_sampler *s, void *state)
{
  process *p = state;
  const char *proc = pl_sampler_options_of(s)->proc_root;
  double threads = 0, resident = 0, virtual_bytes = 0, fds = 0, cpu = 0, reads = 0, writes = 0;
  for (size_t i = 0; i < p->n;) {
    member *m = &p->members[i];
    if (!pl_pid_stat_parse(pl_procfile_read(&m->stat), &m->last)) {
      forget_member(p, i);
      continue;
    }
    read_io(m);
    cpu += m->last.cpu_s;
    threads += m->last.threads;
    resident += (double)m->last.resident_bytes;
    virtual_bytes += (double)m->last.virtual_bytes;
    reads += m->read_bytes;
    writes += m->write_bytes;
    fds += pl_pid_fds(proc, m->pid);
    i++;
  }
  pl_sampler_counter(s, "process_cpu_seconds_total", cpu + p->gone_cpu_s);
  pl_sampler_counter(s, "process_disk_read_bytes_total", reads + p->gone_read);
  pl_sampler_counter(s, "process_disk_written_bytes_total", writes + p->gone_write);
  pl_sampler_gauge(s, "process_count", (double)p->n);
  if (p->n == 0)
    return;
  pl_sampler_gauge(s, "process_num_threads", threads);
  pl_sampler_gauge(s, "process_resident_memory_bytes", resident);
  pl_sampler_gauge(s, "process_virtual_memory_bytes", virtual_bytes);
  pl_sampler_gauge(s, "process_open_fds", fds);
}

const pl_source pl_source_process = {"process", process_open, process_read, process_close};
