/* Histograms: those of a period are added up into one, which has the period's seconds with a minus as its resolution: it stands for finer
 * ones that are gone, where the writer's own sums of 10 s and 60 s lie beside them. Those go when the seconds that they sum up do. */
#include "store/gc.h"

#include "format/hdr.h"
#include "store/writer.h"

enum { MS = 1000, ROW_WORK = 64 /* samples that take as long */, UNIT_WORK = 1 << 15 };

static int64_t floor_to(int64_t ts_ms, int64_t period_ms)
{
  return pl_rollup_period(ts_ms, period_ms) * period_ms;
}

/* ---- Finding ---------------------------------------------------------------------------------------- */

/* Rows before that are due. */
static int64_t due_ms(const pl_gc_stage *stage)
{
  int64_t before_ms = stage->before_ns / (int64_t)PL_MS_NS;
  return stage->seconds ? floor_to(before_ms, stage->seconds * MS) : before_ms;
}

/* Rows before that are of the stage before, which has only counted them. */
static int64_t counted_ms(const pl_gc *g)
{
  const pl_gc_stage *counted = pl_gc_counted(g);
  return counted ? due_ms(counted) : INT64_MIN;
}

/* Of a whole load is what a report is made of: resolution 0 stays for ever. */
#define FIND(from, to, table)                                                                                                         \
  "SELECT series_id, run_id, " from ", resolution_s FROM " table " AS h WHERE (series_id, run_id, resolution_s, " from ") > (?1, ?2, ?3, ?4)" \
  " AND " from " < ?5 AND resolution_s <> 0 AND (?6 = 0 OR resolution_s > -?6) AND " PL_GC_MAY " AND " to " >= ?8"

/* Seconds of an hour that has minutes, too, are added up with those, which come first: a dry gc finds both, and counts them once. */
static const char find_sql[] =
    FIND("ts_ms", "ts_ms", "histogram_rows")
    " AND NOT (?9 AND ?6 > 60 AND resolution_s = 1 AND EXISTS (SELECT 1 FROM histograms AS m WHERE m.series_id = h.series_id"
    " AND m.run_id = h.run_id AND m.resolution_s = -60 AND m.ts_ms >= max(?8, h.ts_ms / (?6 * 1000) * (?6 * 1000))"
    " AND m.ts_ms < h.ts_ms / (?6 * 1000) * (?6 * 1000) + ?6 * 1000)) UNION ALL "
    FIND("from_ms", "to_ms", "histogram_chunks") " ORDER BY 1, 2, 4, 3 LIMIT ?7";

int pl_gc_find_dists(pl_gc *g, const pl_gc_stage *stage, pl_error *err)
{
  int code = pl_archive_prepare(g->archive, find_sql, &g->find_dists, err);
  if (code)
    return code;
  sqlite3_stmt *stmt = g->find_dists;
  sqlite3_bind_int64(stmt, 1, g->begun ? g->done.series : INT64_MIN);
  sqlite3_bind_int64(stmt, 2, g->begun ? g->done.run : INT64_MIN);
  sqlite3_bind_int64(stmt, 3, g->begun ? g->done.kind : INT64_MIN);
  sqlite3_bind_int64(stmt, 4, g->begun ? g->done.at : INT64_MIN);
  sqlite3_bind_int64(stmt, 5, due_ms(stage));
  sqlite3_bind_int(stmt, 6, stage->seconds);
  sqlite3_bind_int(stmt, 7, PL_GC_UNITS);
  sqlite3_bind_int64(stmt, 8, counted_ms(g));
  sqlite3_bind_int(stmt, 9, g->dry);
  return pl_gc_take_units(g, stmt, err);
}

/* ---- Adding up -------------------------------------------------------------------------------------- */

/* Rows of a period that become one, and that one. */
typedef struct sum {
  const pl_gc_unit *unit;
  int64_t from_ms, to_ms;
  int seconds;
  int64_t rows, count, min, max, last_ms;
  double sum;
} sum;

#define PERIOD " FROM histogram_rows WHERE series_id = ?1 AND run_id = ?2 AND resolution_s IN (1, -60, -?5) AND ts_ms >= ?3 AND ts_ms < ?4"

static void bind_period(sqlite3_stmt *stmt, const sum *s)
{
  sqlite3_bind_int64(stmt, 1, s->unit->series);
  sqlite3_bind_int64(stmt, 2, s->unit->run);
  sqlite3_bind_int64(stmt, 3, s->from_ms);
  sqlite3_bind_int64(stmt, 4, s->to_ms);
  sqlite3_bind_int(stmt, 5, s->seconds);
}

