/* Packing goes round the table of rows, run of rows by run of rows: rows of one place (series, run, resolution) between two chunks of it. */
#include "store/dist_pack.h"

#include <string.h>

#include "store/dist_chunk.h"

enum {
  LEAST = 8,                /* rows of a chunk: fewer have not enough in common */
  LOOKS = 32,               /* runs of rows that are looked at in a step */
  STEP_BYTES = 256 * 1024,  /* of histograms that are packed in one */
  CHUNK_BYTES = 192 * 1024, /* of a chunk's histograms, unless LEAST are more: packed some 64 KB, so that little memory is enough */
  WORK_MAX = 4 << 20,       /* of a buffer: more than any chunk takes */
};

enum { NEXT, CHUNK, BEHIND, ROWS, YOUNGER, TAKE, PUT, DROP, TOUCHED, PUT_ROW, DROP_CHUNK, STATEMENTS };

#define PLACE " WHERE series_id = ?1 AND run_id = ?2 AND resolution_s = ?3"

/* ?1 to ?3 are a place; what else, is bound beside it. */
static const char *const sql[STATEMENTS] = {
    [NEXT] = "SELECT series_id, run_id, resolution_s, ts_ms FROM histogram_rows WHERE (series_id, run_id, resolution_s, ts_ms) > (?1, ?2, ?3, ?4)"
             " ORDER BY series_id, run_id, resolution_s, ts_ms LIMIT 1",
    [CHUNK] = "SELECT to_ms FROM histogram_chunks" PLACE " AND from_ms <= ?4 ORDER BY from_ms DESC LIMIT 1",
    [BEHIND] = "SELECT from_ms FROM histogram_chunks" PLACE " AND from_ms > ?4 ORDER BY from_ms LIMIT 1",
    [ROWS] = "SELECT count(*), max(ts_ms) FROM (SELECT ts_ms FROM histogram_rows" PLACE " AND ts_ms >= ?4 AND ts_ms < ?5 ORDER BY ts_ms LIMIT ?6)",
    [YOUNGER] = "SELECT 1 FROM histogram_rows" PLACE " AND ts_ms >= ?5 AND ts_ms < ?6 LIMIT 1",
    [TAKE] = "SELECT ts_ms, count, min, max, sum, hist FROM histogram_rows" PLACE " AND ts_ms BETWEEN ?4 AND ?5 ORDER BY ts_ms",
    [PUT] = "INSERT INTO histogram_chunks(series_id, run_id, resolution_s, from_ms, to_ms, n, data) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    [DROP] = "DELETE FROM histogram_rows" PLACE " AND ts_ms BETWEEN ?4 AND ?5",
    [TOUCHED] = "SELECT id, data FROM histogram_chunks WHERE id = (SELECT id FROM (SELECT id, to_ms FROM histogram_chunks" PLACE " AND from_ms <= ?5"
                " ORDER BY from_ms DESC LIMIT 1) WHERE to_ms >= ?4)",
    [PUT_ROW] = "INSERT OR IGNORE INTO histogram_rows(series_id, run_id, resolution_s, ts_ms, count, min, max, sum, hist) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
    [DROP_CHUNK] = "DELETE FROM histogram_chunks WHERE id = ?1",
};

/* What packing needs while it packs. */
typedef struct work {
  pl_dist_figures figures;
  pl_buf bytes, chunk; /* the counters, the whole */
  size_t taken;               /* bytes of histograms */
} work;

struct pl_dist_packer {
  pl_archive *archive;
  pl_counters *counters; /* from the beginning: a load's memory is not to grow after ten minutes */
  pl_dist_place at; /* the first row of the run of rows that is due, or the last one that was looked at */
  int64_t last_ms;  /* and its last row */
  sqlite3_stmt *stmt[STATEMENTS];
};

static const pl_dist_place nowhere = {INT64_MIN, INT64_MIN, INT64_MIN, INT64_MIN};

int pl_dist_packer_new(pl_archive *a, pl_dist_packer **out)
{
  pl_dist_packer *p = pl_alloc_zero(a->alloc, 1, sizeof *p);
  if (!p)
    return PL_ENOMEM;
  p->archive = a;
  p->at = nowhere;
  if (pl_counters_new(a->alloc, &p->counters)) {
    pl_dist_packer_free(p);
    return PL_ENOMEM;
  }
  *out = p;
  return PL_OK;
}

void pl_dist_packer_free(pl_dist_packer *p)
{
  if (!p)
    return;
  for (int i = 0; i < STATEMENTS; i++)
    (void)sqlite3_finalize(p->stmt[i]);
  pl_counters_free(p->counters);
  pl_free(p->archive->alloc, p, sizeof *p);
}

