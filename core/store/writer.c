/* Samples and histograms wait in memory, and are written in one short transaction when the batch is old or large enough, or when
 * somebody waits for it: several runs share a file, and none may hold its lock while it collects. A transaction that fails is
 * rolled back and tried again, so that a full disk or another program's lock loses nothing until the memory for it is used up. */
#include "store/writer.h"

#include "base/error.h"
#include "format/hdr.h"
#include "store/schema.h"

enum { SCRATCH_MAX = 1 << 20, SERIES_MAX = 1 << 20, SAMPLES_MAX = 1 << 19, DISTS_MAX = 1 << 18, BLOBS_MAX = 64 << 20 };

#define RETRY_NS PL_S_NS

static const char put_sample_sql[] = "INSERT OR REPLACE INTO points(series_id, run_id, ts_ns, value) VALUES(?, ?, ?, ?)";
static const char put_dist_sql[] = "INSERT OR REPLACE INTO histograms(series_id, run_id, resolution_s, ts_ms, count, sum, min, max, hist)"
                                   " VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?)";
static const char get_dist_sql[] = "SELECT hist, sum, min, max FROM histograms WHERE series_id = ? AND run_id = ? AND resolution_s = ? AND ts_ms = ?";
static const char put_source_sql[] = "INSERT INTO sources(kind, instance, role, origin) VALUES(?, ?, ?, ?)";
static const char get_source_sql[] = "SELECT id FROM sources WHERE kind = ? AND instance = ? AND role = ? AND origin = ?";
static const char put_series_sql[] = "INSERT INTO series(source_id, name, labels, kind, unit, help) VALUES(?, ?, ?, ?, ?, ?)";
static const char get_series_sql[] = "SELECT id FROM series WHERE source_id = ? AND name = ? AND labels = ?";

int pl_writer_prepare(pl_store *s, pl_error *err)
{
  const struct {
    const char *sql;
    sqlite3_stmt **stmt;
  } all[] = {
      {put_sample_sql, &s->put_sample}, {put_dist_sql, &s->put_dist},     {get_dist_sql, &s->get_dist},
      {put_source_sql, &s->put_source}, {get_source_sql, &s->get_source}, {put_series_sql, &s->put_series},
      {get_series_sql, &s->get_series},
  };
  for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
    int code = sqlite3_prepare_v3(s->connection.db, all[i].sql, -1, SQLITE_PREPARE_PERSISTENT, all[i].stmt, NULL);
    if (code)
      return pl_sqlite_fail(s->connection.db, code, "open timeline", s->connection.path, err);
  }
  pl_buf_init(&s->scratch, s->alloc, SCRATCH_MAX);
  pl_buf_init(&s->blobs, s->alloc, BLOBS_MAX);
  s->series_keys = pl_intern_new(s->alloc, SERIES_MAX);
  return s->series_keys ? PL_OK : pl_fail(err, PL_ENOMEM, "out of memory for the timeline");
}

void pl_writer_release(pl_store *s)
{
  sqlite3_stmt *all[] = {s->put_sample, s->put_dist, s->get_dist, s->put_source, s->get_source, s->put_series, s->get_series};
  for (size_t i = 0; i < sizeof all / sizeof *all; i++)
    (void)sqlite3_finalize(all[i]);
  if (s->scratch.alloc)
    pl_buf_fini(&s->scratch);
  if (s->blobs.alloc)
    pl_buf_fini(&s->blobs);
  pl_free(s->alloc, s->samples, s->cap_samples * sizeof *s->samples);
  pl_free(s->alloc, s->dists, s->cap_dists * sizeof *s->dists);
  pl_intern_free(s->series_keys);
  pl_free(s->alloc, s->series_ids, s->cap_series * sizeof *s->series_ids);
}

/* ---- Rows into the database ------------------------------------------------------------------------- */

/* What may be otherwise at the next attempt, for any row; other errors are one row's own. */
static bool is_passing(int sqlite_code)
{
  switch (sqlite_code & 0xff) {
  case SQLITE_BUSY:
  case SQLITE_LOCKED:
  case SQLITE_FULL:
  case SQLITE_IOERR:
  case SQLITE_NOMEM:
  case SQLITE_INTERRUPT:
  case SQLITE_READONLY:
  case SQLITE_CANTOPEN:
    return true;
  default:
    return false;
  }
}