static int run_to_end(pl_gc *g, sqlite3_stmt *stmt, pl_error *err)
{
  int step = sqlite3_step(stmt);
  (void)sqlite3_reset(stmt);
  return step == SQLITE_DONE ? PL_OK : pl_archive_fail(g->archive, step, err);
}

static int add_row(pl_gc *g, sqlite3_stmt *stmt, sum *s, pl_error *err)
{
  int64_t ts_ms = sqlite3_column_int64(stmt, 0), min = sqlite3_column_int64(stmt, 3), max = sqlite3_column_int64(stmt, 4);
  const pl_str bytes = {sqlite3_column_blob(stmt, 5), (size_t)sqlite3_column_bytes(stmt, 5)};
  int code = pl_hdr_decode(bytes, &g->hist, NULL);
  if (code)
    return pl_fail(err, code == PL_ENOMEM ? code : PL_ECORRUPT, "a histogram cannot be read");
  s->last_ms = s->rows && s->last_ms > ts_ms ? s->last_ms : ts_ms;
  s->min = s->rows && s->min < min ? s->min : min;
  s->max = s->rows && s->max > max ? s->max : max;
  s->count += sqlite3_column_int64(stmt, 1);
  s->sum += sqlite3_column_double(stmt, 2);
  s->rows++;
  return PL_OK;
}

static int read_rows(pl_gc *g, sum *s, pl_error *err)
{
  int code = pl_archive_prepare(g->archive, "SELECT ts_ms, count, sum, min, max, hist" PERIOD, &g->get_dists, err), step = SQLITE_DONE;
  if (code)
    return code;
  pl_hist_clear(&g->hist);
  bind_period(g->get_dists, s);
  while (!code && (step = sqlite3_step(g->get_dists)) == SQLITE_ROW)
    code = add_row(g, g->get_dists, s, err);
  (void)sqlite3_reset(g->get_dists);
  if (!code && step != SQLITE_DONE)
    code = pl_archive_fail(g->archive, step, err);
  if (!code && s->count != (int64_t)g->hist.count)
    code = pl_fail(err, PL_ECORRUPT, "histograms have not as many values as their rows say");
  return code;
}

static int put_sum(pl_gc *g, const sum *s, pl_error *err)
{
  pl_buf_clear(&g->bytes);
  if (pl_hdr_encode(&g->hist, &g->bytes))
    return pl_fail(err, PL_ENOMEM, "write to timeline %s: out of memory", g->archive->path);
  sqlite3_stmt *stmt = g->put_dist;
  sqlite3_bind_int64(stmt, 1, s->unit->series);
  sqlite3_bind_int64(stmt, 2, s->unit->run);
  sqlite3_bind_int(stmt, 3, -s->seconds);
  sqlite3_bind_int64(stmt, 4, s->last_ms);
  sqlite3_bind_int64(stmt, 5, s->count);
  sqlite3_bind_double(stmt, 6, s->sum);
  sqlite3_bind_int64(stmt, 7, s->min);
  sqlite3_bind_int64(stmt, 8, s->max);
  sqlite3_bind_blob64(stmt, 9, g->bytes.data, g->bytes.len, SQLITE_STATIC);
  return run_to_end(g, stmt, err);
}

/* Chunks that have histograms of the period become rows again. */
static int unpack(pl_gc *g, const sum *s, pl_error *err)
{
  const int resolutions[] = {1, -60, -s->seconds};
  int code = PL_OK;
  for (size_t i = 0; i < sizeof resolutions / sizeof *resolutions && !code; i++) {
    const pl_dist_place place = {s->unit->series, s->unit->run, resolutions[i], s->from_ms};
    code = pl_dist_unpack(g->store->keeping.packer, &place, s->to_ms - 1, resolutions[i] == s->unit->kind ? &g->unpacked_ms : NULL, err);
  }
  return code;
}

static int add_up(pl_gc *g, sum *s, pl_error *err)
{
  int code = unpack(g, s, err);
  if (!code)
    code = read_rows(g, s, err);
  if (code || s->rows == 0)
    return code;
  code = pl_archive_prepare(g->archive, "DELETE" PERIOD, &g->drop_dists, err);
  if (!code)
    code = pl_archive_prepare(g->archive, "INSERT INTO histogram_rows(series_id, run_id, resolution_s, ts_ms, count, sum, min, max, hist)"
                                          " VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?)", &g->put_dist, err);
  if (code)
    return code;
  bind_period(g->drop_dists, s);
  code = run_to_end(g, g->drop_dists, err);
  if (!code)
    code = put_sum(g, s, err);
  g->counts.dists += s->rows;
  g->counts.dists_left++;
  g->work += (size_t)s->rows * ROW_WORK;
  return code;
}

