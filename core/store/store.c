/* The store that writes, as a whole: opening, closing, named records. Samples, histograms and their commits: writer.c; series: series.c. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/error.h"
#include "store/liveness.h"
#include "store/schema.h"
#include "store/sqlite_error.h"
#include "store/writer.h"

/* The absolute form of path; its folder must exist. */
static int absolute(const char *path, char out[PATH_MAX], pl_error *err)
{
  char folder[PATH_MAX];
  const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
  if (!*name)
    return pl_fail(err, PL_EINVAL, "open timeline %s: that is a folder", path);
  size_t len = slash ? (size_t)(slash - path) : 1;
  if (!pl_copy(folder, sizeof folder, slash ? (pl_str){path, len ? len : 1} : PL_STR(".")))
    return pl_fail(err, PL_ELIMIT, "open timeline %s: the path is too long", path);
  char *real = realpath(folder, NULL);
  if (!real)
    return pl_fail_sys(err, pl_code_of_errno(errno), errno, "open timeline %s: its folder", path);
  int n = snprintf(out, PATH_MAX, "%s/%s", strcmp(real, "/") == 0 ? "" : real, name);
  free(real);
  return n > 0 && n < PATH_MAX ? PL_OK : pl_fail(err, PL_ELIMIT, "open timeline %s: the path is too long", path);
}

/* Makes an empty file that only its owner can read; SQLite gives -wal and -shm the same mode. */
static int create_private(const char *path, pl_error *err)
{
  int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd >= 0) {
    close(fd);
    return PL_OK;
  }
  if (errno == EEXIST)
    return PL_OK;
  return pl_fail_sys(err, pl_code_of_errno(errno), errno, "make timeline %s", path);
}

static int note_running(void *user, const pl_field *fields, size_t n)
{
  pl_store *s = user;
  (void)n;
  if (s->n_dead < PL_DEAD_MAX && !pl_process_alive(fields[1].bytes, fields[2].integer, (uint64_t)fields[3].integer))
    s->dead[s->n_dead++] = fields[0].integer;
  return 0;
}

/* Runs that say running and whose process is gone were interrupted. */
static int mark_interrupted(pl_store *s, pl_error *err)
{
  sqlite3_stmt *stmt;
  int code;
  do {
    s->n_dead = 0;
    code = pl_connection_record(&s->connection, "runs_running", false, &stmt, err);
    if (!code)
      code = pl_connection_rows(&s->connection, stmt, note_running, s, "look for interrupted runs in", err);
    for (size_t i = 0; i < s->n_dead && !code; i++) {
      pl_field run = {.name = "run", .type = PL_FIELD_INT, .integer = s->dead[i]};
      code = pl_store_record(s, "run_interrupted", &run, 1, NULL, err);
    }
  } while (!code && s->n_dead == PL_DEAD_MAX); /* there may be more of them */
  return code;
}

/* So many of SQLite's own instructions, some 20 us, between two looks whether others are to go first. */
enum { INSTRUCTIONS = 50 };

static int on_progress(void *turn)
{
  pl_turn_offer(turn);
  return 0;
}

static int configure(pl_store *s, pl_error *err)
{
  pl_connection *c = &s->connection;
  /* NORMAL loses no committed transaction when the process dies; pl_store_sync adds what a power cut needs. The cache is small
   * so that it is full within a minute or so of a load: a larger one grows for minutes. Many series cost reads for it, of pages that the
   * system holds, and no CPU that could be measured. */
  int code = sqlite3_exec(c->db, "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON;"
                                 "PRAGMA cache_size = -500; PRAGMA wal_autocheckpoint = 1000", NULL, NULL, NULL);
  if (s->turn)
    sqlite3_progress_handler(c->db, INSTRUCTIONS, on_progress, s->turn);
  return code ? pl_sqlite_fail(c->db, code, "open timeline", c->path, err) : PL_OK;
}

static int open_connection(pl_store *s, const pl_store_options *o, pl_error *err)
{
  char path[PATH_MAX];
  int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
  if (!o->path) {
    (void)snprintf(path, sizeof path, PL_MEMORY_PREFIX "%p?mode=memory&cache=shared", (void *)s);
    return pl_connection_open(&s->connection, o->alloc, path, flags, false, err);
  }
  int code = absolute(o->path, path, err);
  if (!code)
    code = create_private(path, err);
  return code ? code : pl_connection_open(&s->connection, o->alloc, path, SQLITE_OPEN_READWRITE, o->mend, err);
}

int pl_store_open(const pl_store_options *o, pl_store **out, pl_error *err)
{
  pl_store *s = pl_alloc_zero(o->alloc, 1, sizeof *s);
  if (!s)
    return pl_fail(err, PL_ENOMEM, "out of memory for the timeline");
  s->alloc = o->alloc;
  s->clock = o->clock;
  s->log = o->log;
  s->commit_ns = o->commit_ns ? o->commit_ns : 500 * PL_MS_NS;
  s->batch_max = o->batch_max ? o->batch_max : 50000;
  s->in_memory = o->path == NULL;
  s->turn = o->turn;
  int code = open_connection(s, o, err);
  if (!code)
    code = pl_schema_migrate(s->connection.db, s->alloc, s->connection.path, err);
  if (!code)
    code = configure(s, err);
  if (!code)
    code = pl_writer_prepare(s, err);
  if (!code)
    code = mark_interrupted(s, err);
  if (code) {
    pl_store_close(s);
    return code;
  }
  *out = s;
  return PL_OK;
}

void pl_store_close(pl_store *s)
{
  if (!s)
    return;
  pl_error err = {0};
  if (s->connection.db && pl_store_commit(s, &err))
    pl_logf(s->log, PL_LOG_ERROR, "store", "%llu rows are lost: %s", (unsigned long long)pl_store_unstored(s), err.message);
  if (s->connection.db && s->keeping.owed_ns)
    pl_housekeeping_make_up(&s->keeping, &s->connection.archive, s->clock);
  pl_writer_release(s);
  pl_connection_close(&s->connection);
  pl_free(s->alloc, s, sizeof *s);
}

static int write_record(pl_store *s, const char *operation, const pl_field *fields, size_t n, pl_error *err)
{
  sqlite3_stmt *stmt;
  int code = pl_connection_record(&s->connection, operation, true, &stmt, err);
  if (!code)
    code = pl_connection_bind(&s->connection, stmt, fields, n, operation, err);
  return code ? code : pl_connection_rows(&s->connection, stmt, NULL, NULL, operation, err);
}

int pl_store_record(pl_store *s, const char *operation, const pl_field *fields, size_t n, int64_t *id, pl_error *err)
{
  const struct timespec pause = {0, 1000000};
  pl_error why = {0};
  int code = write_record(s, operation, fields, n, &why);
  /* SQLite waits for other processes, but not for readers of a shared database in memory. */
  for (int i = 0; i < PL_BUSY_MS && code == PL_EBUSY && s->in_memory; i++) {
    (void)nanosleep(&pause, NULL);
    why = (pl_error){0};
    code = write_record(s, operation, fields, n, &why);
  }
  if (code)
    return pl_fail(err, code, "%s", why.message);
  s->unsynced = true;
  if (id)
    *id = sqlite3_last_insert_rowid(s->connection.db);
  return PL_OK;
}
