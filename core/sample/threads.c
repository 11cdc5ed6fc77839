/* See threads.h: /proc/PID/task/TID/schedstat and status. */
#include "sample/threads.h"

#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "sample/procfile.h"

enum { FIRST = 8, MOST = 65536, PATH_SIZE = 512, TEXT_SIZE = 4096 };

typedef struct pl_thread {
  int64_t tid;
  double waiting_ns, voluntary, involuntary;
  bool seen;
} thread;

typedef struct reading {
  pl_threads *threads;
  int folder; /* descriptor of PID/task */
  size_t at;  /* where the next thread is expected */
} reading;

void pl_threads_init(pl_threads *t, const pl_allocator *a)
{
  *t = (pl_threads){.alloc = a, .waiting_s = NAN};
}

void pl_threads_fini(pl_threads *t)
{
  if (t->alloc)
    pl_free(t->alloc, t->list, t->cap * sizeof *t->list);
  *t = (pl_threads){0};
}

/* The one of that number, made when new; NULL: no memory. */
static thread *find(reading *r, int64_t tid)
{
  pl_threads *t = r->threads;
  for (size_t i = 0; i < t->n; i++) {
    size_t at = (r->at + i) % t->n;
    if (t->list[at].tid == tid) {
      r->at = at + 1;
      return &t->list[at];
    }
  }
  if (t->n == t->cap) {
    size_t cap = t->cap ? t->cap * 2 : FIRST;
    thread *list = cap <= MOST ? pl_realloc(t->alloc, t->list, t->cap * sizeof *list, cap * sizeof *list) : NULL;
    if (!list)
      return NULL;
    t->list = list;
    t->cap = cap;
  }
  t->list[t->n] = (thread){.tid = tid};
  return &t->list[t->n++];
}

static pl_str read_file(int folder, int64_t tid, const char *file, char text[TEXT_SIZE])
{
  char path[64];
  (void)snprintf(path, sizeof path, "%lld/%s", (long long)tid, file);
  int fd = openat(folder, path, O_RDONLY | O_CLOEXEC);
  pl_str all = pl_attr_read(fd, text, TEXT_SIZE);
  if (fd >= 0)
    close(fd);
  return all;
}

/* Adds what a total grew by since it was last read. */
static void grow(double *sum, double *last, double now)
{
  *sum += now > *last ? now - *last : 0;
  *last = now;
}

/* "RUNNING WAITING TIMES" in nanoseconds. */
static void read_waiting(reading *r, thread *of)
{
  char text[TEXT_SIZE];
  pl_str line = read_file(r->folder, of->tid, "schedstat", text);
  double ns = 0;
  if (!line.len)
    return;
  (void)pl_field_next(&line);
  grow(&ns, &of->waiting_ns, pl_field_number(&line));
  r->threads->waiting_s = (isnan(r->threads->waiting_s) ? 0 : r->threads->waiting_s) + ns / 1e9;
}

static void read_switches(reading *r, thread *of)
{
  char text[TEXT_SIZE];
  pl_str rest = read_file(r->folder, of->tid, "status", text);
  const char *at = rest.len ? memmem(rest.data, rest.len, "\nvoluntary_ctxt_switches:", 25) : NULL;
  if (!at)
    return;
  rest = (pl_str){at + 25, rest.len - (size_t)(at + 25 - rest.data)};
  pl_str line = pl_line_next(&rest);
  grow(&r->threads->voluntary, &of->voluntary, pl_field_number(&line));
  line = pl_line_next(&rest);
  (void)pl_field_next(&line);
  grow(&r->threads->involuntary, &of->involuntary, pl_field_number(&line));
}

static bool read_thread(void *user, const char *name)
{
  reading *r = user;
  uint64_t tid;
  thread *of = pl_str_u64(pl_str_of(name), &tid) ? find(r, (int64_t)tid) : NULL;
  if (!of)
    return true;
  of->seen = true;
  read_waiting(r, of);
  read_switches(r, of);
  return true;
}

void pl_threads_read(pl_threads *t, const char *proc_root, int64_t pid)
{
  char path[64];
  (void)snprintf(path, sizeof path, "%lld/task", (long long)pid);
  reading r = {t, pl_attr_open(proc_root, path), 0};
  if (r.folder < 0)
    return;
  for (size_t i = 0; i < t->n; i++)
    t->list[i].seen = false;
  pl_folder_each(r.folder, read_thread, &r);
  close(r.folder);
  size_t kept = 0;
  for (size_t i = 0; i < t->n; i++) {
    if (t->list[i].seen)
      t->list[kept++] = t->list[i];
  }
  t->n = kept;
}
