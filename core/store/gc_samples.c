/* Samples: chunks of a series and run that are old become chunks of periods. What gauges lose in that, least and greatest value and number
 * of each period, is kept in their sisters, series NAME:min, NAME:max and NAME:count with the same labels, which have a sample where it
 * says more than the mean of the same time does. */
#include "store/gc.h"
#include "store/sisters.h"

static const char *const part_names[PL_PART_SISTERS] = {[PL_PART_LEAST] = ":min", [PL_PART_GREATEST] = ":max", [PL_PART_NUMBER] = ":count"};

/* ---- Finding ---------------------------------------------------------------------------------------- */

/* Whether a series is a counter. Not every sender says so, and what is treated as one by mistake only stays longer. */
#define COUNTS "s.kind = 1 OR s.name GLOB '*_total' OR s.name GLOB '*_bucket' OR s.name GLOB '*_count' OR s.name GLOB '*_sum'"

/* Sisters are rolled up with their series; they go by themselves. Samples of fetched_seconds are no measurements: each says which stretch
 * of another system's history is there, and none can stand for two. */
static const char find_sql[] =
    "SELECT c.series_id, c.run_id, c.from_ns, " COUNTS " FROM chunks c CROSS JOIN series s WHERE s.id = c.series_id"
    " AND (c.series_id, c.run_id, c.from_ns) > (?1, ?2, ?3) AND c.from_ns < ?4 AND " PL_GC_MAY
    " AND (?5 = 0 OR (c.sealed < ?5 AND s.name <> 'fetched_seconds')) AND c.to_ns < ?4 AND (?5 = 0 OR NOT EXISTS (SELECT 1 FROM sisters WHERE sister_id = c.series_id))"
    " AND c.to_ns >= ?7 ORDER BY c.series_id, c.run_id, c.from_ns LIMIT ?6";

int pl_gc_find_samples(pl_gc *g, const pl_gc_stage *stage, pl_error *err)
{
  int code = pl_archive_prepare(g->archive, find_sql, &g->find_samples, err);
  if (code)
    return code;
  sqlite3_stmt *stmt = g->find_samples;
  sqlite3_bind_int64(stmt, 1, g->begun ? g->done.series : INT64_MIN);
  sqlite3_bind_int64(stmt, 2, g->begun ? g->done.run : INT64_MIN);
  sqlite3_bind_int64(stmt, 3, g->begun ? g->done.at : INT64_MIN);
  sqlite3_bind_int64(stmt, 4, stage->before_ns);
  sqlite3_bind_int(stmt, 5, stage->seconds);
  sqlite3_bind_int(stmt, 6, PL_GC_UNITS);
  const pl_gc_stage *counted = pl_gc_counted(g);
  sqlite3_bind_int64(stmt, 7, counted ? counted->before_ns : INT64_MIN);
  return pl_gc_take_units(g, stmt, err);
}

typedef struct reach {
  const pl_gc_stage *stage;
  pl_range range;
  int64_t at;    /* where the first chunk that is due begins */
  int64_t n;     /* samples of those that are */
  bool due;      /* the first one is there */
  bool packed;   /* one of them has never been sealed */
  bool alone;    /* it alone */
} reach;

/* Whether a chunk is of the stage's periods, and shares one with a time. */
static bool shares_period(const reach *w, const pl_chunk_place *c, int64_t its_ns, int64_t ts_ns)
{
  int64_t period_ns = w->stage->seconds * (int64_t)PL_S_NS;
  return c->sealed == w->stage->seconds && pl_rollup_period(its_ns, period_ns) == pl_rollup_period(ts_ns, period_ns);
}

/* Takes in the chunk before, when that is of the same periods and open, or ends in the period that the first one begins in. */
static void take_before(reach *w, const pl_chunk_place *c)
{
  if ((c->sealed == w->stage->seconds && c->n < PL_CHUNK_OPEN) || shares_period(w, c, c->to_ns, w->at))
    w->range.from_ns = c->from_ns;
}

/* Whether a unit can have one more chunk. Periods are counted by their time; a counter that begins anew often has more samples, and its
 * chunks are then gone through one by one. */
