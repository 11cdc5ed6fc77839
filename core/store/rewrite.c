/* The new chunks wait in memory until the scan of the old ones has come to its end: a statement must not meet its own rows. */
#include "store/rewrite.h"

int pl_rewriter_new(pl_archive *a, pl_rewriter **out)
{
  pl_rewriter *r = pl_alloc(a->alloc, sizeof *r);
  if (!r)
    return PL_ENOMEM;
  r->archive = a;
  r->neighbours = r->before = r->damaged = r->due = r->drop = r->put = r->grow = NULL;
  r->pieces = NULL;
  r->n_pieces = r->cap_pieces = r->n = 0;
  r->work = 0;
  pl_buf_init(&r->bytes, a->alloc, SIZE_MAX);
  *out = r;
  return PL_OK;
}

void pl_rewriter_free(pl_rewriter *r)
{
  if (!r)
    return;
  const pl_allocator *alloc = r->archive->alloc;
  sqlite3_stmt *all[] = {r->neighbours, r->before, r->damaged, r->due, r->drop, r->put, r->grow};
  for (size_t i = 0; i < sizeof all / sizeof *all; i++)
    (void)sqlite3_finalize(all[i]);
  pl_buf_fini(&r->bytes);
  pl_free(alloc, r->pieces, r->cap_pieces * sizeof *r->pieces);
  pl_free(alloc, r, sizeof *r);
}

/* Samples become a piece. */
static int add_piece(pl_rewriter *r, const pl_samples *s, enum pl_chunk_effort effort, pl_error *err)
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
  int code = pl_chunk_write(r->archive->codec, s->times_ns, s->values, s->n, effort, &r->bytes);
  if (code)
    return pl_fail(err, code, "write to timeline %s: out of memory", r->archive->path);
  r->pieces[r->n_pieces++] = (pl_piece){s->times_ns[0], s->times_ns[s->n - 1], s->n, at, r->bytes.len - at};
  r->work += s->n;
  return PL_OK;
}

/* The samples that were collected become a piece. */
static int end_piece(pl_rewriter *r, enum pl_chunk_effort effort, pl_error *err)
{
  int code = add_piece(r, &(pl_samples){r->times_ns, r->values, r->n}, effort, err);
  r->n = code ? r->n : 0;
  return code;
}

static void begin_pieces(pl_rewriter *r)
{
  r->n_pieces = r->n = 0;
  pl_buf_clear(&r->bytes);
}

/* The sample behind the collected ones is collected too. */
static int advance(pl_rewriter *r, enum pl_chunk_effort effort, pl_error *err)
{
  return ++r->n < PL_CHUNK_MAX ? PL_OK : end_piece(r, effort, err);
}

/* Collects the samples of the range. */
static int collect(pl_rewriter *r, const pl_range *range, enum pl_chunk_effort effort, pl_error *err)
{
  pl_scan *scan;
  int code = pl_scan_open(r->archive, range, &scan, err), more;
  if (code)
    return code;
  while (!code && (more = pl_scan_next(scan, &r->times_ns[r->n], &r->values[r->n], err)) != 0)
    code = more < 0 ? more : advance(r, effort, err);
  pl_scan_close(scan);
  return code;
}

static int end_pieces(pl_rewriter *r, enum pl_chunk_effort effort, pl_error *err)
{
  return r->n ? end_piece(r, effort, err) : PL_OK;
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

static int put_piece(pl_rewriter *r, const pl_range *range, int sealed, const pl_piece *p, pl_error *err)
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
  sqlite3_bind_int(r->put, 6, sealed);
  sqlite3_bind_blob64(r->put, 7, r->bytes.data + p->at, p->len, SQLITE_STATIC);
  int step = sqlite3_step(r->put);
  (void)sqlite3_reset(r->put);
  return step == SQLITE_DONE ? PL_OK : pl_archive_fail(r->archive, step, err);
}

/* Puts the pieces in the place of the chunks that begin in the range. */
static int put_pieces(pl_rewriter *r, const pl_range *range, int sealed, pl_error *err)
{
  int code = drop_range(r, range, err);
  for (size_t i = 0; i < r->n_pieces && !code; i++)
    code = put_piece(r, range, sealed, &r->pieces[i], err);
  return code;
}

