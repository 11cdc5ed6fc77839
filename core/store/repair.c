/* Each step is SQL on what damage.c says of a piece. A row that says other than its bytes is made right first: bytes that agree with
 * their checksum are those that were written. */
#include "base/clock.h"
#include "store/damage.h"
#include "store/pages.h"
#include "store/sqlite_error.h"
#include "store/writer.h"

#define MOVE_CHUNKS "INSERT INTO damaged(kind, damage, moved_ns, piece, series_id, run_id, from_ns, to_ns, n, data)" \
                    " SELECT 'chunk', damage, ?1, id, series_id, run_id, from_ns, to_ns, n, data FROM "
#define DROP_CHUNKS "DELETE FROM chunks WHERE id IN (SELECT piece FROM damaged WHERE kind = 'chunk' AND id > ?2)"
#define MOVE_HIST_CHUNKS "INSERT INTO damaged(kind, damage, moved_ns, piece, series_id, run_id, resolution_s, from_ns, to_ns, n, data)" \
                         " SELECT 'histogram chunk', damage, ?1, id, series_id, run_id, resolution_s, from_ms * 1000000, to_ms * 1000000, n, data FROM "
#define DROP_HIST_CHUNKS "DELETE FROM histogram_chunks WHERE id IN (SELECT piece FROM damaged WHERE kind = 'histogram chunk' AND id > ?2)"
#define INTEGRITY_SQL "SELECT integrity_check = 'ok' FROM pragma_integrity_check(1)"
#define NOT_WHOLE " WHERE damage NOT IN ('" PL_DAMAGE_NEWER "', '" PL_DAMAGE_UNSEEN "')"

static const char table_sql[] =
    "CREATE TABLE IF NOT EXISTS damaged(id INTEGER PRIMARY KEY, kind TEXT NOT NULL, damage TEXT NOT NULL, moved_ns INTEGER NOT NULL,"
    " piece INTEGER, series_id INTEGER, run_id INTEGER, resolution_s INTEGER, from_ns INTEGER, to_ns INTEGER, n INTEGER, data BLOB)";

/* Rows that say other than their bytes. */
static const char *const mend[] = {
    "UPDATE OR IGNORE chunks SET from_ns = chunk_part(data, 0), to_ns = chunk_part(data, 1), n = chunk_part(data, 2)"
    " WHERE chunk_damage(data, from_ns, to_ns, n) IN ('" PL_DAMAGE_TIMES "', '" PL_DAMAGE_SAMPLES "')",
    "UPDATE OR IGNORE histogram_chunks SET from_ms = hist_chunk_part(data, 0), to_ms = hist_chunk_part(data, 1), n = hist_chunk_part(data, 2)"
    " WHERE hist_chunk_damage(data, from_ms, to_ms, n) IN ('" PL_DAMAGE_TIMES "', '" PL_DAMAGE_SAMPLES "')",
    "UPDATE batches SET n = batch_n(data) WHERE batch_damage(data, n) = '" PL_DAMAGE_SAMPLES "'",
};

/* ?1 is the time of the repair, ?2 the last row of `damaged` before it. */
typedef struct step {
  enum pl_piece_kind kind;
  const char *move, *drop;
} step;

static const step steps[] = {
    {PL_PIECE_CHUNK, MOVE_CHUNKS "(SELECT *, chunk_damage(data, from_ns, to_ns, n) AS damage FROM chunks)" NOT_WHOLE, DROP_CHUNKS},
    {PL_PIECE_CHUNK,
     MOVE_CHUNKS "(SELECT *, 'it overlaps one before' AS damage, max(to_ns) OVER (PARTITION BY series_id, run_id ORDER BY from_ns"
                 " ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before_ns FROM chunks) WHERE before_ns >= from_ns",
     DROP_CHUNKS},
    {PL_PIECE_BATCH,
     "INSERT INTO damaged(kind, damage, moved_ns, piece, to_ns, n, data) SELECT 'batch', damage, ?1, id, made_ns, n, data FROM"
     " (SELECT *, batch_damage(data, n) AS damage FROM batches)" NOT_WHOLE,
     "DELETE FROM batches WHERE id IN (SELECT piece FROM damaged WHERE kind = 'batch' AND id > ?2)"},
    {PL_PIECE_HISTOGRAM, MOVE_HIST_CHUNKS "(SELECT *, hist_chunk_damage(data, from_ms, to_ms, n) AS damage FROM histogram_chunks)" NOT_WHOLE,
     DROP_HIST_CHUNKS},
    {PL_PIECE_HISTOGRAM,
     MOVE_HIST_CHUNKS "(SELECT *, 'it overlaps one before' AS damage, max(to_ms) OVER (PARTITION BY series_id, run_id, resolution_s"
                      " ORDER BY from_ms ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before_ms FROM histogram_chunks)"
                      " WHERE before_ms >= from_ms",
     DROP_HIST_CHUNKS},
    {PL_PIECE_HISTOGRAM,
     "INSERT INTO damaged(kind, damage, moved_ns, series_id, run_id, resolution_s, from_ns, n, data)"
     " SELECT 'histogram', damage, ?1, series_id, run_id, resolution_s, ts_ms * 1000000, count, hist FROM"
     " (SELECT *, hist_damage(hist, count) AS damage FROM histogram_rows)" NOT_WHOLE,
     "DELETE FROM histogram_rows WHERE (series_id, run_id, resolution_s, ts_ms * 1000000) IN"
     " (SELECT series_id, run_id, resolution_s, from_ns FROM damaged WHERE kind = 'histogram' AND id > ?2)"},
};

