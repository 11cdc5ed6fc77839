/* Records beside the samples: spans, logs, other events and artifacts go as a whole when what they belong to is older than their rule. That is the end of
 * their run, so that a run loses all of a kind at once; of those without a run their own. The runs themselves stay, with their results,
 * objectives and findings, and the events that say which parts of a load were measured. */
#include "store/gc.h"

enum { ROW_WORK = 64, BYTES_WORK = 256 /* bytes of an artifact that take as long as a sample */ };

#define OLD(size, table, kinds)                                                                                              \
  "SELECT 0, run_id, id, size FROM (SELECT id, coalesce(run_id, 0) AS run_id, ts_ns + duration_ns AS end_ns, " size " AS size FROM " table \
  " WHERE id > ?1" kinds ") WHERE coalesce((SELECT coalesce(ended_ns, started_ns) FROM runs WHERE runs.id = run_id), end_ns) < ?2 AND" PL_GC_MAY \
  " ORDER BY id LIMIT ?3"

static const struct {
  const char *find, *drop;
} statements[PL_GC_RECORDS] = {
    [PL_GC_SPANS] = {OLD("0", "events", " AND kind IN ('span', 'request', 'exemplar')"), "DELETE FROM events WHERE id = ?"},
    [PL_GC_LOGS] = {OLD("0", "events", " AND kind = 'log'"), "DELETE FROM events WHERE id = ?"},
    [PL_GC_EVENTS] = {OLD("0", "events", " AND kind NOT IN ('span', 'request', 'exemplar', 'log', 'measured')"), "DELETE FROM events WHERE id = ?"},
    [PL_GC_ARTIFACTS] = {OLD("bytes", "artifacts", ""), "DELETE FROM artifacts WHERE id = ?"},
};

int pl_gc_find_records(pl_gc *g, const pl_gc_rule *rule, pl_error *err)
{
  sqlite3_stmt **stmt = &g->find_records[rule->kind];
  int code = pl_archive_prepare(g->archive, statements[rule->kind].find, stmt, err);
  if (code)
    return code;
  sqlite3_bind_int64(*stmt, 1, g->begun ? g->done.at : INT64_MIN);
  sqlite3_bind_int64(*stmt, 2, rule->before_ns);
  sqlite3_bind_int(*stmt, 3, PL_GC_UNITS);
  return pl_gc_take_units(g, *stmt, err);
}

int pl_gc_do_record(pl_gc *g, const pl_gc_rule *rule, const pl_gc_unit *u, pl_error *err)
{
  sqlite3_stmt **stmt = &g->drop_records[rule->kind];
  int code = pl_archive_prepare(g->archive, statements[rule->kind].drop, stmt, err);
  if (code)
    return code;
  sqlite3_bind_int64(*stmt, 1, u->at);
  int step = sqlite3_step(*stmt);
  (void)sqlite3_reset(*stmt);
  if (step != SQLITE_DONE)
    return pl_archive_fail(g->archive, step, err);
  g->counts.records[rule->kind]++;
  g->work += ROW_WORK + (size_t)(u->kind / BYTES_WORK);
  g->done = *u;
  return PL_OK;
}
