/* All processes: how many there are, in which state, with how many threads. Reads each one's stat when processes are looked for. */
#include "base/error.h"
#include "sample/pidfile.h"
#include "sample/single.h"

enum { STATES = 26 };

typedef struct processes {
  pl_several *limits;
  double n, threads, states[STATES];
} processes;

typedef struct count {
  const char *proc_root;
  processes *all;
} count;

static bool add(void *user, int64_t pid)
{
  const count *c = user;
  pl_pid_stat stat;
  if (!pl_pid_stat_read(c->proc_root, pid, &stat))
    return true;
  c->all->n++;
  c->all->threads += stat.threads;
  int letter = (stat.state | 0x20) - 'a'; /* 'T' and 't' are both stopped */
  if (letter >= 0 && letter < STATES)
    c->all->states[letter]++;
  return true;
}

static void look(pl_sampler *s, processes *p)
{
  const char *proc_root = pl_sampler_options_of(s)->proc_root;
  p->n = p->threads = 0;
  for (int i = 0; i < STATES; i++)
    p->states[i] = 0;
  pl_pid_each(proc_root, add, &(count){proc_root, p});
}

static int processes_open(pl_sampler *s, void **state, pl_error *err)
{
  static const char *const limits[] = {"sys/kernel/pid_max", "sys/kernel/threads-max"};
  const pl_allocator *a = pl_sampler_options_of(s)->alloc;
  processes *p = pl_alloc_zero(a, 1, sizeof *p);
  void *files = NULL;
  int code = p ? pl_several_open(s, limits, 2, PL_PIECE_WHOLE, &files, err) : pl_fail(err, PL_ENOMEM, "out of memory for a sampler");
  if (code) {
    pl_free(a, p, sizeof *p);
    return code;
  }
  p->limits = files;
  look(s, p);
  *state = p;
  return PL_OK;
}

static void processes_close(pl_sampler *s, void *state)
{
  pl_several_close(s, ((processes *)state)->limits);
  pl_free(pl_sampler_options_of(s)->alloc, state, sizeof(processes));
}

static void processes_read(pl_sampler *s, void *state)
{
  static const char *const limits[] = {"node_processes_max_processes", "node_processes_max_threads"};
  processes *p = state;
  if (pl_sampler_scans(s))
    look(s, p);
  for (int i = 0; i < 2; i++) {
    pl_str text = pl_procfile_read(&p->limits->file[i]), line = pl_line_next(&text);
    if (line.len)
      pl_sampler_gauge(s, limits[i], pl_field_number(&line));
  }
  pl_sampler_gauge(s, "node_processes_pids", p->n);
  pl_sampler_gauge(s, "node_processes_threads", p->threads);
  for (int i = 0; i < STATES; i++) {
    char letter = (char)('A' + i);
    if (p->states[i] > 0 || letter == 'R' || letter == 'D')
      pl_sampler_gauge_of(s, "node_processes_state", "state", (pl_str){&letter, 1}, p->states[i]);
  }
}

const pl_source pl_source_processes = {"/proc/PID/stat", processes_open, processes_read, processes_close};