typedef struct repair {
  sqlite3 *db;
  int64_t now_ns, last; /* the parameters of steps */
} repair;

/* Runs one statement to its end; *changed grows by the rows that it changed. An SQLite code. */
static int run(const repair *r, const char *sql, int64_t *changed)
{
  sqlite3_stmt *stmt;
  int code = sqlite3_prepare_v2(r->db, sql, -1, &stmt, NULL);
  if (code)
    return code;
  if (sqlite3_bind_parameter_count(stmt) > 0)
    sqlite3_bind_int64(stmt, 1, r->now_ns);
  if (sqlite3_bind_parameter_count(stmt) > 1)
    sqlite3_bind_int64(stmt, 2, r->last);
  (void)sqlite3_step(stmt);
  code = sqlite3_finalize(stmt);
  if (!code)
    *changed += sqlite3_changes64(r->db);
  return code;
}

/* The first column of the first row as a number; an SQLite code. */
static int read_number(const repair *r, const char *sql, int64_t *out)
{
  sqlite3_stmt *stmt;
  int code = sqlite3_prepare_v2(r->db, sql, -1, &stmt, NULL);
  if (code)
    return code;
  if (sqlite3_step(stmt) == SQLITE_ROW)
    *out = sqlite3_column_int64(stmt, 0);
  return sqlite3_finalize(stmt);
}

static int run_all(repair *r, pl_repair_counts *out)
{
  int64_t indexes = 1, dropped = 0;
  int code = read_number(r, INTEGRITY_SQL, &indexes);
  if (!code && !indexes)
    code = sqlite3_exec(r->db, "REINDEX", NULL, NULL, NULL);
  if (!code)
    code = sqlite3_exec(r->db, table_sql, NULL, NULL, NULL);
  if (!code)
    code = read_number(r, "SELECT coalesce(max(id), 0) FROM damaged", &r->last);
  for (size_t i = 0; i < sizeof mend / sizeof *mend && !code; i++)
    code = run(r, mend[i], &out->rows);
  for (size_t i = 0; i < sizeof steps / sizeof *steps && !code; i++) {
    code = run(r, steps[i].move, &out->moved[steps[i].kind]);
    if (!code)
      code = run(r, steps[i].drop, &dropped);
  }
  return code;
}

/* All of it but pages, in a transaction. */
static int repair_rows(pl_store *s, pl_repair_counts *out, pl_error *err)
{
  pl_connection *c = &s->connection;
  repair r = {.db = c->db, .now_ns = pl_wall(s->clock)};
  int code = sqlite3_exec(r.db, "BEGIN IMMEDIATE", NULL, NULL, NULL);
  if (!code)
    code = run_all(&r, out);
  if (!code)
    code = sqlite3_exec(r.db, "COMMIT", NULL, NULL, NULL);
  pl_archive_forget(&c->archive);
  if (code)
    code = pl_sqlite_fail(r.db, code, "repair timeline", c->path, err);
  if (!sqlite3_get_autocommit(r.db))
    (void)sqlite3_exec(r.db, "ROLLBACK", NULL, NULL, NULL);
  return code;
}

/* Whether SQLite finds the file in order; an SQLite code. */
static int is_in_order(sqlite3 *db, int64_t *is)
{
  const repair r = {.db = db};
  return read_number(&r, INTEGRITY_SQL, is);
}

/* Pages of others, where the file is in order with them; else with the bits put back that may be damaged. */
static int take_pages(pl_connection *c, pl_repair_counts *out, pl_error *err)
{
  int64_t whole = 0;
  int sqlite_code = is_in_order(c->db, &whole);
  if (!sqlite_code && !whole) {
    int code = pl_pages_put_right(c, PL_PAGES_MEND_ALL, &out->flipped, err);
    if (code)
      return code;
    sqlite_code = is_in_order(c->db, &whole);
  }
  if (sqlite_code)
    return pl_sqlite_fail(c->db, sqlite_code, "repair timeline", c->path, err);
  return whole ? pl_pages_put_right(c, PL_PAGES_TAKE, &out->foreign, err) : PL_OK;
}

int pl_store_repair(pl_store *s, pl_repair_counts *out, pl_error *err)
{
  pl_repair_counts counts = {0};
  int code = s->in_memory ? PL_OK : pl_pages_put_right(&s->connection, PL_PAGES_MEND, &counts.flipped, err);
  if (!code)
    code = repair_rows(s, &counts, err);
  if (!code && !s->in_memory)
    code = take_pages(&s->connection, &counts, err);
  if (code)
    return code;
  s->unsynced = true;
  *out = counts;
  return PL_OK;
}
