/* Stages go from the longest period to the shortest, so that nothing is rolled up twice. Each step looks for units of work while nobody has to
 * wait for it, and does as many of them as fit into a short transaction. What says how far it has come is the data alone: chunks and
 * histograms of a period say so, and rolling up again what is rolled up changes nothing. */
#include "store/gc.h"

#include "store/sqlite_error.h"
#include "store/writer.h"

enum { WORK_MAX = 65536, FREE_PAGES = 512 };
enum phase { PHASE_HEAD, PHASE_SAMPLES, PHASE_DISTS, PHASE_RECORDS, PHASE_PAGES, PHASE_END };

#define FOREVER INT64_MAX

/* ---- Units ------------------------------------------------------------------------------------------ */

int pl_gc_take_units(pl_gc *g, sqlite3_stmt *stmt, pl_error *err)
{
  int step;
  g->n_units = 0;
  while ((step = sqlite3_step(stmt)) == SQLITE_ROW)
    g->units[g->n_units++] = (pl_gc_unit){sqlite3_column_int64(stmt, 0), sqlite3_column_int64(stmt, 1), sqlite3_column_int64(stmt, 2),
                                          sqlite3_column_int(stmt, 3)};
  (void)sqlite3_reset(stmt);
  return step == SQLITE_DONE ? PL_OK : pl_archive_fail(g->archive, step, err);
}

/* ---- Rules ------------------------------------------------------------------------------------------ */

static int read_number(pl_gc *g, const char *sql, int64_t *out, pl_error *err)
{
  sqlite3_stmt *stmt = NULL;
  int code = pl_archive_prepare(g->archive, sql, &stmt, err);
  if (code)
    return code;
  int step = sqlite3_step(stmt);
  if (step == SQLITE_ROW)
    *out = sqlite3_column_type(stmt, 0) == SQLITE_NULL ? FOREVER : sqlite3_column_int64(stmt, 0);
  (void)sqlite3_finalize(stmt);
  return step == SQLITE_ROW || step == SQLITE_DONE ? PL_OK : pl_archive_fail(g->archive, step, err);
}

/* The ages of a stage in seconds: each is at least that before it. */
static int read_ages(pl_gc *g, int64_t *raw, int64_t *minute, int64_t *hour, pl_error *err)
{
  *raw = *minute = *hour = FOREVER;
  int code = read_number(g, "SELECT keep_s FROM retention WHERE stage = 'raw'", raw, err);
  if (!code)
    code = read_number(g, "SELECT keep_s FROM retention WHERE stage = 'minute'", minute, err);
  if (!code)
    code = read_number(g, "SELECT keep_s FROM retention WHERE stage = 'hour'", hour, err);
  if (!code && (*raw < 0 || *raw > *minute || *minute > *hour))
    code = pl_fail(err, PL_EINVAL, "timeline %s: what is kept raw, by the minute and by the hour is to be longer each time", g->archive->path);
  return code;
}

/* A stage for what is older than age_s, unless that is for ever. */
static void add_stage(pl_gc *g, int64_t now_ns, int64_t age_s, int seconds)
{
  if (age_s <= now_ns / (int64_t)PL_S_NS)
    g->stages[g->n_stages++] = (pl_gc_stage){now_ns - age_s * (int64_t)PL_S_NS, seconds};
}

/* What of records is old enough to go, unless that is kept for ever. */
static int add_rule(pl_gc *g, int64_t now_ns, enum pl_gc_record kind, const char *sql, pl_error *err)
{
  int64_t age_s = FOREVER;
  int code = read_number(g, sql, &age_s, err);
  if (!code && age_s <= now_ns / (int64_t)PL_S_NS)
    g->rules[g->n_rules++] = (pl_gc_rule){now_ns - age_s * (int64_t)PL_S_NS, kind};
  return code;
}