static bool fits(const reach *w, const pl_chunk_place *c)
{
  int64_t n = w->n + c->n;
  uint64_t periods = ((uint64_t)c->to_ns - (uint64_t)w->at) / ((uint64_t)w->stage->seconds * PL_S_NS);
  return !w->due || (!w->alone && n <= PL_GC_UNIT_MAX && (n <= PL_GC_UNIT_OUT || periods <= PL_GC_UNIT_OUT));
}

static bool is_due(const reach *w, const pl_chunk_place *c)
{
  return fits(w, c) && c->to_ns < w->stage->before_ns && c->sealed < w->stage->seconds && (w->due || c->from_ns == w->at);
}

static bool take_in(void *user, const pl_chunk_place *c)
{
  reach *w = user;
  bool due = c->from_ns >= w->at && is_due(w, c);
  if (c->from_ns < w->at && !w->alone)
    take_before(w, c);
  if (due) {
    w->due = true;
    w->packed |= c->sealed == 0;
    w->n += c->n;
  }
  if (due || (w->due && !w->alone && shares_period(w, c, c->from_ns, w->range.to_ns)))
    w->range.to_ns = c->to_ns > w->range.to_ns ? c->to_ns : w->range.to_ns;
  return due || c->from_ns < w->at;
}

/* ---- Sisters ---------------------------------------------------------------------------------------- */

/* A sister as it is read beside its series. */
typedef struct sister {
  int64_t id; /* 0: there is none */
  pl_scan *scan;
  bool more;
  int64_t ts_ns;
  double value;
} sister;

/* Makes the series of a part: *id. */
static int make_sister(pl_gc *g, int64_t series, int part, int64_t *id, pl_error *err)
{
  int code = pl_archive_prepare(g->archive, "INSERT INTO series(source_id, name, labels, kind, unit, help) SELECT source_id, name || ?2, labels, 0,"
                                            " iif(?2 = ':count', '', unit), help FROM series WHERE id = ?1", &g->put_sister, err);
  if (!code)
    code = pl_archive_prepare(g->archive, "INSERT INTO sisters(series_id, part, sister_id) VALUES(?, ?, ?)", &g->link_sister, err);
  if (code)
    return code;
  sqlite3_bind_int64(g->put_sister, 1, series);
  sqlite3_bind_text(g->put_sister, 2, part_names[part], -1, SQLITE_STATIC);
  int step = sqlite3_step(g->put_sister);
  (void)sqlite3_reset(g->put_sister);
  if ((step & 0xff) == SQLITE_CONSTRAINT)
    return pl_fail(err, PL_EEXIST, "series %lld has a neighbour named as %s of it would be", (long long)series, part_names[part]);
  if (step != SQLITE_DONE)
    return pl_archive_fail(g->archive, step, err);
  *id = sqlite3_last_insert_rowid(g->archive->db);
  sqlite3_bind_int64(g->link_sister, 1, series);
  sqlite3_bind_int(g->link_sister, 2, part);
  sqlite3_bind_int64(g->link_sister, 3, *id);
  step = sqlite3_step(g->link_sister);
  (void)sqlite3_reset(g->link_sister);
  return step == SQLITE_DONE ? PL_OK : pl_archive_fail(g->archive, step, err);
}

static int next_of(pl_gc *g, sister *s, pl_error *err)
{
  int code = pl_scan_next(s->scan, &s->ts_ns, &s->value, err);
  s->more = code > 0;
  g->counts.samples += code > 0;
  return code < 0 ? code : PL_OK;
}

static int open_sisters(pl_gc *g, const pl_range *range, sister *all, pl_error *err)
{
  int64_t ids[PL_PART_SISTERS];
  int code = pl_sisters_find(g->archive, range->series, ids, err);
  for (int i = 0; i < PL_PART_SISTERS && !code; i++) {
    const pl_range of = {all[i].id = ids[i], range->run, range->from_ns, range->to_ns};
    if (all[i].id == 0)
      continue;
    code = pl_scan_open(g->archive, &of, &all[i].scan, err);
    if (!code)
      code = next_of(g, &all[i], err);
  }
  return code;
}

