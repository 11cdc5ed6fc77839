/* THE write transaction. BEGIN IMMEDIATE at the first row of a batch; COMMIT when the batch is old or large enough, or
 * when somebody waits for it. An error keeps what was committed and stops taking rows until it is looked at. */
#include "store/writer.h"

#include "base/error.h"
#include "format/hdr.h"
#include "store/schema.h"

enum { SCRATCH_MAX = 1 << 20, SERIES_MAX = 1 << 20 };

static const char put_sample_sql[] = "INSERT OR REPLACE INTO samples(series_id, run_id, ts_ms, value) VALUES(?, ?, ?, ?)";
static const char put_dist_sql[] = "INSERT OR REPLACE INTO distributions(series_id, run_id, resolution_s, ts_ms, count, sum, min, max, hist)"
                                   " VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?)";
static const char get_dist_sql[] = "SELECT hist, sum, min, max FROM distributions WHERE series_id = ? AND run_id = ? AND resolution_s = ? AND ts_ms = ?";
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
  pl_intern_free(s->series_keys);
  pl_free(s->alloc, s->series_ids, s->cap_series * sizeof *s->series_ids);
}

int pl_writer_begin(pl_store *s, pl_error *err)
{
  if (s->in_transaction)
    return PL_OK;
  int code = sqlite3_exec(s->connection.db, "BEGIN IMMEDIATE", NULL, NULL, NULL);
  if (code)
    return pl_sqlite_fail(s->connection.db, code, "write to timeline", s->connection.path, err);
  s->in_transaction = true;
  s->batch_since_ns = pl_now(s->clock);
  return PL_OK;
}

int pl_store_commit(pl_store *s, pl_error *err)
{
  if (s->error.code)
    return pl_fail(err, s->error.code, "%s", s->error.message);
  if (!s->in_transaction)
    return PL_OK;
  int code = sqlite3_exec(s->connection.db, "COMMIT", NULL, NULL, NULL);
  if (code) {
    code = pl_sqlite_fail(s->connection.db, code, "commit to timeline", s->connection.path, err);
    (void)pl_fail(&s->error, code, "%s", err ? err->message : pl_code_text(code));
    (void)sqlite3_exec(s->connection.db, "ROLLBACK", NULL, NULL, NULL);
  }
  s->in_transaction = false;
  s->batch_rows = 0;
  return code;
}

int pl_store_sync(pl_store *s, pl_error *err)
{
  int code = pl_store_commit(s, err);
  if (code || s->in_memory)
    return code;
  /* A passive checkpoint syncs the write-ahead log before it copies pages; a reader in the way is no error. */
  code = sqlite3_wal_checkpoint_v2(s->connection.db, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
  if (code == SQLITE_OK || (code & 0xff) == SQLITE_BUSY || (code & 0xff) == SQLITE_LOCKED)
    return PL_OK;
  return pl_sqlite_fail(s->connection.db, code, "sync timeline", s->connection.path, err);
}

uint64_t pl_store_due(const pl_store *s)
{
  if (!s->in_transaction)
    return UINT64_MAX;
  uint64_t age = pl_now(s->clock) - s->batch_since_ns;
  return age >= s->commit_ns ? 0 : s->commit_ns - age;
}

const pl_error *pl_store_error(const pl_store *s)
{
  return &s->error;
}

void pl_store_reset_error(pl_store *s)
{
  s->error = (pl_error){0};
}

/* Steps an insert of the batch; a full batch is committed. */
static int put_row(pl_store *s, sqlite3_stmt *stmt)
{
  int code = sqlite3_step(stmt);
  (void)sqlite3_reset(stmt);
  if (code != SQLITE_DONE)
    return pl_sqlite_fail(s->connection.db, code, "write to timeline", s->connection.path, &s->error);
  return ++s->batch_rows >= s->batch_max ? pl_store_commit(s, NULL) : PL_OK;
}

int pl_store_sample(pl_store *s, int64_t series, int64_t run, int64_t ts_ms, double value)
{
  if (s->error.code)
    return s->error.code;
  int code = pl_writer_begin(s, &s->error);
  if (code)
    return code;
  sqlite3_bind_int64(s->put_sample, 1, series);
  sqlite3_bind_int64(s->put_sample, 2, run);
  sqlite3_bind_int64(s->put_sample, 3, ts_ms);
  sqlite3_bind_double(s->put_sample, 4, value);
  return put_row(s, s->put_sample);
}

/* What makes a row of distributions unique, in the order of both statements' parameters. */
static void bind_place(sqlite3_stmt *stmt, int64_t series, int64_t run, unsigned resolution_s, int64_t ts_ms)
{
  sqlite3_bind_int64(stmt, 1, series);
  sqlite3_bind_int64(stmt, 2, run);
  sqlite3_bind_int64(stmt, 3, resolution_s);
  sqlite3_bind_int64(stmt, 4, ts_ms);
}

/* Adds the stored histogram of the same place, if there is one, to h. */
static int add_stored(pl_store *s, pl_hist *h)
{
  int code = sqlite3_step(s->get_dist), result = PL_OK;
  if (code == SQLITE_ROW) {
    pl_str bytes = {sqlite3_column_blob(s->get_dist, 0), (size_t)sqlite3_column_bytes(s->get_dist, 0)};
    double sum = h->sum + sqlite3_column_double(s->get_dist, 1);
    uint64_t min = (uint64_t)sqlite3_column_int64(s->get_dist, 2), max = (uint64_t)sqlite3_column_int64(s->get_dist, 3);
    uint64_t own_min = h->min, own_max = h->max;
    result = pl_hdr_decode(bytes, h, &s->error);
    h->sum = sum;
    h->min = min < own_min ? min : own_min;
    h->max = max > own_max ? max : own_max;
  } else if (code != SQLITE_DONE) {
    result = pl_sqlite_fail(s->connection.db, code, "read timeline", s->connection.path, &s->error);
  }
  (void)sqlite3_reset(s->get_dist);
  return result;
}

int pl_store_dist(pl_store *s, int64_t series, int64_t run, int64_t ts_ms, unsigned resolution_s, const pl_hist *h)
{
  if (s->error.code)
    return s->error.code;
  if (h->count == 0)
    return PL_OK;
  pl_hist both;
  pl_hist_init(&both, s->alloc);
  int code = pl_writer_begin(s, &s->error);
  if (!code && pl_hist_add(&both, h))
    code = pl_fail(&s->error, PL_ENOMEM, "out of memory for a histogram");
  bind_place(s->get_dist, series, run, resolution_s, ts_ms);
  if (!code)
    code = add_stored(s, &both);
  pl_buf_clear(&s->scratch);
  if (!code && pl_hdr_encode(&both, &s->scratch))
    code = pl_fail(&s->error, PL_ENOMEM, "out of memory for a histogram");
  if (!code) {
    sqlite3_stmt *stmt = s->put_dist;
    bind_place(stmt, series, run, resolution_s, ts_ms);
    sqlite3_bind_int64(stmt, 5, (int64_t)both.count);
    sqlite3_bind_double(stmt, 6, both.sum);
    sqlite3_bind_int64(stmt, 7, (int64_t)both.min);
    sqlite3_bind_int64(stmt, 8, (int64_t)both.max);
    sqlite3_bind_blob64(stmt, 9, s->scratch.data, s->scratch.len, SQLITE_STATIC);
    code = put_row(s, stmt);
  }
  pl_hist_fini(&both);
  return code;
}
