/* An eponymous virtual table over one statement, which gives rows and chunks in order of time: no row lies inside of a chunk. A chunk is opened
 * when the cursor comes to it, and its counters are decoded when somebody wants them: the other columns cost little. */
#include "store/histograms_table.h"

#include <stdio.h>

#include "store/dist_chunk.h"
#include "store/vtab.h"

enum { COLUMN_SERIES, COLUMN_RUN, COLUMN_RESOLUTION, COLUMN_TS, COLUMN_COUNT, COLUMN_SUM, COLUMN_MIN, COLUMN_MAX, COLUMN_HIST, KEYS = COLUMN_TS };
/* idxNum: which arguments there are. */
enum { HAS_SERIES = PL_VTAB_KEY(COLUMN_SERIES), HAS_RUN = PL_VTAB_KEY(COLUMN_RUN), HAS_RESOLUTION = PL_VTAB_KEY(COLUMN_RESOLUTION),
       HAS_FROM = PL_VTAB_FROM(KEYS), HAS_TO = PL_VTAB_TO(KEYS) };
/* Columns of the statement behind those of the table. */
enum { INNER_CHUNK = COLUMN_HIST + 1 };

typedef struct cursor {
  pl_vtab_cursor base; /* first: SQLite's */
  sqlite3_stmt *stmt;
  bool in_chunk;
  int64_t from_ms, to_ms;
  pl_dist_reader reader; /* the chunk that the statement stands on */
  size_t i;              /* the histogram of it */
} cursor;

static int connect(sqlite3 *db, void *user, int argc, const char *const *argv, sqlite3_vtab **out, char **err)
{
  (void)argc, (void)argv, (void)err;
  return pl_vtab_connect(db, "CREATE TABLE x(series_id INTEGER, run_id INTEGER, resolution_s INTEGER, ts_ms INTEGER, count INTEGER, sum REAL,"
                             " min INTEGER, max INTEGER, hist BLOB)", user, out);
}

static int best_index(sqlite3_vtab *t, sqlite3_index_info *info)
{
  (void)t;
  return pl_vtab_best_index(info, KEYS, 100000000);
}

static int open_cursor(sqlite3_vtab *t, sqlite3_vtab_cursor **out)
{
  (void)t;
  return pl_vtab_open(sizeof(cursor), out);
}

static pl_archive *archive_of(const cursor *c)
{
  return pl_vtab_user(&c->base.base);
}

static void reset(cursor *c)
{
  pl_dist_reader_close(&c->reader);
  (void)sqlite3_finalize(c->stmt);
  c->stmt = NULL;
  c->in_chunk = false;
}

static int close_cursor(sqlite3_vtab_cursor *cursor_)
{
  reset((cursor *)cursor_);
  sqlite3_free(cursor_);
  return SQLITE_OK;
}

/* SQLite's code for a chunk that could not be read, of which the statement's error tells. */
static int fail(const cursor *c, int code)
{
  if (code == PL_ENOMEM)
    return SQLITE_NOMEM;
  char text[96];
  (void)snprintf(text, sizeof text, "chunk %lld of histograms %s", (long long)sqlite3_column_int64(c->stmt, INNER_CHUNK),
                 code == PL_EVERSION ? "was written by a newer perilune" : "is damaged: perilune db check says more");
  pl_vtab_say(&c->base.base, text);
  return code == PL_EVERSION ? SQLITE_ERROR : SQLITE_CORRUPT_VTAB;
}

static int open_chunk(cursor *c)
{
  pl_archive *a = archive_of(c);
  const pl_str data = {sqlite3_column_blob(c->stmt, COLUMN_HIST), (size_t)sqlite3_column_bytes(c->stmt, COLUMN_HIST)};
  int code = pl_archive_ready(a, NULL);
  if (!code)
    code = pl_dist_reader_open(&c->reader, a->alloc, a->codec, data);
  c->i = 0;
  while (!code && c->i < c->reader.figures.n && c->reader.figures.ts_ms[c->i] < c->from_ms)
    c->i++;
  c->in_chunk = true;
  return code ? fail(c, code) : SQLITE_OK;
}

/* Whether the cursor stands on a histogram of its chunk. */
static bool is_in_chunk(cursor *c)
{
  const pl_dist_figures *f = &c->reader.figures;
  c->in_chunk = c->in_chunk && c->i < f->n && f->ts_ms[c->i] <= c->to_ms;
  return c->in_chunk;
}