int pl_rewrite(pl_rewriter *r, const pl_range *range, enum pl_chunk_effort effort, pl_error *err)
{
  begin_pieces(r);
  int code = collect(r, range, effort, err);
  if (!code)
    code = end_pieces(r, effort, err);
  return code ? code : put_pieces(r, range, effort == PL_CHUNK_SEALED, err);
}

int pl_rewrite_points(pl_rewriter *r, const pl_store_point *p, size_t n, pl_error *err)
{
  const pl_range range = {p->series, p->run, p->ts_ns, p[n - 1].ts_ns};
  int code = PL_OK;
  begin_pieces(r);
  for (size_t i = 0; i < n && !code; i++) {
    r->times_ns[r->n] = p[i].ts_ns;
    r->values[r->n] = p[i].value;
    code = advance(r, PL_CHUNK_PACKED, err);
  }
  if (!code)
    code = end_pieces(r, PL_CHUNK_PACKED, err);
  for (size_t i = 0; i < r->n_pieces && !code; i++)
    code = put_piece(r, &range, 0, &r->pieces[i], err);
  return code;
}

int pl_rewrite_grown(pl_rewriter *r, int64_t id, const pl_range *behind, const pl_samples *samples, pl_error *err)
{
  begin_pieces(r);
  int code = add_piece(r, samples, PL_CHUNK_PACKED, err);
  if (!code)
    code = pl_archive_prepare(r->archive, "UPDATE chunks SET to_ns = ?, n = ?, data = ? WHERE id = ?", &r->grow, err);
  if (code)
    return code;
  const pl_piece *p = r->pieces;
  sqlite3_bind_int64(r->grow, 1, p->to_ns);
  sqlite3_bind_int64(r->grow, 2, (sqlite3_int64)p->n);
  sqlite3_bind_blob64(r->grow, 3, r->bytes.data, p->len, SQLITE_STATIC);
  sqlite3_bind_int64(r->grow, 4, id);
  int step = sqlite3_step(r->grow);
  (void)sqlite3_reset(r->grow);
  if (step != SQLITE_DONE)
    return pl_archive_fail(r->archive, step, err);
  return behind ? drop_range(r, behind, err) : PL_OK;
}

/* Widens the range by a chunk that it touches. */
static bool take_touched(void *user, const pl_chunk_place *c)
{
  pl_range *range = user;
  if (c->to_ns < range->from_ns)
    return true;
  range->from_ns = c->from_ns < range->from_ns ? c->from_ns : range->from_ns;
  range->to_ns = c->to_ns > range->to_ns ? c->to_ns : range->to_ns;
  return true;
}

static int collect_given(pl_rewriter *r, const pl_samples *with, pl_error *err)
{
  int code = PL_OK;
  for (size_t i = 0; i < with->n && !code; i++) {
    r->times_ns[r->n] = with->times_ns[i];
    r->values[r->n] = with->values[i];
    code = advance(r, PL_CHUNK_SEALED, err);
  }
  return code;
}

/* Collects what chunks have in the wide range on both sides of the range, and in it what is given. */
static int collect_around(pl_rewriter *r, const pl_range *wide, const pl_range *range, const pl_samples *with, pl_error *err)
{
  pl_range side = *wide;
  int code = PL_OK;
  if (wide->from_ns < range->from_ns) {
    side.to_ns = range->from_ns - 1;
    code = collect(r, &side, PL_CHUNK_SEALED, err);
  }
  if (!code)
    code = collect_given(r, with, err);
  if (!code && wide->to_ns > range->to_ns) {
    side = (pl_range){range->series, range->run, range->to_ns + 1, wide->to_ns};
    code = collect(r, &side, PL_CHUNK_SEALED, err);
  }
  return code;
}

int pl_rewrite_with(pl_rewriter *r, const pl_range *range, const pl_samples *with, int sealed, pl_error *err)
{
  pl_range wide = *range;
  int code = pl_rewriter_neighbours(r, range, take_touched, &wide, err);
  begin_pieces(r);
  if (!code)
    code = collect_around(r, &wide, range, with, err);
  if (!code)
    code = end_pieces(r, PL_CHUNK_SEALED, err);
  return code ? code : put_pieces(r, &wide, sealed, err);
}