/* ---- Statements ------------------------------------------------------------------------------------- */

static int prepare(pl_dist_packer *p, int which, const pl_dist_place *place, pl_error *err)
{
  int code = pl_archive_prepare(p->archive, sql[which], &p->stmt[which], err);
  if (code)
    return code;
  sqlite3_bind_int64(p->stmt[which], 1, place->series);
  sqlite3_bind_int64(p->stmt[which], 2, place->run);
  sqlite3_bind_int64(p->stmt[which], 3, place->resolution_s);
  if (sqlite3_bind_parameter_count(p->stmt[which]) > 3)
    sqlite3_bind_int64(p->stmt[which], 4, place->ts_ms);
  return PL_OK;
}

/* Steps to a statement's row: 1, 0 when there is none, or an error. The statement is reset but for a row. */
static int step(pl_dist_packer *p, int which, pl_error *err)
{
  int code = sqlite3_step(p->stmt[which]);
  if (code == SQLITE_ROW)
    return 1;
  (void)sqlite3_reset(p->stmt[which]);
  return code == SQLITE_DONE ? 0 : pl_archive_fail(p->archive, code, err);
}

/* The first column of a statement's first row into *out, which stays where there is none: 1, 0, or an error. */
static int read_number(pl_dist_packer *p, int which, int64_t *out, pl_error *err)
{
  int code = step(p, which, err);
  if (code > 0)
    *out = sqlite3_column_int64(p->stmt[which], 0);
  (void)sqlite3_reset(p->stmt[which]);
  return code;
}

/* ---- Looking ---------------------------------------------------------------------------------------- */

/* Goes to the first row behind `at`: 1, 0 when there is none, or an error. */
static int next_row(pl_dist_packer *p, pl_error *err)
{
  int code = prepare(p, NEXT, &p->at, err);
  if (!code)
    code = step(p, NEXT, err);
  if (code > 0) {
    sqlite3_stmt *s = p->stmt[NEXT];
    p->at = (pl_dist_place){sqlite3_column_int64(s, 0), sqlite3_column_int64(s, 1), sqlite3_column_int64(s, 2), sqlite3_column_int64(s, 3)};
  }
  (void)sqlite3_reset(p->stmt[NEXT]);
  return code;
}

/* The rows from `at` on that may become a chunk, before the time end_ms: their number, or an error; *last_ms is the last one's time. */
static int count_rows(pl_dist_packer *p, int64_t end_ms, int64_t *last_ms, pl_error *err)
{
  int code = prepare(p, ROWS, &p->at, err);
  if (code)
    return code;
  sqlite3_stmt *s = p->stmt[ROWS];
  sqlite3_bind_int64(s, 5, end_ms);
  sqlite3_bind_int(s, 6, PL_DIST_CHUNK_MAX);
  code = step(p, ROWS, err);
  int n = code > 0 ? sqlite3_column_int(s, 0) : code;
  if (n > 0)
    *last_ms = sqlite3_column_int64(s, 1);
  (void)sqlite3_reset(s);
  return n;
}

/* Whether rows of the place still come: 1, 0, or an error. */
static int is_growing(pl_dist_packer *p, int64_t before_ms, int64_t end_ms, pl_error *err)
{
  int64_t one;
  int code = prepare(p, YOUNGER, &p->at, err);
  if (code)
    return code;
  sqlite3_bind_int64(p->stmt[YOUNGER], 5, before_ms);
  sqlite3_bind_int64(p->stmt[YOUNGER], 6, end_ms);
  return read_number(p, YOUNGER, &one, err);
}

/* Where the run of rows from `at` on ends: *end_ms is the next chunk's begin. 1; 0 when `at` is inside of a chunk, which cannot be read then, and
 * *end_ms is behind that; or an error. */
static int find_end(pl_dist_packer *p, int64_t *end_ms, pl_error *err)
{
  int64_t to_ms = INT64_MIN;
  int code = prepare(p, CHUNK, &p->at, err);
  *end_ms = INT64_MAX;
  if (!code)
    code = read_number(p, CHUNK, &to_ms, err);
  if (code >= 0 && to_ms >= p->at.ts_ms) {
    *end_ms = to_ms < INT64_MAX ? to_ms + 1 : to_ms;
    return 0;
  }
  if (code >= 0)
    code = prepare(p, BEHIND, &p->at, err);
  if (!code)
    code = read_number(p, BEHIND, end_ms, err);
  return code < 0 ? code : 1;
}

/* Whether the run of rows that `at` begins is due, up to last_ms: 1; 0, and `at` is its end; or an error. Of a place whose next row is too
 * young all that follow are: nothing else of it is read. */
