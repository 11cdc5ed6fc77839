/* Samples become one row of batches. A histogram is a row of its own, merged with the one of its place that is there already, also in a
 * chunk. */
#include "store/transaction.h"

#include "format/hdr.h"

int pl_transaction_prepare(pl_store *s, pl_error *err)
{
  int code = pl_connection_prepare(&s->connection, "INSERT INTO batches(made_ns, n, data) VALUES(?, ?, ?)", &s->put_batch, err);
  if (!code)
    code = pl_connection_prepare(&s->connection,
                                 "INSERT OR REPLACE INTO histogram_rows(series_id, run_id, resolution_s, ts_ms, count, sum, min, max, hist)"
                                 " VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?)", &s->put_dist, err);
  if (!code)
    code = pl_connection_prepare(&s->connection, "SELECT hist, sum, min, max FROM histogram_rows"
                                 " WHERE series_id = ? AND run_id = ? AND resolution_s = ? AND ts_ms = ?", &s->get_dist, err);
  return code;
}

void pl_transaction_release(pl_store *s)
{
  (void)sqlite3_finalize(s->put_batch);
  (void)sqlite3_finalize(s->put_dist);
  (void)sqlite3_finalize(s->get_dist);
}

/* ---- Rows ------------------------------------------------------------------------------------------- */

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

/* Steps an insert of n samples or histograms. SQLITE_OK, also for a row that can never be written (it is lost), or the passing error. */
static int put_row(pl_store *s, sqlite3_stmt *stmt, size_t n)
{
  int code = sqlite3_step(stmt);
  (void)sqlite3_reset(stmt);
  if (code == SQLITE_DONE)
    return SQLITE_OK;
  if (is_passing(code))
    return code;
  s->lost += n;
  return SQLITE_OK;
}

/* Sorts the samples that wait, and writes them into the batch buffer. */
static int make_batch(pl_store *s)
{
  pl_archive *a = &s->connection.archive;
  pl_buf_clear(&s->batch);
  if (pl_archive_ready(a, NULL) || pl_points_sort(&s->samples))
    return SQLITE_NOMEM;
  return pl_batch_write(a->codec, a->columns, s->samples.all, s->samples.n, &s->batch) ? SQLITE_NOMEM : SQLITE_OK;
}

static int put_batch(pl_store *s)
{
  sqlite3_bind_int64(s->put_batch, 1, pl_wall(s->clock));
  sqlite3_bind_int64(s->put_batch, 2, (sqlite3_int64)s->samples.n);
  sqlite3_bind_blob64(s->put_batch, 3, s->batch.data, s->batch.len, SQLITE_STATIC);
  return put_row(s, s->put_batch, s->samples.n);
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

/* A chunk that holds the histogram's time becomes rows again, unless it is damaged: then no row of it can be merged with. An SQLite code. */
static int unpack(pl_store *s, const pl_pending_dist *p)
{
  const pl_dist_place place = {p->series, p->run, p->resolution_s, p->ts_ms};
  int code = pl_dist_unpack(s->keeping.packer, &place, p->ts_ms, NULL, NULL);
  if (!code || pl_chunk_is_unreadable(code))
    return SQLITE_OK;
  return code == PL_ENOMEM ? SQLITE_NOMEM : sqlite3_extended_errcode(s->connection.db);
}

/* One histogram; one that the database has at the same place already is merged with it. */
static int put_dist(pl_store *s, const pl_pending_dist *pending)
{
  pl_pending_dist p = *pending;
  pl_str bytes = {s->blobs.data + p.at, p.len};
  int unpacked = unpack(s, &p);
  if (unpacked)
    return unpacked;
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
  return put_row(s, s->put_dist, 1);
}

/* ---- The transaction -------------------------------------------------------------------------------- */

int pl_transaction_write(pl_store *s)
{
  uint64_t lost = s->lost;
  int code = s->samples.n ? make_batch(s) : SQLITE_OK;
  if (!code)
    code = sqlite3_exec(s->connection.db, "BEGIN IMMEDIATE", NULL, NULL, NULL);
  if (code)
    return code;
  if (s->samples.n)
    code = put_batch(s);
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
