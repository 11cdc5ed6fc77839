/* Migration: an older file is brought up to date, the version is checked without changing anything. */
#include "store/schema.h"

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
  assert_int_equal(pl_schema_migrate(db, "x.db", &err), PL_OK);
  assert_true(version_of(db) >= 1);
  assert_int_equal(pl_schema_check(db, "x.db", &err), PL_OK);
  assert_int_equal(pl_schema_migrate(db, "x.db", &err), PL_OK); /* again: nothing to do */
  sqlite3_close(db);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(from_nothing_to_the_newest)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