static int is_due(pl_dist_packer *p, int64_t before_ms, pl_error *err)
{
  if (p->at.ts_ms >= before_ms) {
    p->at.ts_ms = INT64_MAX;
    return 0;
  }
  int64_t end_ms;
  int code = find_end(p, &end_ms, err), n = 0;
  if (code > 0)
    n = code = count_rows(p, end_ms < before_ms ? end_ms : before_ms, &p->last_ms, err);
  if (code >= 0 && n >= LEAST && n < PL_DIST_CHUNK_MAX && end_ms > before_ms) {
    int growing = code = is_growing(p, before_ms, end_ms, err);
    n = growing ? 0 : n;
  }
  if (code < 0)
    return code;
  if (n >= LEAST)
    return 1;
  p->at.ts_ms = end_ms - 1;
  return 0;
}

int pl_dist_pack_due(pl_dist_packer *p, int64_t before_ms, pl_error *err)
{
  for (int i = 0; i < LOOKS; i++) {
    pl_dist_place last = p->at;
    int code = next_row(p, err);
    if (code == 0)
      p->at = nowhere;
    if (code <= 0)
      return code;
    code = is_due(p, before_ms, err);
    if (code > 0)
      p->at = last; /* found again in the transaction */
    if (code)
      return code;
  }
  return 0;
}

bool pl_dist_pack_is_round(const pl_dist_packer *p)
{
  return p->at.series == nowhere.series;
}

/* ---- Packing ---------------------------------------------------------------------------------------- */

static void begin_work(const pl_archive *a, work *w)
{
  memset(w, 0, sizeof *w);
  pl_buf_init(&w->bytes, a->alloc, WORK_MAX);
  pl_buf_init(&w->chunk, a->alloc, WORK_MAX);
}

static void end_work(work *w)
{
  pl_buf_fini(&w->bytes);
  pl_buf_fini(&w->chunk);
}

/* Takes the row that a statement stands on into the chunk: 1; 0: it is no histogram that would be read back as it is; PL_ENOMEM. */
static int take_row(pl_counters *c, work *w, sqlite3_stmt *s)
{
  pl_dist_figures *f = &w->figures;
  const pl_str bytes = {sqlite3_column_blob(s, 5), (size_t)sqlite3_column_bytes(s, 5)};
  if (pl_counters_write(c, bytes, (uint64_t)sqlite3_column_int64(s, 1)))
    return 0;
  f->ts_ms[f->n] = sqlite3_column_int64(s, 0);
  f->count[f->n] = sqlite3_column_int64(s, 1);
  f->min[f->n] = sqlite3_column_int64(s, 2);
  f->max[f->n] = sqlite3_column_int64(s, 3);
  f->sum[f->n++] = sqlite3_column_double(s, 4);
  w->taken += bytes.len;
  return w->bytes.bad ? w->bytes.bad : 1;
}

/* Takes rows from `at` to last_ms until the chunk is full or one stays a row; `at` is then the last one that was looked at. */
static int take_rows(pl_dist_packer *p, work *w, pl_error *err)
{
  size_t limit = w->taken + CHUNK_BYTES;
  int code = prepare(p, TAKE, &p->at, err), taken = 1;
  if (code)
    return code;
  sqlite3_bind_int64(p->stmt[TAKE], 5, p->last_ms);
  w->figures.n = 0;
  pl_buf_clear(&w->bytes);
  pl_counters_begin_write(p->counters, &w->bytes);
  while (taken > 0 && (w->figures.n < LEAST || w->taken < limit) && (code = step(p, TAKE, err)) > 0) {
    p->at.ts_ms = sqlite3_column_int64(p->stmt[TAKE], 0);
    taken = take_row(p->counters, w, p->stmt[TAKE]);
  }
  (void)sqlite3_reset(p->stmt[TAKE]);
  pl_counters_end_write(p->counters);
  if (taken < 0)
    return pl_fail(err, taken, "write to timeline %s: out of memory", p->archive->path);
  return code < 0 ? code : PL_OK;
}

/* The rows that were taken become a chunk. */
static int put_chunk(pl_dist_packer *p, work *w, pl_error *err)
{
  pl_archive *a = p->archive;
  const pl_dist_figures *f = &w->figures;
  pl_dist_place from = p->at;
  from.ts_ms = f->ts_ms[0];
  pl_buf_clear(&w->chunk);
  if (pl_archive_ready(a, NULL) || pl_dist_chunk_write(a->codec, f, (pl_str){w->bytes.data, w->bytes.len}, &w->chunk))
    return pl_fail(err, PL_ENOMEM, "write to timeline %s: out of memory", a->path);
  int code = prepare(p, PUT, &from, err);
  if (!code)
    code = prepare(p, DROP, &from, err);
  if (code)
    return code;
  sqlite3_bind_int64(p->stmt[PUT], 5, f->ts_ms[f->n - 1]);
  sqlite3_bind_int64(p->stmt[PUT], 6, (sqlite3_int64)f->n);
  sqlite3_bind_blob64(p->stmt[PUT], 7, w->chunk.data, w->chunk.len, SQLITE_STATIC);
  sqlite3_bind_int64(p->stmt[DROP], 5, f->ts_ms[f->n - 1]);
  code = step(p, PUT, err);
  return code < 0 ? code : step(p, DROP, err);
}

