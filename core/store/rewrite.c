/* The new chunks wait in memory until the scan of the old ones has come to its end: a statement must not meet its own rows. */
#include "store/rewrite.h"

int pl_rewriter_new(pl_archive *a, pl_rewriter **out)
{
  pl_rewriter *r = pl_alloc(a->alloc, sizeof *r);
  if (!r)
    return PL_ENOMEM;
  r->archive = a;
  r->neighbours = r->damaged = r->due = r->drop = r->put = NULL;
  r->pieces = NULL;
  r->n_pieces = r->cap_pieces = 0;
  pl_buf_init(&r->bytes, a->alloc, SIZE_MAX);
  *out = r;
  return PL_OK;
}

void pl_rewriter_free(pl_rewriter *r)
{
  if (!r)
    return;
  const pl_allocator *alloc = r->archive->alloc;
  sqlite3_stmt *all[] = {r->neighbours, r->damaged, r->due, r->drop, r->put};
  for (size_t i = 0; i < sizeof all / sizeof *all; i++)
    (void)sqlite3_finalize(all[i]);
  pl_buf_fini(&r->bytes);
  pl_free(alloc, r->pieces, r->cap_pieces * sizeof *r->pieces);
  pl_free(alloc, r, sizeof *r);
}

/* The n samples that were collected become a piece. */
static int end_piece(pl_rewriter *r, size_t n, enum pl_chunk_effort effort, pl_error *err)
{
  if (r->n_pieces == r->cap_pieces) {
    size_t cap = r->cap_pieces ? r->cap_pieces * 2 : 8;
    pl_piece *pieces = pl_realloc(r->archive->alloc, r->pieces, r->cap_pieces * sizeof *pieces, cap * sizeof *pieces);
    if (!pieces)
      return pl_fail(err, PL_ENOMEM, "write to timeline %s: out of memory", r->archive->path);
    r->pieces = pieces;
    r->cap_pieces = cap;
  }
  size_t at = r->bytes.len;
  int code = pl_chunk_write(r->archive->codec, r->times_ns, r->values, n, effort, &r->bytes);
  if (code)
    return pl_fail(err, code, "write to timeline %s: out of memory", r->archive->path);
  r->pieces[r->n_pieces++] = (pl_piece){r->times_ns[0], r->times_ns[n - 1], n, at, r->bytes.len - at};
  return PL_OK;
}

static int collect(pl_rewriter *r, const pl_range *range, enum pl_chunk_effort effort, pl_error *err)
{
  pl_scan *scan;
  size_t n = 0;
  r->n_pieces = 0;
  pl_buf_clear(&r->bytes);
  int code = pl_scan_open(r->archive, range, &scan, err);
  if (code)
    return code;
  while ((code = pl_scan_next(scan, &r->times_ns[n], &r->values[n], err)) > 0) {
    if (++n < PL_CHUNK_MAX)
      continue;
    code = end_piece(r, n, effort, err);
    if (code)
      break;
    n = 0;
  }
  if (!code && n)
    code = end_piece(r, n, effort, err);
  pl_scan_close(scan);
  return code;
}

static int drop_range(pl_rewriter *r, const pl_range *range, pl_error *err)
{
  int code = pl_archive_prepare(r->archive, "DELETE FROM chunks WHERE series_id = ? AND run_id = ? AND from_ns BETWEEN ?3 AND ?4 AND to_ns >= ?3", &r->drop, err);
  if (code)
    return code;
  sqlite3_bind_int64(r->drop, 1, range->series);
  sqlite3_bind_int64(r->drop, 2, range->run);
  sqlite3_bind_int64(r->drop, 3, range->from_ns);
  sqlite3_bind_int64(r->drop, 4, range->to_ns);
  int step = sqlite3_step(r->drop);
  (void)sqlite3_reset(r->drop);
  return step == SQLITE_DONE ? PL_OK : pl_archive_fail(r->archive, step, err);
}