static int read_rules(pl_gc *g, int64_t now_ns, pl_error *err)
{
  int64_t raw, minute, hour;
  int code = read_ages(g, &raw, &minute, &hour, err);
  if (code)
    return code;
  add_stage(g, now_ns, hour, 0);
  add_stage(g, now_ns, minute, 3600);
  add_stage(g, now_ns, raw, 60);
  code = add_rule(g, now_ns, PL_GC_SPANS, "SELECT keep_s FROM retention WHERE stage = 'spans'", err);
  if (!code)
    code = add_rule(g, now_ns, PL_GC_LOGS, "SELECT keep_s FROM retention WHERE stage = 'logs'", err);
  if (!code)
    code = add_rule(g, now_ns, PL_GC_EVENTS, "SELECT keep_s FROM retention WHERE stage = 'events'", err);
  return code ? code : add_rule(g, now_ns, PL_GC_ARTIFACTS, "SELECT keep_s FROM retention WHERE stage = 'artifacts'", err);
}

/* ---- Life ------------------------------------------------------------------------------------------- */

static int read_file(pl_gc *g, pl_error *err)
{
  int64_t vacuum = 0;
  int code = read_number(g, "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size", &g->counts.bytes_left, err);
  if (!code)
    code = read_number(g, "SELECT auto_vacuum FROM pragma_auto_vacuum", &vacuum, err);
  g->counts.gives_back = vacuum == 2;
  return code;
}

int pl_gc_new(pl_store *s, int64_t now_ns, bool dry, pl_gc **out, pl_error *err)
{
  pl_gc *g = pl_alloc_zero(s->alloc, 1, sizeof *g);
  if (!g)
    return pl_fail(err, PL_ENOMEM, "out of memory");
  g->store = s;
  g->archive = &s->connection.archive;
  g->rewriter = s->keeping.rewriter;
  g->dry = dry;
  pl_hist_init(&g->hist, s->alloc);
  pl_buf_init(&g->bytes, s->alloc, SIZE_MAX);
  int code = pl_store_commit(s, err);
  if (!code)
    code = read_rules(g, now_ns, err);
  if (!code)
    code = read_file(g, err);
  if (code) {
    pl_gc_free(g);
    return code;
  }
  g->counts.bytes = g->counts.bytes_left;
  *out = g;
  return PL_OK;
}

void pl_gc_free(pl_gc *g)
{
  if (!g)
    return;
  sqlite3_stmt *all[] = {g->find_samples, g->find_dists, g->may,        g->mark,      g->drop_chunk, g->put_sister,
                         g->link_sister,  g->get_dists,  g->drop_dists, g->drop_dist, g->put_dist,
                         g->next_dist};
  for (size_t i = 0; i < sizeof all / sizeof *all; i++)
    (void)sqlite3_finalize(all[i]);
  for (size_t i = 0; i < PL_GC_RECORDS; i++) {
    (void)sqlite3_finalize(g->find_records[i]);
    (void)sqlite3_finalize(g->drop_records[i]);
  }
  pl_hist_fini(&g->hist);
  pl_buf_fini(&g->bytes);
  pl_free(g->store->alloc, g, sizeof *g);
}

const pl_gc_counts *pl_gc_count(const pl_gc *g)
{
  return &g->counts;
}

/* ---- Transactions ----------------------------------------------------------------------------------- */

static int run(pl_gc *g, const char *sql, pl_error *err)
{
  int code = sqlite3_exec(g->archive->db, sql, NULL, NULL, NULL);
  return code ? pl_sqlite_fail(g->archive->db, code, "clean timeline", g->archive->path, err) : PL_OK;
}

/* Ends a transaction, whose result is `code`. */
static int end(pl_gc *g, int code, bool keep, pl_error *err)
{
  if (!code && keep)
    code = run(g, "COMMIT", err);
  if (!sqlite3_get_autocommit(g->archive->db))
    (void)sqlite3_exec(g->archive->db, "ROLLBACK", NULL, NULL, NULL);
  if (!code)
    g->store->unsynced = true;
  return code;
}

/* ---- The head --------------------------------------------------------------------------------------- */

/* Whether samples of the head, as it was not looked at yet, are as old as what is rolled up: 1, 0, or an error. */
static int is_head_old(pl_gc *g, pl_error *err)
{
  pl_archive *a = g->archive;
  int64_t before_ns = g->n_stages ? g->stages[g->n_stages - 1].before_ns : INT64_MIN;
  int code = pl_archive_hold(a, err), old = 0;
  if (code)
    return code;
  for (size_t i = 0; a->last != g->looked && i < a->head.n && !old; i++)
    old = a->head.all[i].ts_ns < before_ns;
  g->looked = a->last;
  pl_archive_release(a);
  return old;
}