static int pack_all(pl_dist_packer *p, work *w, int64_t before_ms, pl_error *err)
{
  int code = PL_OK;
  for (int i = 0; i < LOOKS && w->taken < STEP_BYTES && (code = next_row(p, err)) > 0; i++) {
    code = is_due(p, before_ms, err);
    if (code > 0)
      code = take_rows(p, w, err);
    else
      w->figures.n = 0;
    if (!code && w->figures.n >= LEAST)
      code = put_chunk(p, w, err);
    if (code < 0)
      return code;
  }
  return code < 0 ? code : PL_OK;
}

int pl_dist_pack_some(pl_dist_packer *p, int64_t before_ms, pl_error *err)
{
  work w;
  pl_dist_place first = p->at;
  begin_work(p->archive, &w);
  int code = pack_all(p, &w, before_ms, err);
  if (code)
    p->at = first;
  end_work(&w);
  return code;
}

/* ---- Unpacking -------------------------------------------------------------------------------------- */

static int put_row(pl_dist_packer *p, const pl_dist_place *place, const pl_dist_figures *f, size_t i, pl_str bytes, pl_error *err)
{
  pl_dist_place at = *place;
  at.ts_ms = f->ts_ms[i];
  int code = prepare(p, PUT_ROW, &at, err);
  if (code)
    return code;
  sqlite3_stmt *s = p->stmt[PUT_ROW];
  sqlite3_bind_int64(s, 5, f->count[i]);
  sqlite3_bind_int64(s, 6, f->min[i]);
  sqlite3_bind_int64(s, 7, f->max[i]);
  sqlite3_bind_double(s, 8, f->sum[i]);
  sqlite3_bind_blob64(s, 9, bytes.data, bytes.len, SQLITE_STATIC);
  return step(p, PUT_ROW, err);
}

static int put_rows(pl_dist_packer *p, const pl_dist_place *place, pl_dist_reader *r, pl_str chunk, pl_error *err)
{
  pl_archive *a = p->archive;
  int code = pl_archive_ready(a, err);
  if (code)
    return code;
  /* All of it first: a chunk that cannot be read stays as it is. */
  code = pl_dist_reader_check(r, a->alloc, a->codec, chunk);
  if (!code)
    code = pl_dist_reader_open(r, a->alloc, a->codec, chunk);
  if (code)
    return pl_fail(err, code, "a chunk of histograms cannot be read");
  for (size_t i = 0; i < r->figures.n && !code; i++) {
    pl_str bytes;
    code = pl_dist_reader_bytes(r, i, &bytes);
    code = code ? pl_fail(err, code, "a chunk of histograms cannot be read") : put_row(p, place, &r->figures, i, bytes, err);
  }
  return code;
}

int pl_dist_unpack(pl_dist_packer *p, const pl_dist_place *place, int64_t to_ms, int64_t *last_ms, pl_error *err)
{
  pl_dist_reader r = {0};
  int code = PL_OK;
  for (;;) {
    code = prepare(p, TOUCHED, place, err);
    if (code)
      break;
    sqlite3_stmt *s = p->stmt[TOUCHED];
    sqlite3_bind_int64(s, 5, to_ms);
    code = step(p, TOUCHED, err);
    if (code <= 0)
      break;
    int64_t id = sqlite3_column_int64(s, 0);
    code = put_rows(p, place, &r, (pl_str){sqlite3_column_blob(s, 1), (size_t)sqlite3_column_bytes(s, 1)}, err);
    (void)sqlite3_reset(s);
    if (!code && last_ms && *last_ms < r.figures.ts_ms[r.figures.n - 1])
      *last_ms = r.figures.ts_ms[r.figures.n - 1];
    if (!code)
      code = pl_archive_prepare(p->archive, sql[DROP_CHUNK], &p->stmt[DROP_CHUNK], err);
    if (code)
      break;
    sqlite3_bind_int64(p->stmt[DROP_CHUNK], 1, id);
    code = step(p, DROP_CHUNK, err);
    if (code)
      break;
  }
  pl_dist_reader_close(&r);
  return code;
}