/* The sister's value at a time, or another where it has none. */
static int value_at(pl_gc *g, sister *s, int64_t ts_ns, double otherwise, double *out, pl_error *err)
{
  int code = PL_OK;
  while (!code && s->more && s->ts_ns < ts_ns)
    code = next_of(g, s, err);
  *out = s->more && s->ts_ns == ts_ns ? s->value : otherwise;
  return code;
}

/* ---- Rolling up ------------------------------------------------------------------------------------- */

static void put(pl_gc_column *c, int64_t ts_ns, double value)
{
  c->times_ns[c->n] = ts_ns;
  c->values[c->n++] = value;
}

static int put_rolled(pl_gc *g, const pl_rolled *s, size_t n, pl_error *err)
{
  if (g->columns[PL_PART_VALUE].n + n > PL_GC_OUT_MAX)
    return pl_fail(err, PL_ECORRUPT, "there are more samples than was to be thought");
  for (size_t i = 0; i < n; i++) {
    put(&g->columns[PL_PART_VALUE], s[i].ts_ns, s[i].value);
    if (s[i].least < s[i].greatest) {
      put(&g->columns[PL_PART_LEAST], s[i].ts_ns, s[i].least);
      put(&g->columns[PL_PART_GREATEST], s[i].ts_ns, s[i].greatest);
    }
    if (s[i].n > 1)
      put(&g->columns[PL_PART_NUMBER], s[i].ts_ns, s[i].n);
  }
  return PL_OK;
}

/* Rolls up what the scan gives; *n: how many samples that were. */
static int roll(pl_gc *g, pl_rollup *r, pl_scan *scan, sister *all, size_t *n, pl_error *err)
{
  pl_rolled s, out[PL_ROLLED_MAX];
  int code;
  while ((code = pl_scan_next(scan, &s.ts_ns, &s.value, err)) > 0) {
    code = value_at(g, &all[PL_PART_LEAST], s.ts_ns, s.value, &s.least, err);
    if (!code)
      code = value_at(g, &all[PL_PART_GREATEST], s.ts_ns, s.value, &s.greatest, err);
    if (!code)
      code = value_at(g, &all[PL_PART_NUMBER], s.ts_ns, 1, &s.n, err);
    if (!code)
      code = put_rolled(g, out, pl_rollup_add(r, &s, out), err);
    if (code)
      return code;
    ++*n;
  }
  return code ? code : put_rolled(g, out, pl_rollup_end(r, out), err);
}

static int read_range(pl_gc *g, const pl_gc_stage *stage, const pl_range *range, bool counter, sister *all, size_t *n, pl_error *err)
{
  pl_rollup r;
  pl_scan *scan = NULL;
  pl_rollup_init(&r, stage->seconds * (int64_t)PL_S_NS, counter);
  for (int i = 0; i < PL_PART_SISTERS; i++)
    g->columns[i].n = 0;
  int code = open_sisters(g, range, all, err);
  if (!code)
    code = pl_scan_open(g->archive, range, &scan, err);
  if (!code)
    code = roll(g, &r, scan, all, n, err);
  pl_scan_close(scan);
  for (int i = 0; i < PL_PART_SISTERS; i++)
    pl_scan_close(all[i].scan);
  return code;
}

/* Chunks that would become what they are say that they have been looked at. */
static int mark(pl_gc *g, const pl_gc_stage *stage, const pl_range *range, pl_error *err)
{
  int code = pl_archive_prepare(g->archive, "UPDATE chunks SET sealed = ?1 WHERE series_id = ?2 AND run_id = ?3 AND from_ns BETWEEN ?4 AND ?5"
                                            " AND sealed < ?1", &g->mark, err);
  if (code)
    return code;
  sqlite3_bind_int(g->mark, 1, stage->seconds);
  sqlite3_bind_int64(g->mark, 2, range->series);
  sqlite3_bind_int64(g->mark, 3, range->run);
  sqlite3_bind_int64(g->mark, 4, range->from_ns);
  sqlite3_bind_int64(g->mark, 5, range->to_ns);
  int step = sqlite3_step(g->mark);
  (void)sqlite3_reset(g->mark);
  return step == SQLITE_DONE ? PL_OK : pl_archive_fail(g->archive, step, err);
}

