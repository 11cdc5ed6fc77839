/* Migrations: step n brings a database from version n to n + 1. A step never changes once released. */
#include "store/schema.h"

#include <stdio.h>

#include "base/error.h"
#include "store/rows.h"
#include "store/sqlite_error.h"
#include "store/store.h"
#include "store/vfs.h"

enum { ROWS = 3 }; /* the last version with a row for each sample */

static const char *const steps[] = {
    /* 0 -> 1 */
    "CREATE TABLE sources(id INTEGER PRIMARY KEY, kind TEXT NOT NULL, instance TEXT NOT NULL, role TEXT NOT NULL,"
    "  origin TEXT NOT NULL, UNIQUE(kind, instance, role, origin));"
    "CREATE TABLE series(id INTEGER PRIMARY KEY, source_id INTEGER NOT NULL REFERENCES sources(id), name TEXT NOT NULL,"
    "  labels TEXT NOT NULL, kind INTEGER NOT NULL, unit TEXT NOT NULL, help TEXT NOT NULL,"
    "  UNIQUE(name, labels, source_id));"
    "CREATE TABLE samples(series_id INTEGER NOT NULL, run_id INTEGER NOT NULL, ts_ms INTEGER NOT NULL, value REAL,"
    "  PRIMARY KEY(series_id, run_id, ts_ms)) WITHOUT ROWID;"
    "CREATE TABLE distributions(series_id INTEGER NOT NULL, run_id INTEGER NOT NULL, resolution_s INTEGER NOT NULL,"
    "  ts_ms INTEGER NOT NULL, count INTEGER NOT NULL, sum REAL NOT NULL, min INTEGER NOT NULL, max INTEGER NOT NULL,"
    "  hist BLOB NOT NULL, PRIMARY KEY(series_id, run_id, resolution_s, ts_ms)) WITHOUT ROWID;"
    "CREATE TABLE runs(id INTEGER PRIMARY KEY, ulid TEXT NOT NULL UNIQUE, name TEXT NOT NULL, playbook TEXT, args TEXT,"
    "  args_hash TEXT, labels TEXT NOT NULL DEFAULT '{}', seed INTEGER, script_hash TEXT, script_text TEXT, host TEXT,"
    "  version TEXT, interval_key TEXT, started_ns INTEGER NOT NULL, ended_ns INTEGER,"
    "  state TEXT NOT NULL CHECK(state IN ('running', 'passed', 'failed', 'inconclusive', 'error', 'cancelled',"
    "  'interrupted')), exit_code INTEGER, boot_id TEXT, pid INTEGER, process_start INTEGER, nonce TEXT, result TEXT);"
    "CREATE INDEX runs_by_name ON runs(name, started_ns);"
    "CREATE TABLE run_sources(run_id INTEGER NOT NULL, source_id INTEGER NOT NULL, PRIMARY KEY(run_id, source_id))"
    "  WITHOUT ROWID;"
    "CREATE TABLE events(id INTEGER PRIMARY KEY, run_id INTEGER, source_id INTEGER, ts_ns INTEGER NOT NULL,"
    "  duration_ns INTEGER NOT NULL DEFAULT 0, parent INTEGER, kind TEXT NOT NULL, text TEXT, data TEXT);"
    "CREATE INDEX events_by_run ON events(run_id, ts_ns);"
    "CREATE TABLE artifacts(id INTEGER PRIMARY KEY, run_id INTEGER, name TEXT NOT NULL, type TEXT NOT NULL,"
    "  ts_ns INTEGER NOT NULL, duration_ns INTEGER NOT NULL DEFAULT 0, labels TEXT, bytes INTEGER NOT NULL,"
    "  sha256 TEXT NOT NULL, data BLOB);"
    "CREATE TABLE objectives(run_id INTEGER NOT NULL, idx INTEGER NOT NULL, expr TEXT NOT NULL, scope TEXT, severity TEXT,"
    "  value REAL, lim REAL, ci_lo REAL, ci_hi REAL, samples INTEGER, verdict TEXT NOT NULL, detail TEXT,"
    "  PRIMARY KEY(run_id, idx)) WITHOUT ROWID;"
    "CREATE TABLE findings(id INTEGER PRIMARY KEY, run_id INTEGER, kind TEXT NOT NULL, severity TEXT NOT NULL,"
    "  text TEXT NOT NULL, data TEXT);"
    "CREATE INDEX findings_by_run ON findings(run_id);"
    "CREATE TABLE baselines(name TEXT NOT NULL, playbook TEXT NOT NULL, run_id INTEGER NOT NULL, ts_ns INTEGER NOT NULL,"
    "  PRIMARY KEY(name, playbook)) WITHOUT ROWID;"
    "CREATE TABLE control(id INTEGER PRIMARY KEY, run_id INTEGER NOT NULL, command TEXT NOT NULL, ts_ns INTEGER NOT NULL,"
    "  done_ns INTEGER);"
    /* For people: readable times and names. */
    "CREATE VIEW run_list AS SELECT ulid AS run, name, state, exit_code,"
    "  strftime('%Y-%m-%d %H:%M:%S', started_ns / 1000000000, 'unixepoch') AS started,"
    "  (ended_ns - started_ns) / 1e9 AS seconds FROM runs ORDER BY started_ns DESC;"
    "CREATE VIEW sample_list AS SELECT s.name, s.labels, src.instance, src.role, r.ulid AS run,"
    "  p.ts_ms / 1000.0 AS ts, p.value FROM samples p JOIN series s ON s.id = p.series_id"
    "  JOIN sources src ON src.id = s.source_id LEFT JOIN runs r ON r.id = p.run_id;"
    "CREATE VIEW distribution_list AS SELECT s.name, s.labels, src.instance, r.ulid AS run, d.resolution_s,"
    "  d.ts_ms / 1000.0 AS ts, d.count, d.sum / d.count / 1e9 AS mean_seconds, d.max / 1e9 AS max_seconds, d.hist"
    "  FROM distributions d JOIN series s ON s.id = d.series_id JOIN sources src ON src.id = s.source_id"
    "  LEFT JOIN runs r ON r.id = d.run_id;",
    /* 1 -> 2: samples by the nanosecond, so that several in one millisecond are kept. */
    "DROP VIEW sample_list;"
    "ALTER TABLE samples RENAME TO samples_1;"
    "CREATE TABLE samples(series_id INTEGER NOT NULL, run_id INTEGER NOT NULL, ts_ns INTEGER NOT NULL, value REAL,"
    "  PRIMARY KEY(series_id, run_id, ts_ns)) WITHOUT ROWID;"
    "INSERT INTO samples SELECT series_id, run_id, ts_ms * 1000000, value FROM samples_1;"
    "DROP TABLE samples_1;"
    "CREATE VIEW sample_list AS SELECT s.name, s.labels, src.instance, src.role, r.ulid AS run,"
    "  p.ts_ns / 1e9 AS ts, p.value FROM samples p JOIN series s ON s.id = p.series_id"
    "  JOIN sources src ON src.id = s.source_id LEFT JOIN runs r ON r.id = p.run_id;",
    /* 2 -> 3: the names samples and distributions are those of what people read: a function and a view. */
    "DROP VIEW sample_list;"
    "DROP VIEW distribution_list;"
    "ALTER TABLE samples RENAME TO points;"
    "ALTER TABLE distributions RENAME TO histograms;"
    "CREATE VIEW sample_list AS SELECT s.name, s.labels, src.instance, src.role, r.ulid AS run,"
    "  p.ts_ns / 1e9 AS ts, p.value FROM points p JOIN series s ON s.id = p.series_id"
    "  JOIN sources src ON src.id = s.source_id LEFT JOIN runs r ON r.id = p.run_id;"
    "CREATE VIEW distribution_list AS SELECT s.name, s.labels, src.instance, r.ulid AS run, h.resolution_s,"
    "  h.ts_ms / 1000.0 AS ts, h.count, h.sum / h.count / 1e9 AS mean_seconds, h.max / 1e9 AS max_seconds, h.hist"
    "  FROM histograms h JOIN series s ON s.id = h.series_id JOIN sources src ON src.id = s.source_id"
    "  LEFT JOIN runs r ON r.id = h.run_id;"
    "CREATE VIEW distributions AS SELECT s.name, s.labels, h.ts_ms / 1000.0 AS ts, h.hist, h.count, src.instance, src.role,"
    "  r.ulid AS run FROM histograms h JOIN series s ON s.id = h.series_id JOIN sources src ON src.id = s.source_id"
    "  LEFT JOIN runs r ON r.id = h.run_id WHERE h.resolution_s = 1;",
    /* 3 -> 4: points is a function that reads chunks and batches; pl_rows_to_chunks empties points_3. */
    "DROP VIEW sample_list;"
    "ALTER TABLE points RENAME TO points_3;"
    "CREATE TABLE chunks(id INTEGER PRIMARY KEY, series_id INTEGER NOT NULL, run_id INTEGER NOT NULL, from_ns INTEGER NOT NULL,"
    "  to_ns INTEGER NOT NULL, n INTEGER NOT NULL, sealed INTEGER NOT NULL, data BLOB NOT NULL, UNIQUE(series_id, run_id, from_ns));"
    "CREATE INDEX chunks_open ON chunks(to_ns) WHERE sealed = 0;"
    "CREATE TABLE batches(id INTEGER PRIMARY KEY AUTOINCREMENT, made_ns INTEGER NOT NULL, n INTEGER NOT NULL, data BLOB NOT NULL);"
    "CREATE VIEW sample_list AS SELECT s.name, s.labels, src.instance, src.role, r.ulid AS run,"
    "  p.ts_ns / 1e9 AS ts, p.value FROM points p JOIN series s ON s.id = p.series_id"
    "  JOIN sources src ON src.id = s.source_id LEFT JOIN runs r ON r.id = p.run_id;",
    /* 4 -> 5: what is old is rolled up; histograms of a resolution below 0 stand for finer ones. */
    "CREATE TABLE retention(stage TEXT PRIMARY KEY, keep_s INTEGER) WITHOUT ROWID;"
    "INSERT INTO retention VALUES('raw', 7 * 86400), ('minute', 90 * 86400), ('hour', NULL);"
    "CREATE TABLE sisters(series_id INTEGER NOT NULL, part INTEGER NOT NULL, sister_id INTEGER NOT NULL UNIQUE,"
    "  PRIMARY KEY(series_id, part)) WITHOUT ROWID;"
    "DROP VIEW distribution_list;"
    "DROP VIEW distributions;"
    "CREATE VIEW distribution_list AS SELECT s.name, s.labels, src.instance, r.ulid AS run, abs(h.resolution_s) AS resolution_s,"
    "  h.ts_ms / 1000.0 AS ts, h.count, h.sum / h.count / 1e9 AS mean_seconds, h.max / 1e9 AS max_seconds, h.hist"
    "  FROM histograms h JOIN series s ON s.id = h.series_id JOIN sources src ON src.id = s.source_id"
    "  LEFT JOIN runs r ON r.id = h.run_id;"
    "CREATE VIEW distributions AS SELECT s.name, s.labels, h.ts_ms / 1000.0 AS ts, h.hist, h.count, src.instance, src.role,"
    "  r.ulid AS run, abs(h.resolution_s) AS resolution_s FROM histograms h JOIN series s ON s.id = h.series_id"
    "  JOIN sources src ON src.id = s.source_id LEFT JOIN runs r ON r.id = h.run_id WHERE h.resolution_s = 1 OR h.resolution_s < 0;",
    /* 5 -> 6: spans, logs, events and artifacts go when they are old; views of them. */
    "INSERT INTO retention VALUES('spans', 30 * 86400), ('logs', 30 * 86400), ('events', 400 * 86400), ('artifacts', 90 * 86400);"
    "CREATE INDEX artifacts_by_run ON artifacts(run_id);"
    "CREATE VIEW span_list AS SELECT e.data ->> 'trace_id' AS trace_id, e.data ->> 'span_id' AS span_id, e.data ->> 'parent_id' AS parent_id,"
    "  e.data ->> 'service' AS service, e.text AS operation, e.data ->> 'kind' AS kind, e.data ->> 'status' AS status, e.ts_ns / 1e9 AS ts,"
    "  e.duration_ns / 1e9 AS seconds, e.data -> 'attributes' AS attributes, e.data -> 'events' AS events, e.data -> 'links' AS links,"
    "  r.ulid AS run FROM events e LEFT JOIN runs r ON r.id = e.run_id WHERE e.kind = 'span';"
    "CREATE VIEW artifact_list AS SELECT a.name, a.type, a.labels, a.bytes, a.sha256, a.ts_ns / 1e9 AS ts, a.duration_ns / 1e9 AS seconds,"
    "  r.ulid AS run FROM artifacts a LEFT JOIN runs r ON r.id = a.run_id;",
    /* 6 -> 7: histograms is a function that reads rows and chunks. */
    "CREATE TABLE histogram_chunks(id INTEGER PRIMARY KEY, series_id INTEGER NOT NULL, run_id INTEGER NOT NULL, resolution_s INTEGER NOT NULL,"
    "  from_ms INTEGER NOT NULL, to_ms INTEGER NOT NULL, n INTEGER NOT NULL, data BLOB NOT NULL,"
    "  UNIQUE(series_id, run_id, resolution_s, from_ms, to_ms));"
    "DROP VIEW distribution_list;"
    "DROP VIEW distributions;"
    "PRAGMA legacy_alter_table = ON;" /* no view speaks of it, and those of points want its module */
    "ALTER TABLE histograms RENAME TO histogram_rows;"
    "PRAGMA legacy_alter_table = OFF;"
    "CREATE VIEW distribution_list AS SELECT s.name, s.labels, src.instance, r.ulid AS run, abs(h.resolution_s) AS resolution_s,"
    "  h.ts_ms / 1000.0 AS ts, h.count, h.sum / h.count / 1e9 AS mean_seconds, h.max / 1e9 AS max_seconds, h.hist"
    "  FROM histograms h JOIN series s ON s.id = h.series_id JOIN sources src ON src.id = s.source_id LEFT JOIN runs r ON r.id = h.run_id;"
    "CREATE VIEW distributions AS SELECT s.name, s.labels, h.ts_ms / 1000.0 AS ts, h.hist, h.count, src.instance, src.role,"
    "  r.ulid AS run, abs(h.resolution_s) AS resolution_s FROM histograms h JOIN series s ON s.id = h.series_id"
    "  JOIN sources src ON src.id = s.source_id LEFT JOIN runs r ON r.id = h.run_id WHERE h.resolution_s = 1 OR h.resolution_s < 0;",
};