static pl_chunk_place place_of(sqlite3_stmt *stmt)
{
  return (pl_chunk_place){sqlite3_column_int64(stmt, 0), sqlite3_column_int64(stmt, 1), sqlite3_column_int64(stmt, 2),
                          pl_chunk_count(sqlite3_column_int64(stmt, 3)), sqlite3_column_int(stmt, 4)};
}

/* Calls fn with the chunks that the statement gives for the range, until it gives false. */
static int each_place(pl_rewriter *r, sqlite3_stmt *stmt, bool (*fn)(void *user, const pl_chunk_place *c), void *user, pl_error *err)
{
  bool go_on = true;
  int step = SQLITE_DONE;
  while (go_on && (step = sqlite3_step(stmt)) == SQLITE_ROW) {
    pl_chunk_place c = place_of(stmt);
    go_on = fn(user, &c);
  }
  (void)sqlite3_reset(stmt);
  return step == SQLITE_ROW || step == SQLITE_DONE ? PL_OK : pl_archive_fail(r->archive, step, err);
}

int pl_rewriter_neighbours(pl_rewriter *r, const pl_range *range, bool (*fn)(void *user, const pl_chunk_place *c), void *user, pl_error *err)
{
  int code = pl_archive_prepare(r->archive,
                                "SELECT id, from_ns, to_ns, n, sealed FROM chunks WHERE series_id = ?1 AND run_id = ?2 AND from_ns <= ?4 AND from_ns >="
                                " coalesce((SELECT max(from_ns) FROM chunks WHERE series_id = ?1 AND run_id = ?2 AND from_ns < ?3), ?3)"
                                " ORDER BY from_ns", &r->neighbours, err);
  if (code)
    return code;
  sqlite3_bind_int64(r->neighbours, 1, range->series);
  sqlite3_bind_int64(r->neighbours, 2, range->run);
  sqlite3_bind_int64(r->neighbours, 3, range->from_ns);
  sqlite3_bind_int64(r->neighbours, 4, range->to_ns);
  return each_place(r, r->neighbours, fn, user, err);
}

int pl_rewriter_before(pl_rewriter *r, const pl_range *range, bool (*fn)(void *user, const pl_chunk_place *c), void *user, pl_error *err)
{
  int code = pl_archive_prepare(r->archive, "SELECT id, from_ns, to_ns, n, sealed, data FROM chunks WHERE series_id = ? AND run_id = ? AND from_ns <= ?"
                                            " ORDER BY from_ns DESC", &r->before, err);
  if (code)
    return code;
  sqlite3_bind_int64(r->before, 1, range->series);
  sqlite3_bind_int64(r->before, 2, range->run);
  sqlite3_bind_int64(r->before, 3, range->to_ns);
  return each_place(r, r->before, fn, user, err);
}

pl_str pl_rewriter_bytes(const pl_rewriter *r)
{
  return (pl_str){sqlite3_column_blob(r->before, 5), (size_t)sqlite3_column_bytes(r->before, 5)};
}

int pl_rewriter_damaged(pl_rewriter *r, const pl_range *range, pl_chunk_place *c, pl_error *err)
{
  int code = pl_archive_prepare(r->archive,
                                "SELECT id, from_ns, to_ns, n, sealed FROM chunks WHERE series_id = ? AND run_id = ? AND to_ns >= ? AND from_ns <= ?"
                                " AND chunk_damage(data, from_ns, to_ns, n) IS NOT NULL ORDER BY from_ns LIMIT 1", &r->damaged, err);
  if (code)
    return code;
  sqlite3_bind_int64(r->damaged, 1, range->series);
  sqlite3_bind_int64(r->damaged, 2, range->run);
  sqlite3_bind_int64(r->damaged, 3, range->from_ns);
  sqlite3_bind_int64(r->damaged, 4, range->to_ns);
  int step = sqlite3_step(r->damaged);
  if (step == SQLITE_ROW)
    *c = place_of(r->damaged);
  (void)sqlite3_reset(r->damaged);
  return step == SQLITE_ROW ? 1 : step == SQLITE_DONE ? 0 : pl_archive_fail(r->archive, step, err);
}
