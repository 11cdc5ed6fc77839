/* Samples and histograms wait in memory, and are written in one short transaction (transaction.h) when the batch is old or large
 * enough, or when somebody waits for it: several runs share a file, and none may hold its lock while it collects. A transaction that
 * fails is tried again, so that a full disk or another program's lock loses nothing until the memory for it is used up. */
#include "store/writer.h"

#include "base/error.h"
#include "format/hdr.h"
#include "store/sqlite_error.h"
#include "store/transaction.h"

enum { SCRATCH_MAX = 1 << 20, SERIES_MAX = 1 << 20, SAMPLES_MAX = 1 << 19, DISTS_MAX = 1 << 18, BLOBS_MAX = 64 << 20 };

#define RETRY_NS PL_S_NS

static const char put_source_sql[] = "INSERT INTO sources(kind, instance, role, origin) VALUES(?, ?, ?, ?)";
static const char get_source_sql[] = "SELECT id FROM sources WHERE kind = ? AND instance = ? AND role = ? AND origin = ?";
static const char put_series_sql[] = "INSERT INTO series(source_id, name, labels, kind, unit, help) VALUES(?, ?, ?, ?, ?, ?)";
static const char get_series_sql[] = "SELECT id, kind FROM series WHERE source_id = ? AND name = ? AND labels = ?";

int pl_writer_prepare(pl_store *s, pl_error *err)
{
  const struct {
    const char *sql;
    sqlite3_stmt **stmt;
  } all[] = {
      {put_source_sql, &s->put_source}, {get_source_sql, &s->get_source}, {put_series_sql, &s->put_series}, {get_series_sql, &s->get_series},
  };
  int code = pl_transaction_prepare(s, err);
  for (size_t i = 0; i < sizeof all / sizeof *all && !code; i++)
    code = pl_connection_prepare(&s->connection, all[i].sql, all[i].stmt, err);
  if (!code)
    code = pl_housekeeping_begin(&s->keeping, &s->connection.archive, err);
  if (code)
    return code;
  if (!s->in_memory && pl_syncer_new(s->alloc, s->connection.path, &s->syncer))
    return pl_fail(err, PL_ENOMEM, "out of memory for the timeline");
  s->samples.alloc = s->alloc;
  pl_buf_init(&s->batch, s->alloc, SIZE_MAX);
  pl_buf_init(&s->scratch, s->alloc, SCRATCH_MAX);
  pl_buf_init(&s->blobs, s->alloc, BLOBS_MAX);
  s->series_keys = pl_intern_new(s->alloc, SERIES_MAX);
  return s->series_keys ? PL_OK : pl_fail(err, PL_ENOMEM, "out of memory for the timeline");
}

void pl_writer_release(pl_store *s)
{
  sqlite3_stmt *all[] = {s->put_source, s->get_source, s->put_series, s->get_series};
  for (size_t i = 0; i < sizeof all / sizeof *all; i++)
    (void)sqlite3_finalize(all[i]);
  pl_ahead_fini(&s->ahead);
  pl_transaction_release(s);
  pl_housekeeping_end(&s->keeping);
  pl_syncer_free(s->syncer);
  if (s->scratch.alloc)
    pl_buf_fini(&s->scratch);
  if (s->blobs.alloc)
    pl_buf_fini(&s->blobs);
  if (s->batch.alloc)
    pl_buf_fini(&s->batch);
  if (s->samples.alloc)
    pl_points_fini(&s->samples);
  pl_free(s->alloc, s->dists, s->cap_dists * sizeof *s->dists);
  pl_intern_free(s->series_keys);
  pl_free(s->alloc, s->series_ids, s->cap_series * sizeof *s->series_ids);
}

static void forget_rows(pl_store *s)
{
  s->samples.n = s->n_dists = 0;
  pl_buf_clear(&s->blobs);
}

/* Between two transactions. What it cannot do now is done later, and samples are as safe as before. */
static void keep_house(pl_store *s, size_t n_samples)
{
  pl_error err = {0};
  int code = pl_housekeeping_step(&s->keeping, &s->connection.archive, s->clock, n_samples, &err);
  if (code && code != PL_EBUSY)
    pl_logf(s->log, PL_LOG_WARN, "store", "%s", err.message);
}

/* Makes the log durable where it is. */
static int sync_log(pl_store *s, pl_error *err)
{
  sqlite3_file *log = NULL;
  int code = sqlite3_file_control(s->connection.db, "main", SQLITE_FCNTL_JOURNAL_POINTER, (void *)&log);
  if (!code && log && log->pMethods)
    code = log->pMethods->xSync(log, SQLITE_SYNC_NORMAL);
  if (!code)
    return PL_OK;
  s->distrusted = true;
  return pl_sqlite_fail(s->connection.db, code, "sync timeline", s->connection.path, err);
}

/* Makes the log durable, and copies it into the file, which is made durable, too; then it does not matter what a sync of the log that
 * failed left behind. Where no sync failed, a reader in the way of copying is no error; but of a log that it cannot copy on SQLite syncs nothing. */
static int copy_log(pl_store *s, pl_error *err)
{
  int log = 0, copied = 0;
  int code = sqlite3_wal_checkpoint_v2(s->connection.db, NULL, SQLITE_CHECKPOINT_PASSIVE, &log, &copied);
  bool busy = (code & 0xff) == SQLITE_BUSY || (code & 0xff) == SQLITE_LOCKED;
  if (code && !busy) {
    s->distrusted = true;
    return pl_sqlite_fail(s->connection.db, code, "sync timeline", s->connection.path, err);
  }
  bool whole = !code && log == copied;
  if (whole)
    s->distrusted = false;
  if (!whole && !s->distrusted)
    return sync_log(s, err);
  return s->distrusted ? pl_fail(err, PL_EBUSY, "sync timeline %s: one has failed, and a reader is in the way of writing it once more; it is tried again",
                                 s->connection.path) : PL_OK;
}

