/* Migration: an older file is brought up to date, the version is checked without changing anything. */
#include "store/schema.h"

#include <stdio.h>

#include "store/histograms_table.h"
#include "store/points_table.h"
#include "store/store.h"
#include "support/failing.h"

static int version_of(sqlite3 *db)
{
  sqlite3_stmt *stmt;
  assert_int_equal(sqlite3_prepare_v2(db, "PRAGMA user_version", -1, &stmt, NULL), SQLITE_OK);
  assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
  int v = sqlite3_column_int(stmt, 0);
  sqlite3_finalize(stmt);
  return v;
}

static void from_nothing_to_the_newest(void **state)
{
  sqlite3 *db;
  pl_error err = {0}, old = {0};
  (void)state;
  assert_int_equal(sqlite3_open(":memory:", &db), SQLITE_OK);
  assert_int_equal(pl_schema_check(db, "x.db", &old), PL_EVERSION);
  assert_int_equal(pl_schema_migrate(db, &pl_alloc_default, "x.db", &err), PL_OK);
  assert_true(version_of(db) >= 1);
  assert_int_equal(pl_schema_check(db, "x.db", &err), PL_OK);
  assert_int_equal(pl_schema_migrate(db, &pl_alloc_default, "x.db", &err), PL_OK); /* again: nothing to do */
  sqlite3_close(db);
}

/* The parts of version 1 that a later step changes, or that its views name. */
static const char version_1[] =
    "CREATE TABLE sources(id INTEGER PRIMARY KEY, kind, instance, role, origin);"
    "CREATE TABLE series(id INTEGER PRIMARY KEY, source_id, name, labels, kind, unit, help);"
    "CREATE TABLE runs(id INTEGER PRIMARY KEY, ulid); CREATE TABLE artifacts(run_id INTEGER);"
    "CREATE TABLE samples(series_id INTEGER NOT NULL, run_id INTEGER NOT NULL, ts_ms INTEGER NOT NULL, value REAL,"
    "  PRIMARY KEY(series_id, run_id, ts_ms)) WITHOUT ROWID;"
    "CREATE VIEW sample_list AS SELECT s.name, p.ts_ms / 1000.0 AS ts, p.value FROM samples p JOIN series s ON s.id = p.series_id;"
    "INSERT INTO sources VALUES(1, 'host', 'vm', 'other', 'synthetic'); INSERT INTO series VALUES(7, 1, 'lamps', '{}', 0, '', '');"
    "INSERT INTO runs VALUES(1, 'U'); INSERT INTO samples VALUES(7, 1, 1764201600123, 42);"
    "CREATE TABLE distributions(series_id INTEGER NOT NULL, run_id INTEGER NOT NULL, resolution_s INTEGER NOT NULL, ts_ms INTEGER NOT NULL,"
    "  count INTEGER, sum REAL, min INTEGER, max INTEGER, hist BLOB, PRIMARY KEY(series_id, run_id, resolution_s, ts_ms)) WITHOUT ROWID;"
    "CREATE VIEW distribution_list AS SELECT s.name, d.ts_ms / 1000.0 AS ts, d.count FROM distributions d JOIN series s ON s.id = d.series_id;"
    "INSERT INTO distributions VALUES(1, 0, 1, 4000, 7, 1, 1, 1, x'00');"
    "PRAGMA user_version = 1";

static void samples_of_version_1_keep_their_time(void **state)
{
  sqlite3 *db;
  sqlite3_stmt *stmt;
  pl_error err = {0};
  char mark[64];
  (void)state;
  assert_int_equal(sqlite3_open(":memory:", &db), SQLITE_OK);
  assert_int_equal(sqlite3_exec(db, version_1, NULL, NULL, NULL), SQLITE_OK);
  pl_archive archive;
  pl_archive_init(&archive, &pl_alloc_default, db, "x.db");
  assert_int_equal(pl_points_table_register(&archive, NULL), SQLITE_OK);
  (void)snprintf(mark, sizeof mark, "PRAGMA application_id = %d", PL_STORE_APPLICATION);
  assert_int_equal(sqlite3_exec(db, mark, NULL, NULL, NULL), SQLITE_OK);
  assert_int_equal(pl_schema_migrate(db, &pl_alloc_default, "x.db", &err), PL_OK);
  assert_int_equal(sqlite3_prepare_v2(db, "SELECT ts_ns, value FROM points UNION ALL SELECT round(1000 * ts), value FROM sample_list", -1, &stmt, NULL), SQLITE_OK);
  assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
  assert_true(sqlite3_column_int64(stmt, 0) == INT64_C(1764201600123000000) && sqlite3_column_double(stmt, 1) == 42);
  assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
  assert_true(sqlite3_column_double(stmt, 0) == 1764201600123.0);
  sqlite3_finalize(stmt);
  pl_archive_fini(&archive);
  sqlite3_close(db);
}