static int write_range(pl_gc *g, const pl_gc_stage *stage, const pl_range *range, sister *all, pl_error *err)
{
  int code = PL_OK;
  all[PL_PART_VALUE].id = range->series;
  for (int i = 0; i < PL_PART_SISTERS && !code; i++) {
    const pl_gc_column *c = &g->columns[i];
    if (all[i].id == 0 && c->n)
      code = make_sister(g, range->series, i, &all[i].id, err);
    if (code || all[i].id == 0)
      continue;
    const pl_range of = {all[i].id, range->run, range->from_ns, range->to_ns};
    code = pl_rewrite_with(g->rewriter, &of, &(pl_samples){c->times_ns, c->values, c->n}, stage->seconds, err);
  }
  return code;
}

/* Whether n samples are better left as they are. */
static bool is_kept(const pl_gc *g, const reach *w, size_t n)
{
  return n < PL_GC_FEW || (n == g->columns[PL_PART_VALUE].n && !w->packed);
}

static int roll_range(pl_gc *g, const pl_gc_stage *stage, const reach *w, bool counter, pl_error *err)
{
  sister all[PL_PART_SISTERS] = {0};
  size_t n = 0;
  int64_t before = g->counts.samples;
  int code = read_range(g, stage, &w->range, counter, all, &n, err);
  if (code)
    return code;
  g->counts.samples += (int64_t)n;
  g->work += n;
  if (is_kept(g, w, n)) {
    g->counts.samples_left += g->counts.samples - before;
    return mark(g, stage, &w->range, err);
  }
  for (int i = 0; i < PL_PART_SISTERS; i++) {
    g->counts.samples_left += (int64_t)g->columns[i].n;
    g->work += g->columns[i].n * PL_GC_WRITE_WORK;
  }
  return write_range(g, stage, &w->range, all, err);
}

/* ---- Units ------------------------------------------------------------------------------------------ */

static int drop(pl_gc *g, const pl_gc_unit *u, pl_error *err)
{
  int code = pl_archive_prepare(g->archive, "DELETE FROM chunks WHERE series_id = ? AND run_id = ? AND from_ns = ? RETURNING n", &g->drop_chunk, err);
  if (code)
    return code;
  sqlite3_bind_int64(g->drop_chunk, 1, u->series);
  sqlite3_bind_int64(g->drop_chunk, 2, u->run);
  sqlite3_bind_int64(g->drop_chunk, 3, u->at);
  int step = sqlite3_step(g->drop_chunk);
  if (step == SQLITE_ROW) {
    g->counts.samples += pl_chunk_count(sqlite3_column_int64(g->drop_chunk, 0));
    step = sqlite3_step(g->drop_chunk);
  }
  (void)sqlite3_reset(g->drop_chunk);
  g->done = *u;
  g->work += 64;
  return step == SQLITE_DONE ? PL_OK : pl_archive_fail(g->archive, step, err);
}

int pl_gc_do_samples(pl_gc *g, const pl_gc_stage *stage, const pl_gc_unit *u, pl_error *err)
{
  if (stage->seconds == 0)
    return drop(g, u, err);
  const pl_range behind = {u->series, u->run, u->at, INT64_MAX};
  reach w = {.stage = stage, .range = {u->series, u->run, u->at, u->at}, .at = u->at, .alone = g->alone};
  int code = pl_rewriter_neighbours(g->rewriter, &behind, take_in, &w, err);
  g->done = (pl_gc_unit){u->series, u->run, w.range.to_ns, u->kind};
  g->work += 64;
  if (code || !w.due)
    return code;
  g->archive->chunks_only = true;
  code = roll_range(g, stage, &w, u->kind, err);
  g->archive->chunks_only = false;
  return code;
}
