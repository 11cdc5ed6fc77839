/* The head stays in memory between two readings. Ids of batches only grow; grouping takes away all that can be read, and repair all
 * that cannot: so while the first of either kind is there, those that are known are there, and what is behind them is new.
 *
 * Which series and times a lost batch holds nobody knows. Samples are written within half a second of their time, later when the disk is
 * slow: readers of a minute before it was made are told. */
#include "store/archive.h"

#include "base/clock.h"
#include "store/scan.h"
#include "store/sqlite_error.h"

#define LOST_BEFORE_NS (60 * (int64_t)PL_S_NS)
#define LOST_AFTER_NS ((int64_t)PL_S_NS)

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
  (void)sqlite3_finalize(a->ran);
  (void)sqlite3_finalize(a->sisters);
  a->spare = NULL;
  a->hold = a->load = a->next = a->ran = a->sisters = NULL;
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

/* Takes note of the batch of the row that `load` stands on. */
static int lose_batch(pl_archive *a, int code, pl_error *err)
{
  int64_t id = sqlite3_column_int64(a->load, 0);
  if (code == PL_ENOMEM)
    return pl_fail(err, code, "read timeline %s: out of memory", a->path);
  if (a->n_lost == PL_LOST_MAX)
    return pl_fail(err, code, "read timeline %s: batch %lld of samples cannot be read, as %d before it", a->path, (long long)id, PL_LOST_MAX);
  a->lost[a->n_lost++] = (pl_lost_batch){id, sqlite3_column_int64(a->load, 1), code};
  return PL_OK;
}

/* Adds the batches behind the known ones, up to `last`, to the head. */
static int load_batches(pl_archive *a, int64_t last, pl_error *err)
{
  int code = pl_archive_ready(a, err), step = SQLITE_DONE;
  if (!code)
    code = pl_archive_prepare(a, "SELECT id, made_ns, data FROM batches WHERE id > ? AND id <= ? ORDER BY id", &a->load, err);
  if (code)
    return code;
  sqlite3_bind_int64(a->load, 1, a->last);
  sqlite3_bind_int64(a->load, 2, last);
  while (!code && (step = sqlite3_step(a->load)) == SQLITE_ROW) {
    pl_str batch = {sqlite3_column_blob(a->load, 2), (size_t)sqlite3_column_bytes(a->load, 2)};
    code = pl_batch_read(a->codec, a->columns, batch, &a->head);
    if (code)
      code = lose_batch(a, code, err);
    else if (a->first == 0)
      a->first = sqlite3_column_int64(a->load, 0);
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
  pl_points_clear(&a->head);
  a->first = a->last = 0;
  a->n_lost = 0;
}

/* Brings the head up to the batch `last`, or `until`. Batches that are known are there still when `same`. */
static int refresh(pl_archive *a, int64_t last, bool same, pl_error *err)
{
  if (same && (last == a->last || (a->until && a->until <= a->last)))
    return PL_OK;
  if (a->until && a->until < last)
    last = a->until;
  if (!same) {
    a->head.n = 0;
    a->first = a->last = 0;
    a->n_lost = 0;
  }
  int code = load_batches(a, last, err);
  if (code) {
    pl_archive_forget(a);
    return code;
  }
  a->last = last;
  return PL_OK;
}

/* The first batch of those that can be read, and of those that cannot. */
static void bind_known(pl_archive *a)
{
  sqlite3_bind_int64(a->hold, 1, a->first);
  sqlite3_bind_int64(a->hold, 2, a->n_lost ? a->lost[0].id : 0);
}

/* A statement that stands on its row keeps the connection's view of the database. */
int pl_archive_hold(pl_archive *a, pl_error *err)
{
  if (a->holds) {
    a->holds++;
    return PL_OK;
  }
  int code = pl_archive_prepare(a, "SELECT (SELECT max(id) FROM batches), (SELECT count(*) FROM batches WHERE id IN (?, ?))", &a->hold, err);
  if (code)
    return code;
  bind_known(a);
  int step = sqlite3_step(a->hold), known = (a->first != 0) + (a->n_lost != 0);
  if (step != SQLITE_ROW)
    code = pl_archive_fail(a, step, err);
  else if (!a->chunks_only)
    code = refresh(a, sqlite3_column_int64(a->hold, 0), sqlite3_column_int(a->hold, 1) == known, err);
  if (code)
    (void)sqlite3_reset(a->hold);
  else
    a->holds = 1;
  return code;
}

/* Whether the run had ended before from_ns, or began after to_ns: 1, 0, or an error. */
static int ran_elsewhere(pl_archive *a, int64_t run, int64_t from_ns, int64_t to_ns, pl_error *err)
{
  int code = pl_archive_prepare(a, "SELECT 1 FROM runs WHERE id = ? AND (ended_ns < ? OR started_ns > ?)", &a->ran, err);
  if (code)
    return code;
  sqlite3_bind_int64(a->ran, 1, run);
  sqlite3_bind_int64(a->ran, 2, from_ns);
  sqlite3_bind_int64(a->ran, 3, to_ns);
  int step = sqlite3_step(a->ran);
  (void)sqlite3_reset(a->ran);
  return step == SQLITE_ROW ? 1 : step == SQLITE_DONE ? 0 : pl_archive_fail(a, step, err);
}

int pl_archive_whole(pl_archive *a, int64_t run, int64_t from_ns, int64_t to_ns, pl_error *err)
{
  for (size_t i = 0; i < a->n_lost; i++) {
    const pl_lost_batch *b = &a->lost[i];
    int64_t first = b->made_ns > INT64_MIN + LOST_BEFORE_NS ? b->made_ns - LOST_BEFORE_NS : INT64_MIN;
    int64_t last = b->made_ns < INT64_MAX - LOST_AFTER_NS ? b->made_ns + LOST_AFTER_NS : INT64_MAX;
    if (to_ns < first || from_ns > last)
      continue;
    int code = ran_elsewhere(a, run, first, last, err);
    if (code < 0)
      return code;
    if (code == 0)
      return pl_fail(err, b->code, "read timeline %s: batch %lld of samples cannot be read; perilune db check --repair moves it aside", a->path,
                     (long long)b->id);
  }
  return PL_OK;
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
