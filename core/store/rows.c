/* The rows come in order of series, run and time, which is their primary key. */
#include "store/rows.h"

#include <math.h>
#include <stdbool.h>

#include "store/chunk.h"

typedef struct filling {
  pl_codec *codec;
  sqlite3_stmt *rows, *put;
  sqlite3_int64 series, run;
  size_t n;
  pl_buf bytes;
  int64_t times_ns[PL_CHUNK_MAX];
  double values[PL_CHUNK_MAX];
} filling;

static int put_chunk(filling *f)
{
  if (f->n == 0)
    return SQLITE_OK;
  pl_buf_clear(&f->bytes);
  if (pl_chunk_write(f->codec, f->times_ns, f->values, f->n, PL_CHUNK_PACKED, &f->bytes))
    return SQLITE_NOMEM;
  sqlite3_bind_int64(f->put, 1, f->series);
  sqlite3_bind_int64(f->put, 2, f->run);
  sqlite3_bind_int64(f->put, 3, f->times_ns[0]);
  sqlite3_bind_int64(f->put, 4, f->times_ns[f->n - 1]);
  sqlite3_bind_int64(f->put, 5, (sqlite3_int64)f->n);
  sqlite3_bind_blob64(f->put, 6, f->bytes.data, f->bytes.len, SQLITE_STATIC);
  int code = sqlite3_step(f->put);
  (void)sqlite3_reset(f->put);
  f->n = 0;
  return code == SQLITE_DONE ? SQLITE_OK : code;
}

static int take_row(filling *f)
{
  sqlite3_int64 series = sqlite3_column_int64(f->rows, 0), run = sqlite3_column_int64(f->rows, 1);
  int code = series != f->series || run != f->run || f->n == PL_CHUNK_MAX ? put_chunk(f) : SQLITE_OK;
  if (code)
    return code;
  f->series = series;
  f->run = run;
  f->times_ns[f->n] = sqlite3_column_int64(f->rows, 2);
  f->values[f->n++] = sqlite3_column_type(f->rows, 3) == SQLITE_NULL ? (double)NAN : sqlite3_column_double(f->rows, 3);
  return SQLITE_OK;
}

static int fill(filling *f, sqlite3 *db)
{
  int code = sqlite3_prepare_v2(db, "SELECT series_id, run_id, ts_ns, value FROM points_3 ORDER BY series_id, run_id, ts_ns", -1, &f->rows, NULL);
  if (!code)
    code = sqlite3_prepare_v2(db, "INSERT INTO chunks(series_id, run_id, from_ns, to_ns, n, sealed, data) VALUES(?, ?, ?, ?, ?, 0, ?)", -1, &f->put, NULL);
  while (!code && (code = sqlite3_step(f->rows)) == SQLITE_ROW)
    code = take_row(f);
  return code == SQLITE_DONE ? put_chunk(f) : code;
}

int pl_rows_to_chunks(sqlite3 *db, const pl_allocator *a)
{
  filling *f = pl_alloc_zero(a, 1, sizeof *f);
  if (!f)
    return SQLITE_NOMEM;
  pl_buf_init(&f->bytes, a, SIZE_MAX);
  int code = pl_codec_new(a, &f->codec) ? SQLITE_NOMEM : fill(f, db);
  (void)sqlite3_finalize(f->rows);
  (void)sqlite3_finalize(f->put);
  pl_codec_free(f->codec);
  pl_buf_fini(&f->bytes);
  pl_free(a, f, sizeof *f);
  return code;
}