_Static_assert(sizeof steps / sizeof *steps == PL_STORE_SCHEMA, "one migration for each schema version");

static int read_pragma(sqlite3 *db, const char *sql, int *out)
{
  sqlite3_stmt *stmt;
  int code = sqlite3_prepare_v2(db, sql, -1, &stmt, NULL);
  if (code)
    return code;
  code = sqlite3_step(stmt);
  if (code == SQLITE_ROW)
    *out = sqlite3_column_int(stmt, 0);
  int final = sqlite3_finalize(stmt);
  return code == SQLITE_ROW ? SQLITE_OK : final ? final : code;
}

/* The version of db; a foreign or newer one is an error. */
static int read_version(sqlite3 *db, const char *path, int *version, pl_error *err)
{
  int application = 0, tables = 0;
  int code = read_pragma(db, "PRAGMA user_version", version);
  if (!code)
    code = read_pragma(db, "PRAGMA application_id", &application);
  if (!code)
    code = read_pragma(db, "SELECT count(*) FROM sqlite_master", &tables);
  if (code)
    return pl_sqlite_fail(db, code, "open timeline", path, err);
  if (application != PL_STORE_APPLICATION && (application != 0 || tables != 0))
    return pl_fail(err, PL_EFOREIGN, "%s is an SQLite database of another program; choose another file with --db", path);
  if (*version > PL_STORE_SCHEMA)
    return pl_fail(err, PL_EVERSION, "%s has schema %d, this version knows up to %d; use a newer perilune, or another file with --db", path,
                   *version, PL_STORE_SCHEMA);
  return PL_OK;
}