/* Steps an insert. SQLITE_OK, also for a row that can never be written (it is lost), or the passing error. */
static int put_row(pl_store *s, sqlite3_stmt *stmt)
{
  int code = sqlite3_step(stmt);
  (void)sqlite3_reset(stmt);
  if (code == SQLITE_DONE)
    return SQLITE_OK;
  if (is_passing(code))
    return code;
  s->lost++;
  return SQLITE_OK;
}

static int put_sample(pl_store *s, const pl_pending_sample *p)
{
  sqlite3_bind_int64(s->put_sample, 1, p->series);
  sqlite3_bind_int64(s->put_sample, 2, p->run);
  sqlite3_bind_int64(s->put_sample, 3, p->ts_ns);
  sqlite3_bind_double(s->put_sample, 4, p->value);
  return put_row(s, s->put_sample);
}

/* What makes a row of histograms unique, in the order of both statements' parameters. */
static void bind_place(sqlite3_stmt *stmt, const pl_pending_dist *p)
{
  sqlite3_bind_int64(stmt, 1, p->series);
  sqlite3_bind_int64(stmt, 2, p->run);
  sqlite3_bind_int64(stmt, 3, p->resolution_s);
  sqlite3_bind_int64(stmt, 4, p->ts_ms);
}

/* Adds the row that get_dist stands on to p, whose histogram is `bytes`; the sum of both is encoded into the scratch buffer. */
static int merge_stored(pl_store *s, pl_pending_dist *p, pl_str bytes)
{
  pl_hist both;
  pl_hist_init(&both, s->alloc);
  pl_str stored = {sqlite3_column_blob(s->get_dist, 0), (size_t)sqlite3_column_bytes(s->get_dist, 0)};
  uint64_t min = (uint64_t)sqlite3_column_int64(s->get_dist, 2), max = (uint64_t)sqlite3_column_int64(s->get_dist, 3);
  int code = pl_hdr_decode(stored, &both, NULL);
  if (!code)
    code = pl_hdr_decode(bytes, &both, NULL);
  pl_buf_clear(&s->scratch);
  if (!code)
    code = pl_hdr_encode(&both, &s->scratch);
  p->count = both.count;
  p->sum += sqlite3_column_double(s->get_dist, 1);
  p->min = min < p->min ? min : p->min;
  p->max = max > p->max ? max : p->max;
  pl_hist_fini(&both);
  return code;
}

/* One histogram; one that the database has at the same place already is merged with it. */
static int put_dist(pl_store *s, const pl_pending_dist *pending)
{
  pl_pending_dist p = *pending;
  pl_str bytes = {s->blobs.data + p.at, p.len};
  bind_place(s->get_dist, &p);
  int code = sqlite3_step(s->get_dist), merged = PL_OK;
  if (code == SQLITE_ROW) {
    merged = merge_stored(s, &p, bytes);
    bytes = (pl_str){s->scratch.data, s->scratch.len};
  }
  (void)sqlite3_reset(s->get_dist);
  if (code != SQLITE_ROW && code != SQLITE_DONE)
    return code;
  if (merged) {
    s->lost++;
    return SQLITE_OK;
  }
  bind_place(s->put_dist, &p);
  sqlite3_bind_int64(s->put_dist, 5, (int64_t)p.count);
  sqlite3_bind_double(s->put_dist, 6, p.sum);
  sqlite3_bind_int64(s->put_dist, 7, (int64_t)p.min);
  sqlite3_bind_int64(s->put_dist, 8, (int64_t)p.max);
  sqlite3_bind_blob64(s->put_dist, 9, bytes.data, bytes.len, SQLITE_STATIC);
  return put_row(s, s->put_dist);
}

/* All rows that wait, in one transaction. An SQLite code; nothing of it is in the database after an error. */
static int write_all(pl_store *s)
{
  uint64_t lost = s->lost;
  int code = sqlite3_exec(s->connection.db, "BEGIN IMMEDIATE", NULL, NULL, NULL);
  if (code)
    return code;
  for (size_t i = 0; i < s->n_samples && !code; i++)
    code = put_sample(s, &s->samples[i]);
  for (size_t i = 0; i < s->n_dists && !code; i++)
    code = put_dist(s, &s->dists[i]);
  if (!code)
    code = sqlite3_exec(s->connection.db, "COMMIT", NULL, NULL, NULL);
  if (code) {
    s->lost = lost;
    if (!sqlite3_get_autocommit(s->connection.db))
      (void)sqlite3_exec(s->connection.db, "ROLLBACK", NULL, NULL, NULL);
  }
  return code;
}