static int64_t number(sqlite3 *db, const char *sql)
{
  sqlite3_stmt *stmt;
  assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &stmt, NULL), SQLITE_OK);
  assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
  int64_t n = sqlite3_column_int64(stmt, 0);
  sqlite3_finalize(stmt);
  return n;
}

/* What version 4 had not. */
static void version_4_gets_rules_and_views_of_what_is_rolled_up(void **state)
{
  sqlite3 *db;
  pl_error err = {0};
  pl_archive archive;
  (void)state;
  assert_int_equal(sqlite3_open(":memory:", &db), SQLITE_OK);
  pl_archive_init(&archive, &pl_alloc_default, db, "x.db");
  assert_int_equal(pl_histograms_table_register(&archive), SQLITE_OK);
  assert_int_equal(pl_schema_migrate(db, &pl_alloc_default, "x.db", &err), PL_OK);
  assert_int_equal(sqlite3_exec(db, "DROP TABLE retention; DROP TABLE sisters; DROP VIEW span_list; DROP VIEW artifact_list; DROP INDEX artifacts_by_run; DROP TABLE histogram_chunks;"
                                    "PRAGMA legacy_alter_table = ON; ALTER TABLE histogram_rows RENAME TO histograms; PRAGMA user_version = 4;"
                                    "INSERT INTO sources VALUES(1, 'load', 'vm', 'other', 'synthetic');"
                                    "INSERT INTO series VALUES(7, 1, 'lamps', '{}', 2, '', '');"
                                    "INSERT INTO histograms VALUES(7, 0, 1, 1000, 3, 1, 1, 1, x'00'), (7, 0, 60, 0, 3, 1, 1, 1, x'00'),"
                                    " (7, 0, -60, 5000, 4, 1, 1, 1, x'00')", NULL, NULL, NULL), SQLITE_OK);
  assert_int_equal(pl_schema_migrate(db, &pl_alloc_default, "x.db", &err), PL_OK);
  assert_int_equal(version_of(db), PL_STORE_SCHEMA);
  assert_int_equal(number(db, "SELECT sum(keep_s) FROM retention WHERE stage IN ('raw', 'minute')"), 97 * 86400);
  assert_int_equal(number(db, "SELECT keep_s IS NULL FROM retention WHERE stage = 'hour'"), 1);
  assert_int_equal(number(db, "SELECT sum(keep_s) FROM retention WHERE stage IN ('spans', 'logs', 'events', 'artifacts')"), 550 * 86400);
  assert_int_equal(number(db, "SELECT count(*) FROM sisters"), 0);
  assert_int_equal(number(db, "SELECT sum(resolution_s) FROM distributions"), 61);
  assert_int_equal(number(db, "SELECT sum(count) FROM distribution_list WHERE resolution_s = 60"), 7);
  pl_archive_fini(&archive);
  sqlite3_close(db);
}

/* What people read of spans and artifacts. */
static void views_show_spans_and_artifacts(void **state)
{
  sqlite3 *db;
  pl_error err = {0};
  (void)state;
  assert_int_equal(sqlite3_open(":memory:", &db), SQLITE_OK);
  assert_int_equal(pl_schema_migrate(db, &pl_alloc_default, "x.db", &err), PL_OK);
  assert_int_equal(sqlite3_exec(db, "INSERT INTO runs(id, ulid, name, started_ns, state) VALUES(1, 'A', 'x', 0, 'passed');"
                                    "INSERT INTO events(run_id, ts_ns, duration_ns, kind, text, data) VALUES(1, 2000000000, 500000000, 'span', 'read',"
                                    " '{\"trace_id\":\"t\",\"service\":\"db\",\"links\":[{\"trace_id\":\"u\"}]}'), (1, 1, 1, 'mark', 'm', NULL);"
                                    "INSERT INTO artifacts(run_id, name, type, ts_ns, duration_ns, bytes, sha256) VALUES(1, 'a.txt', 'text/plain', 3000000000, 1000000000, 5, 'x')",
                                NULL, NULL, NULL), SQLITE_OK);
  assert_int_equal(number(db, "SELECT count(*) FROM span_list"), 1);
  assert_int_equal(number(db, "SELECT operation = 'read' AND service = 'db' AND trace_id = 't' AND ts = 2 AND seconds = 0.5 AND run = 'A'"
                              " AND links ->> 0 ->> 'trace_id' = 'u' FROM span_list"), 1);
  assert_int_equal(number(db, "SELECT name = 'a.txt' AND type = 'text/plain' AND ts = 3 AND seconds = 1 AND bytes = 5 AND run = 'A' FROM artifact_list"), 1);
  sqlite3_close(db);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(from_nothing_to_the_newest), cmocka_unit_test(samples_of_version_1_keep_their_time),
                                     cmocka_unit_test(version_4_gets_rules_and_views_of_what_is_rolled_up),
                                     cmocka_unit_test(views_show_spans_and_artifacts)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