static int apply_step(sqlite3 *db, const pl_allocator *a, int version)
{
  char mark[96];
  (void)snprintf(mark, sizeof mark, "PRAGMA application_id = %d; PRAGMA user_version = %d; COMMIT", PL_STORE_APPLICATION, version + 1);
  int code = sqlite3_exec(db, steps[version], NULL, NULL, NULL);
  if (!code && version == ROWS)
    code = pl_rows_to_chunks(db, a);
  if (!code && version == ROWS)
    code = sqlite3_exec(db, "DROP TABLE points_3", NULL, NULL, NULL);
  return code ? code : sqlite3_exec(db, mark, NULL, NULL, NULL);
}

/* Pages have seals, and those that are free can be given back one by one: SQLite has to know before the first table is made. Files that were
 * begun without stay so until they are rebuilt. */
static int prepare_pages(sqlite3 *db, const char *path, pl_error *err)
{
  int code = pl_vfs_make_room(db);
  if (!code)
    code = sqlite3_exec(db, "PRAGMA auto_vacuum = INCREMENTAL", NULL, NULL, NULL);
  return code ? pl_sqlite_fail(db, code, "open timeline", path, err) : PL_OK;
}

int pl_schema_migrate(sqlite3 *db, const pl_allocator *a, const char *path, pl_error *err)
{
  int version = 0;
  int code = read_version(db, path, &version, err);
  if (!code && version == 0)
    code = prepare_pages(db, path, err);
  while (!code && version < PL_STORE_SCHEMA) {
    /* Another process may have migrated meanwhile: look again under the lock. */
    int sqlite_code = sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL);
    if (sqlite_code)
      return pl_sqlite_fail(db, sqlite_code, "migrate timeline", path, err);
    code = read_version(db, path, &version, err);
    if (code || version >= PL_STORE_SCHEMA) {
      (void)sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
      break;
    }
    sqlite_code = apply_step(db, a, version);
    if (sqlite_code) {
      code = pl_sqlite_fail(db, sqlite_code, "migrate timeline", path, err);
      (void)sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
    }
    version++;
  }
  return code;
}

int pl_schema_check(sqlite3 *db, const char *path, pl_error *err)
{
  int version = 0;
  int code = read_version(db, path, &version, err);
  if (!code && version < PL_STORE_SCHEMA)
    return pl_fail(err, PL_EVERSION, "%s has the older schema %d; any command that writes to it brings it up to date", path, version);
  return code;
}