static void forget_rows(pl_store *s)
{
  s->n_samples = s->n_dists = 0;
  pl_buf_clear(&s->blobs);
}

static int flush(pl_store *s, pl_error *err)
{
  if (s->n_samples + s->n_dists == 0)
    return s->error.code ? pl_fail(err, s->error.code, "%s", s->error.message) : PL_OK;
  int code = write_all(s);
  s->error = (pl_error){0};
  if (!code) {
    forget_rows(s);
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
  /* A passive checkpoint syncs the write-ahead log before it copies pages; a reader in the way is no error. */
  int code = sqlite3_wal_checkpoint_v2(s->connection.db, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
  if (code == SQLITE_OK || (code & 0xff) == SQLITE_BUSY || (code & 0xff) == SQLITE_LOCKED)
    return PL_OK;
  return pl_sqlite_fail(s->connection.db, code, "sync timeline", s->connection.path, err);
}

uint64_t pl_store_due(const pl_store *s)
{
  if (s->n_samples + s->n_dists == 0)
    return UINT64_MAX;
  uint64_t due = s->since_ns + s->commit_ns, now = pl_now(s->clock);
  if (s->error.code && s->retry_ns > due)
    due = s->retry_ns;
  return now >= due ? 0 : due - now;
}

const pl_error *pl_store_error(const pl_store *s)
{
  return &s->error;
}

uint64_t pl_store_unstored(const pl_store *s)
{
  return s->lost + (s->error.code ? s->n_samples + s->n_dists : 0);
}

/* ---- Rows that wait --------------------------------------------------------------------------------- */

/* Room for one more of n elements, at most max. */
static int grow(pl_store *s, void **array, size_t n, size_t *cap, size_t max, size_t size)
{
  if (n < *cap)
    return PL_OK;
  size_t wanted = *cap ? *cap * 2 : 256;
  if (n >= max)
    return PL_ELIMIT;
  void *p = pl_realloc(s->alloc, *array, *cap * size, (wanted < max ? wanted : max) * size);
  if (!p)
    return PL_ENOMEM;
  *array = p;
  *cap = wanted < max ? wanted : max;
  return PL_OK;
}

/* A row was added, or (code) found no room. A full batch is written, unless that has just failed. */
static int added(pl_store *s, int code)
{
  if (code) {
    s->lost++;
    return code;
  }
  size_t n = s->n_samples + s->n_dists;
  if (n == 1)
    s->since_ns = pl_now(s->clock);
  if (n >= s->batch_max && !(s->error.code && pl_now(s->clock) < s->retry_ns))
    return pl_store_flush(s, NULL);
  return s->error.code;
}

int pl_store_sample(pl_store *s, int64_t series, int64_t run, int64_t ts_ns, double value)
{
  int code = grow(s, (void **)&s->samples, s->n_samples, &s->cap_samples, SAMPLES_MAX, sizeof *s->samples);
  if (!code)
    s->samples[s->n_samples++] = (pl_pending_sample){series, run, ts_ns, value};
  return added(s, code);
}

int pl_store_dist(pl_store *s, int64_t series, int64_t run, int64_t ts_ms, unsigned resolution_s, const pl_hist *h)
{
  if (h->count == 0)
    return PL_OK;
  size_t at = s->blobs.len;
  int code = grow(s, (void **)&s->dists, s->n_dists, &s->cap_dists, DISTS_MAX, sizeof *s->dists);
  if (!code && pl_hdr_encode(h, &s->blobs)) {
    code = s->blobs.bad ? s->blobs.bad : PL_ENOMEM;
    s->blobs.len = at;
    s->blobs.bad = 0;
  }
  if (!code)
    s->dists[s->n_dists++] = (pl_pending_dist){series, run, ts_ms, resolution_s, h->count, h->min, h->max, h->sum, at, s->blobs.len - at};
  return added(s, code);
}