/* Old samples that have just come are made chunks of, as housekeeping would soon. Another process may have begun to: what it has moved is
 * in chunks and batches both, and if it ends there, would come once more to the period that the chunks have become. Inside a transaction. */
static int group_old(pl_gc *g, pl_error *err)
{
  pl_grouping grouping = {0};
  int code = is_head_old(g, err);
  if (code <= 0)
    return code;
  code = pl_group_head(g->rewriter, &grouping, err);
  pl_archive_forget(g->archive);
  g->looked = grouping.until;
  return code;
}

/* ---- Doing units ------------------------------------------------------------------------------------ */

/* Whether a run's data may be rolled up, as it is now: 1, 0, or an error. */
static int may(pl_gc *g, int64_t run_id, pl_error *err)
{
  int code = pl_archive_prepare(g->archive, "SELECT 1 FROM (SELECT ? AS run_id) WHERE" PL_GC_MAY, &g->may, err);
  if (code)
    return code;
  sqlite3_bind_int64(g->may, 1, run_id);
  int step = sqlite3_step(g->may);
  (void)sqlite3_reset(g->may);
  return step == SQLITE_ROW ? 1 : step == SQLITE_DONE ? 0 : pl_archive_fail(g->archive, step, err);
}

static bool is_done(const pl_gc *g, const pl_gc_unit *u)
{
  const pl_gc_unit *d = &g->done;
  bool same = g->begun && u->series == d->series && u->run == d->run && (g->phase == PHASE_SAMPLES || u->kind == d->kind);
  return same && u->at <= d->at;
}

static int try_unit(pl_gc *g, const pl_gc_unit *u, pl_error *err)
{
  const pl_gc_stage *stage = &g->stages[g->stage];
  int code = g->phase == PHASE_RECORDS   ? pl_gc_do_record(g, &g->rules[g->stage], u, err)
             : g->phase == PHASE_SAMPLES ? pl_gc_do_samples(g, stage, u, err)
                                         : pl_gc_do_dists(g, stage, u, err);
  g->begun = true;
  return code;
}

/* What a unit that could not be done did is undone, and counted. */
static int leave_unit(pl_gc *g, int code, const pl_gc_counts *before, pl_error *err)
{
  g->counts = *before;
  g->counts.damaged += code != PL_EEXIST;
  g->counts.named += code == PL_EEXIST;
  return run(g, "ROLLBACK TO unit", err);
}

static bool is_left(int code)
{
  return pl_chunk_is_unreadable(code) || code == PL_EEXIST;
}

/* One unit, or its first chunk, when one of them cannot be read. */
static int do_unit(pl_gc *g, const pl_gc_unit *u, pl_error *err)
{
  const pl_gc_counts before = g->counts;
  pl_error why = {0};
  int code = run(g, "SAVEPOINT unit", err), tried;
  if (code)
    return code;
  tried = try_unit(g, u, &why);
  if (is_left(tried) && g->phase == PHASE_SAMPLES) {
    code = leave_unit(g, tried, &before, err);
    g->counts = before;
    g->alone = true;
    why = (pl_error){0};
    tried = code ? code : try_unit(g, u, &why);
    g->alone = false;
  }
  if (code || (tried && !is_left(tried)))
    return pl_fail(err, code ? code : tried, "%s", why.message);
  if (tried)
    code = leave_unit(g, tried, &before, err);
  return code ? code : run(g, "RELEASE unit", err);
}

static int do_units(pl_gc *g, pl_error *err)
{
  int code = run(g, "BEGIN IMMEDIATE", err);
  if (!code && g->phase == PHASE_SAMPLES && !g->dry)
    code = group_old(g, err);
  g->work = 0;
  while (g->next_unit < g->n_units && !code && g->work < WORK_MAX) {
    const pl_gc_unit u = g->units[g->next_unit++];
    if (is_done(g, &u))
      continue;
    int allowed = may(g, u.run, err);
    code = allowed < 0 ? allowed : allowed ? do_unit(g, &u, err) : PL_OK;
  }
  return end(g, code, !g->dry, err);
}

/* ---- Phases ----------------------------------------------------------------------------------------- */

