/* The head stays in memory between two readings: batch ids only grow and the oldest batches go first, so its first and last id say
 * whether it is still that of the database, and which batches are new. */
#include "store/archive.h"

#include "store/scan.h"
#include "store/sqlite_error.h"

void pl_archive_init(pl_archive *a, const pl_allocator *alloc, sqlite3 *db, const char *path)
{
  *a = (pl_archive){.alloc = alloc, .db = db, .path = path, .head = {.alloc = alloc}};
}

static void finalize(pl_archive *a)
{
  pl_scan_free(a->spare);
  (void)sqlite3_finalize(a->hold);
  (void)sqlite3_finalize(a->load);
  (void)sqlite3_finalize(a->next);
  a->spare = NULL;
  a->hold = a->load = a->next = NULL;
}

void pl_archive_fini(pl_archive *a)
{
  if (!a->alloc)
    return;
  finalize(a);
  pl_points_fini(&a->head);
  pl_free(a->alloc, a->columns, sizeof *a->columns);
  pl_codec_free(a->codec);
  *a = (pl_archive){0};
}

int pl_archive_fail(const pl_archive *a, int sqlite_code, pl_error *err)
{
  return pl_sqlite_fail(a->db, sqlite_code, "read timeline", a->path, err);
}

int pl_archive_prepare(pl_archive *a, const char *sql, sqlite3_stmt **stmt, pl_error *err)
{
  if (*stmt) {
    (void)sqlite3_reset(*stmt);
    return PL_OK;
  }
  int code = sqlite3_prepare_v3(a->db, sql, -1, SQLITE_PREPARE_PERSISTENT, stmt, NULL);
  return code ? pl_archive_fail(a, code, err) : PL_OK;
}

int pl_archive_ready(pl_archive *a, pl_error *err)
{
  if (!a->columns)
    a->columns = pl_alloc(a->alloc, sizeof *a->columns);
  if (a->columns && (a->codec || pl_codec_new(a->alloc, &a->codec) == PL_OK))
    return PL_OK;
  return pl_fail(err, PL_ENOMEM, "read timeline %s: out of memory", a->path);
}

/* Adds the batches behind `last` to the head. */
static int load_batches(pl_archive *a, int64_t last, pl_error *err)
{
  int code = pl_archive_ready(a, err), step = SQLITE_DONE;
  if (!code)
    code = pl_archive_prepare(a, "SELECT id, data FROM batches WHERE id > ? ORDER BY id", &a->load, err);
  if (code)
    return code;
  sqlite3_bind_int64(a->load, 1, last);
  while (!code && (step = sqlite3_step(a->load)) == SQLITE_ROW) {
    pl_str batch = {sqlite3_column_blob(a->load, 1), (size_t)sqlite3_column_bytes(a->load, 1)};
    code = pl_batch_read(a->codec, a->columns, batch, &a->head);
    if (code)
      (void)pl_fail(err, code, "read timeline %s: batch %lld of samples cannot be read", a->path, (long long)sqlite3_column_int64(a->load, 0));
  }
  (void)sqlite3_reset(a->load);
  if (!code && step != SQLITE_DONE)
    code = pl_archive_fail(a, step, err);
  if (!code && pl_points_sort(&a->head))
    code = pl_fail(err, PL_ENOMEM, "read timeline %s: out of memory", a->path);
  return code;
}

void pl_archive_forget(pl_archive *a)
{
  pl_points_fini(&a->head);
  a->first = a->last = 0;
}

/* Brings the head up to batches first .. last. */
static int refresh(pl_archive *a, int64_t first, int64_t last, pl_error *err)
{
  if (first == a->first && last == a->last)
    return PL_OK;
  bool grown = first != 0 && first == a->first && last > a->last;
  if (!grown)
    a->head.n = 0;
  int code = first == 0 ? PL_OK : load_batches(a, grown ? a->last : 0, err);
  if (code) {
    pl_archive_forget(a);
    return code;
  }
  a->first = first;
  a->last = last;
  return PL_OK;
}

/* A statement that stands on its row keeps the connection's view of the database. */
int pl_archive_hold(pl_archive *a, pl_error *err)
{
  if (a->holds) {
    a->holds++;
    return PL_OK;
  }
  int code = pl_archive_prepare(a, "SELECT (SELECT min(id) FROM batches), (SELECT max(id) FROM batches)", &a->hold, err);
  if (code)
    return code;
  int step = sqlite3_step(a->hold);
  if (step != SQLITE_ROW)
    code = pl_archive_fail(a, step, err);
  else if (!a->chunks_only)
    code = refresh(a, sqlite3_column_int64(a->hold, 0), sqlite3_column_int64(a->hold, 1), err);
  if (code)
    (void)sqlite3_reset(a->hold);
  else
    a->holds = 1;
  return code;
}

void pl_archive_release(pl_archive *a)
{
  if (--a->holds > 0)
    return;
  (void)sqlite3_reset(a->hold);
  if (a->transient)
    finalize(a);
}

int pl_archive_next(pl_archive *a, int64_t *series, int64_t *run, pl_error *err)
{
  int code = pl_archive_prepare(a, "SELECT series_id, run_id FROM chunks WHERE (series_id, run_id) > (?, ?)"
                                   " ORDER BY series_id, run_id LIMIT 1", &a->next, err);
  if (code)
    return code;
  sqlite3_bind_int64(a->next, 1, *series);
  sqlite3_bind_int64(a->next, 2, *run);
  size_t at = pl_points_find(&a->head, *series, *run, INT64_MAX);
  while (at < a->head.n && a->head.all[at].series == *series && a->head.all[at].run == *run)
    at++;
  int step = sqlite3_step(a->next);
  pl_store_point p = {0};
  if (step == SQLITE_ROW)
    p = (pl_store_point){.series = sqlite3_column_int64(a->next, 0), .run = sqlite3_column_int64(a->next, 1)};
  (void)sqlite3_reset(a->next);
  if (step != SQLITE_ROW && step != SQLITE_DONE)
    return pl_archive_fail(a, step, err);
  if (at < a->head.n) {
    const pl_store_point *h = &a->head.all[at];
    if (step == SQLITE_DONE || h->series < p.series || (h->series == p.series && h->run < p.run))
      p = *h;
  } else if (step == SQLITE_DONE) {
    return 0;
  }
  *series = p.series;
  *run = p.run;
  return 1;
}