static int put_piece(pl_rewriter *r, const pl_range *range, enum pl_chunk_effort effort, const pl_piece *p, pl_error *err)
{
  int code = pl_archive_prepare(r->archive, "INSERT INTO chunks(series_id, run_id, from_ns, to_ns, n, sealed, data) VALUES(?, ?, ?, ?, ?, ?, ?)",
                                &r->put, err);
  if (code)
    return code;
  sqlite3_bind_int64(r->put, 1, range->series);
  sqlite3_bind_int64(r->put, 2, range->run);
  sqlite3_bind_int64(r->put, 3, p->from_ns);
  sqlite3_bind_int64(r->put, 4, p->to_ns);
  sqlite3_bind_int64(r->put, 5, (sqlite3_int64)p->n);
  sqlite3_bind_int(r->put, 6, effort == PL_CHUNK_SEALED);
  sqlite3_bind_blob64(r->put, 7, r->bytes.data + p->at, p->len, SQLITE_STATIC);
  int step = sqlite3_step(r->put);
  (void)sqlite3_reset(r->put);
  return step == SQLITE_DONE ? PL_OK : pl_archive_fail(r->archive, step, err);
}

int pl_rewrite(pl_rewriter *r, const pl_range *range, enum pl_chunk_effort effort, pl_error *err)
{
  int code = collect(r, range, effort, err);
  if (!code)
    code = drop_range(r, range, err);
  for (size_t i = 0; i < r->n_pieces && !code; i++)
    code = put_piece(r, range, effort, &r->pieces[i], err);
  return code;
}

int pl_rewriter_neighbours(pl_rewriter *r, const pl_range *range, bool (*fn)(void *user, const pl_chunk_place *c), void *user, pl_error *err)
{
  int code = pl_archive_prepare(r->archive,
                                "SELECT from_ns, to_ns, n, sealed FROM chunks WHERE series_id = ?1 AND run_id = ?2 AND from_ns <= ?4 AND from_ns >="
                                " coalesce((SELECT max(from_ns) FROM chunks WHERE series_id = ?1 AND run_id = ?2 AND from_ns < ?3), ?3)"
                                " ORDER BY from_ns", &r->neighbours, err);
  if (code)
    return code;
  sqlite3_stmt *stmt = r->neighbours;
  sqlite3_bind_int64(stmt, 1, range->series);
  sqlite3_bind_int64(stmt, 2, range->run);
  sqlite3_bind_int64(stmt, 3, range->from_ns);
  sqlite3_bind_int64(stmt, 4, range->to_ns);
  bool go_on = true;
  int step = SQLITE_DONE;
  while (go_on && (step = sqlite3_step(stmt)) == SQLITE_ROW) {
    pl_chunk_place c = {sqlite3_column_int64(stmt, 0), sqlite3_column_int64(stmt, 1), pl_chunk_count(sqlite3_column_int64(stmt, 2)),
                        sqlite3_column_int(stmt, 3) != 0};
    go_on = fn(user, &c);
  }
  (void)sqlite3_reset(stmt);
  return step == SQLITE_ROW || step == SQLITE_DONE ? PL_OK : pl_archive_fail(r->archive, step, err);
}

int pl_rewriter_damaged(pl_rewriter *r, const pl_range *range, pl_chunk_place *c, pl_error *err)
{
  int code = pl_archive_prepare(r->archive,
                                "SELECT from_ns, to_ns, n, sealed FROM chunks WHERE series_id = ? AND run_id = ? AND to_ns >= ? AND from_ns <= ?"
                                " AND chunk_damage(data, from_ns, to_ns, n) IS NOT NULL ORDER BY from_ns LIMIT 1", &r->damaged, err);
  if (code)
    return code;
  sqlite3_bind_int64(r->damaged, 1, range->series);
  sqlite3_bind_int64(r->damaged, 2, range->run);
  sqlite3_bind_int64(r->damaged, 3, range->from_ns);
  sqlite3_bind_int64(r->damaged, 4, range->to_ns);
  int step = sqlite3_step(r->damaged);
  if (step == SQLITE_ROW)
    *c = (pl_chunk_place){sqlite3_column_int64(r->damaged, 0), sqlite3_column_int64(r->damaged, 1), pl_chunk_count(sqlite3_column_int64(r->damaged, 2)),
                          sqlite3_column_int(r->damaged, 3) != 0};
  (void)sqlite3_reset(r->damaged);
  return step == SQLITE_ROW ? 1 : step == SQLITE_DONE ? 0 : pl_archive_fail(r->archive, step, err);
}