/* ---- Units ------------------------------------------------------------------------------------------ */

/* Deletes a row. A writer's sum stays while seconds of it are there, which were damaged then, unless they have only been counted. */
static int drop(pl_gc *g, const pl_gc_unit *u, pl_error *err)
{
  int code = pl_archive_prepare(g->archive, "DELETE FROM histogram_rows WHERE series_id = ?1 AND run_id = ?2 AND resolution_s = ?3 AND ts_ms = ?4"
                                            " AND (?3 <= 1 OR ?5 OR NOT EXISTS (SELECT 1 FROM histogram_rows WHERE series_id = ?1 AND run_id = ?2"
                                            " AND resolution_s = 1 AND ts_ms >= ?4 AND ts_ms < ?4 + ?3 * 1000)"
                                            " AND NOT EXISTS (SELECT 1 FROM histogram_chunks WHERE series_id = ?1 AND run_id = ?2"
                                            " AND resolution_s = 1 AND to_ms >= ?4 AND from_ms < ?4 + ?3 * 1000))",
                                &g->drop_dist, err);
  if (code)
    return code;
  sqlite3_bind_int64(g->drop_dist, 1, u->series);
  sqlite3_bind_int64(g->drop_dist, 2, u->run);
  sqlite3_bind_int(g->drop_dist, 3, u->kind);
  sqlite3_bind_int64(g->drop_dist, 4, u->at);
  sqlite3_bind_int(g->drop_dist, 5, g->dry);
  code = run_to_end(g, g->drop_dist, err);
  g->counts.dists += sqlite3_changes(g->archive->db);
  g->work += ROW_WORK;
  return code;
}

/* The rows of a unit's time, or of its period. */
static int do_rows(pl_gc *g, const pl_gc_stage *stage, const pl_gc_unit *u, pl_error *err)
{
  int64_t period_ms = stage->seconds * (int64_t)MS;
  g->done = *u;
  if (stage->seconds == 0 || u->kind > 1)
    return drop(g, u, err);
  sum s = {.unit = u, .from_ms = floor_to(u->at, period_ms), .seconds = stage->seconds};
  s.to_ms = s.from_ms + period_ms;
  s.from_ms = s.from_ms > counted_ms(g) ? s.from_ms : counted_ms(g);
  g->done.at = s.to_ms - 1;
  return add_up(g, &s, err);
}

/* The first row behind what is done of a unit's place: *out; INT64_MAX: none. */
static int read_next(pl_gc *g, int64_t *out, pl_error *err)
{
  int code = pl_archive_prepare(g->archive, "SELECT coalesce(min(ts_ms), 9223372036854775807) FROM histogram_rows WHERE series_id = ?1 AND run_id = ?2"
                                            " AND resolution_s = ?3 AND ts_ms > ?4", &g->next_dist, err);
  if (code)
    return code;
  sqlite3_bind_int64(g->next_dist, 1, g->done.series);
  sqlite3_bind_int64(g->next_dist, 2, g->done.run);
  sqlite3_bind_int(g->next_dist, 3, g->done.kind);
  sqlite3_bind_int64(g->next_dist, 4, g->done.at);
  int step = sqlite3_step(g->next_dist);
  if (step == SQLITE_ROW)
    *out = sqlite3_column_int64(g->next_dist, 0);
  (void)sqlite3_reset(g->next_dist);
  return step == SQLITE_ROW ? PL_OK : pl_archive_fail(g->archive, step, err);
}

/* A unit is a row, or a chunk, which becomes rows again: nobody has looked for those, so they are done with it as far as they are old enough;
 * or are looked for when they are many. */
int pl_gc_do_dists(pl_gc *g, const pl_gc_stage *stage, const pl_gc_unit *u, pl_error *err)
{
  const pl_dist_place place = {u->series, u->run, u->kind, u->at};
  const size_t work = g->work;
  pl_gc_unit row = *u;
  g->done = *u;
  g->unpacked_ms = INT64_MIN;
  int code = pl_dist_unpack(g->store->keeping.packer, &place, u->at, &g->unpacked_ms, err);
  if (!code && row.at >= counted_ms(g))
    code = do_rows(g, stage, &row, err);
  else if (!code)
    g->done.at = counted_ms(g) - 1;
  while (!code && g->done.at < g->unpacked_ms) {
    code = read_next(g, &row.at, err);
    if (code || row.at > g->unpacked_ms || row.at >= due_ms(stage))
      break;
    if (g->work - work > UNIT_WORK && !g->dry) {
      g->n_units = 0;
      break;
    }
    code = do_rows(g, stage, &row, err);
  }
  return code;
}