static int ask_syncer(pl_store *s, pl_error *err)
{
  int failed = pl_syncer_ask(s->syncer);
  s->distrusted = failed != 0;
  return failed ? pl_fail_sys(err, pl_code_of_errno(failed), failed, "sync timeline %s", s->connection.path) : PL_OK;
}

/* Asks for what was written to be made durable, a commit's time after the last time. */
static void ask_sync(pl_store *s)
{
  if (!s->unsynced || !s->syncer || pl_now(s->clock) - s->asked_ns < s->commit_ns)
    return;
  pl_error err = {0};
  int code = s->distrusted ? copy_log(s, &err) : ask_syncer(s, &err);
  s->asked_ns = pl_now(s->clock);
  s->unsynced = code != PL_OK;
  if (code)
    pl_logf(s->log, PL_LOG_ERROR, "store", "%s; a power failure would lose what was written last", err.message);
}

static int flush(pl_store *s, pl_error *err)
{
  if (s->samples.n + s->n_dists == 0)
    return s->error.code ? pl_fail(err, s->error.code, "%s", s->error.message) : (ask_sync(s), PL_OK);
  int code = pl_transaction_write(s);
  s->error = (pl_error){0};
  if (!code) {
    size_t n = s->samples.n;
    forget_rows(s);
    s->unsynced = true;
    ask_sync(s);
    keep_house(s, n);
    return PL_OK;
  }
  s->retry_ns = pl_now(s->clock) + RETRY_NS;
  (void)pl_sqlite_fail(s->connection.db, code, "write to timeline", s->connection.path, &s->error);
  return pl_fail(err, s->error.code, "%s", s->error.message);
}

int pl_store_flush(pl_store *s, pl_error *err)
{
  (void)sqlite3_busy_timeout(s->connection.db, 0);
  int code = flush(s, err);
  (void)sqlite3_busy_timeout(s->connection.db, PL_BUSY_MS);
  return code;
}

int pl_store_commit(pl_store *s, pl_error *err)
{
  return flush(s, err);
}

int pl_store_sync(pl_store *s, pl_error *err)
{
  (void)flush(s, NULL); /* rows that cannot be written now go on waiting */
  if (s->in_memory)
    return PL_OK;
  return copy_log(s, err);
}

uint64_t pl_store_due(const pl_store *s)
{
  bool waits = s->samples.n + s->n_dists > 0;
  if (!waits && !(s->unsynced && s->syncer))
    return UINT64_MAX;
  uint64_t due = (waits ? s->since_ns : s->asked_ns) + s->commit_ns, now = pl_now(s->clock);
  if (s->error.code && s->retry_ns > due)
    due = s->retry_ns;
  return now >= due ? 0 : due - now;
}

void pl_store_quiet(pl_store *s)
{
  pl_housekeeping_quiet(&s->keeping, pl_now(s->clock));
}

const pl_error *pl_store_error(const pl_store *s)
{
  return &s->error;
}

uint64_t pl_store_unstored(const pl_store *s)
{
  return s->lost + (s->error.code ? s->samples.n + s->n_dists : 0);
}

/* ---- Rows that wait --------------------------------------------------------------------------------- */

/* Makes room for one more histogram. */
static int reach_dist(pl_store *s)
{
  if (s->n_dists == DISTS_MAX)
    return PL_ELIMIT;
  return pl_reach(s->alloc, (void **)&s->dists, &s->cap_dists, s->n_dists, sizeof *s->dists) ? PL_OK : PL_ENOMEM;
}

/* A row was added, or (code) found no room. A full batch is written, unless that has just failed. */
static int added(pl_store *s, int code)
{
  if (code) {
    s->lost++;
    return code;
  }
  size_t n = s->samples.n + s->n_dists;
  if (n == 1)
    s->since_ns = pl_now(s->clock);
  if (n >= s->batch_max && !(s->error.code && pl_now(s->clock) < s->retry_ns))
    return pl_store_flush(s, NULL);
  return s->error.code;
}

int pl_store_sample(pl_store *s, int64_t series, int64_t run, int64_t ts_ns, double value)
{
  int code = s->samples.n < SAMPLES_MAX ? pl_points_room(&s->samples, 1) : PL_ELIMIT;
  if (!code)
    s->samples.all[s->samples.n++] = (pl_store_point){series, run, ts_ns, value};
  return added(s, code);
}

int pl_store_dist(pl_store *s, int64_t series, int64_t run, int64_t ts_ms, unsigned resolution_s, const pl_hist *h)
{
  if (h->count == 0)
    return PL_OK;
  size_t at = s->blobs.len;
  int code = reach_dist(s);
  if (!code && pl_hdr_encode(h, &s->blobs)) {
    code = s->blobs.bad ? s->blobs.bad : PL_ENOMEM;
    s->blobs.len = at;
    s->blobs.bad = 0;
  }
  if (!code)
    s->dists[s->n_dists++] = (pl_pending_dist){series, run, ts_ms, resolution_s, h->count, h->min, h->max, h->sum, at, s->blobs.len - at};
  return added(s, code);
}