static int next(sqlite3_vtab_cursor *cursor_)
{
  cursor *c = (cursor *)cursor_;
  c->base.row++;
  c->i++;
  while (!is_in_chunk(c)) {
    int code = sqlite3_step(c->stmt);
    c->base.at_end = code != SQLITE_ROW;
    if (c->base.at_end)
      return code == SQLITE_DONE ? SQLITE_OK : code;
    if (sqlite3_column_type(c->stmt, INNER_CHUNK) == SQLITE_NULL)
      return SQLITE_OK;
    code = open_chunk(c);
    if (code)
      return code;
  }
  return SQLITE_OK;
}

/* The statement of the arguments that there are; an SQLite code. */
static int prepare(cursor *c, int wanted)
{
  char where[160], sql[1024];
  (void)snprintf(where, sizeof where, "%s%s%s", wanted & HAS_SERIES ? " AND series_id = ?1" : "", wanted & HAS_RUN ? " AND run_id = ?2" : "",
                 wanted & HAS_RESOLUTION ? " AND resolution_s = ?3" : "");
  (void)snprintf(sql, sizeof sql,
                 "SELECT series_id, run_id, resolution_s, ts_ms, count, sum, min, max, hist, NULL FROM histogram_rows WHERE ts_ms BETWEEN ?4 AND ?5%s"
                 " UNION ALL SELECT series_id, run_id, resolution_s, from_ms, 0, 0, 0, 0, data, id FROM histogram_chunks"
                 " WHERE from_ms <= ?5 AND to_ms >= ?4%s ORDER BY 1, 2, 3, 4",
                 where, where);
  return sqlite3_prepare_v2(archive_of(c)->db, sql, -1, &c->stmt, NULL);
}

static int filter(sqlite3_vtab_cursor *cursor_, int wanted, const char *text, int argc, sqlite3_value **argv)
{
  cursor *c = (cursor *)cursor_;
  (void)text, (void)argc;
  reset(c);
  c->base.row = 0;
  int code = prepare(c, wanted);
  if (code) {
    pl_vtab_say(cursor_, sqlite3_errmsg(archive_of(c)->db));
    return code;
  }
  for (int i = 0; i < KEYS; i++) {
    if (wanted & PL_VTAB_KEY(i))
      sqlite3_bind_value(c->stmt, i + 1, *argv++);
  }
  c->from_ms = wanted & HAS_FROM ? pl_vtab_bound(*argv++, -1) : INT64_MIN;
  c->to_ms = wanted & HAS_TO ? pl_vtab_bound(*argv++, 1) : INT64_MAX;
  sqlite3_bind_int64(c->stmt, 4, c->from_ms);
  sqlite3_bind_int64(c->stmt, 5, c->to_ms);
  return next(cursor_);
}

static int give_hist(cursor *c, sqlite3_context *context)
{
  pl_str bytes;
  int code = pl_dist_reader_bytes(&c->reader, c->i, &bytes);
  if (code)
    return fail(c, code);
  sqlite3_result_blob64(context, bytes.data, bytes.len, SQLITE_TRANSIENT);
  return SQLITE_OK;
}

static int column(sqlite3_vtab_cursor *cursor_, sqlite3_context *context, int i)
{
  cursor *c = (cursor *)cursor_;
  const pl_dist_figures *f = &c->reader.figures;
  if (!c->in_chunk || i <= COLUMN_RESOLUTION)
    sqlite3_result_value(context, sqlite3_column_value(c->stmt, i));
  else if (i == COLUMN_HIST)
    return give_hist(c, context);
  else if (i == COLUMN_SUM)
    sqlite3_result_double(context, f->sum[c->i]);
  else
    sqlite3_result_int64(context, (i == COLUMN_TS ? f->ts_ms : i == COLUMN_COUNT ? f->count : i == COLUMN_MIN ? f->min : f->max)[c->i]);
  return SQLITE_OK;
}

int pl_histograms_table_register(pl_archive *a)
{
  static const sqlite3_module module = {.xConnect = connect, .xBestIndex = best_index, .xDisconnect = pl_vtab_disconnect, .xOpen = open_cursor,
                                        .xClose = close_cursor, .xFilter = filter, .xNext = next, .xEof = pl_vtab_eof, .xColumn = column,
                                        .xRowid = pl_vtab_row};
  return sqlite3_create_module_v2(a->db, "histograms", &module, a, NULL);
}