static int step_head(pl_gc *g, pl_error *err)
{
  int code = pl_archive_hold(g->archive, err); /* it is loaded before others wait */
  g->phase = PHASE_SAMPLES;
  if (code)
    return code;
  pl_archive_release(g->archive);
  code = run(g, "BEGIN IMMEDIATE", err);
  if (!code)
    code = group_old(g, err);
  return end(g, code, true, err);
}

static void next_stage(pl_gc *g)
{
  g->begun = false;
  if (++g->stage < (g->phase == PHASE_RECORDS ? g->n_rules : g->n_stages))
    return;
  g->stage = 0;
  g->phase++;
}

const pl_gc_stage *pl_gc_counted(const pl_gc *g)
{
  return g->dry && g->stage ? &g->stages[g->stage - 1] : NULL;
}

static int find_units(pl_gc *g, pl_error *err)
{
  g->n_units = g->next_unit = 0;
  if (g->stage >= (g->phase == PHASE_RECORDS ? g->n_rules : g->n_stages))
    return PL_OK;
  if (g->phase == PHASE_RECORDS)
    return pl_gc_find_records(g, &g->rules[g->stage], err);
  const pl_gc_stage *stage = &g->stages[g->stage];
  return g->phase == PHASE_SAMPLES ? pl_gc_find_samples(g, stage, err) : pl_gc_find_dists(g, stage, err);
}

/* What was found and not gone through is gone through first: looking for it takes longer than many a unit. Chunks that are gone meanwhile
 * are not there. Histograms are looked for each time: a unit changes what is to be found behind it. */
static int step_units(pl_gc *g, pl_error *err)
{
  bool left = g->phase == PHASE_SAMPLES && g->next_unit < g->n_units;
  int code = left ? PL_OK : find_units(g, err);
  if (!code && g->n_units)
    return do_units(g, err);
  if (!code)
    next_stage(g);
  return code;
}

/* Gives free pages back, some at a time. */
static int step_pages(pl_gc *g, pl_error *err)
{
  int64_t before = 0, after = 0;
  int code = read_number(g, "SELECT freelist_count FROM pragma_freelist_count", &before, err);
  if (!code && before && !g->dry && g->counts.gives_back) {
    char sql[64];
    (void)sqlite3_snprintf(sizeof sql, sql, "PRAGMA incremental_vacuum(%d)", FREE_PAGES);
    code = run(g, sql, err);
    if (!code)
      code = read_number(g, "SELECT freelist_count FROM pragma_freelist_count", &after, err);
  }
  if (!code)
    code = read_file(g, err);
  if (!code && (after == 0 || after >= before))
    g->phase = PHASE_END;
  return code;
}

int pl_gc_step(pl_gc *g, pl_error *err)
{
  int code = PL_OK;
  switch (g->phase) {
  case PHASE_HEAD:
    code = step_head(g, err);
    break;
  case PHASE_SAMPLES:
  case PHASE_DISTS:
  case PHASE_RECORDS:
    code = step_units(g, err);
    break;
  case PHASE_PAGES:
    code = step_pages(g, err);
    break;
  default:
    return 0;
  }
  return code ? code : g->phase != PHASE_END;
}

/* ---- The whole file --------------------------------------------------------------------------------- */

int pl_store_rebuild(pl_store *s, pl_error *err)
{
  pl_connection *c = &s->connection;
  sqlite3_stmt *stmt = NULL;
  int code = pl_connection_prepare(c, "SELECT 1 FROM runs WHERE state = 'running'", &stmt, err);
  if (code)
    return code;
  int step = sqlite3_step(stmt);
  (void)sqlite3_finalize(stmt);
  if (step == SQLITE_ROW)
    return pl_fail(err, PL_EBUSY, "rebuild timeline %s: a run goes on, and would have to wait; do it when it has ended", c->path);
  int sqlite_code = pl_vfs_make_room(c->db);
  if (!sqlite_code)
    sqlite_code = sqlite3_exec(c->db, "PRAGMA auto_vacuum = INCREMENTAL; VACUUM", NULL, NULL, NULL);
  return sqlite_code ? pl_sqlite_fail(c->db, sqlite_code, "rebuild timeline", c->path, err) : PL_OK;
}
