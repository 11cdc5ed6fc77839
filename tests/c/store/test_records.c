/* The table of named operations: unique names, and SQL that the schema knows. */
#include "store/records.h"

#include <sqlite3.h>
#include <string.h>

#include "store/damage.h"
#include "store/functions.h"
#include "store/moved.h"
#include "store/pages.h"
#include "store/points_table.h"
#include "store/schema.h"
#include "support/failing.h"

static void every_operation_prepares(void **state)
{
  sqlite3 *db;
  pl_error err = {0};
  (void)state;
  assert_int_equal(sqlite3_open(":memory:", &db), SQLITE_OK);
  assert_int_equal(pl_functions_register(db, &pl_alloc_default), SQLITE_OK);
  pl_archive archive;
  pl_archive_init(&archive, &pl_alloc_default, db, ":memory:");
  assert_int_equal(pl_damage_register(&archive), SQLITE_OK);
  assert_int_equal(pl_moved_register(&archive), SQLITE_OK);
  assert_int_equal(pl_points_table_register(&archive, NULL), SQLITE_OK);
  int64_t log_lost = 0;
  assert_int_equal(pl_pages_register(db, &log_lost), SQLITE_OK);
  assert_int_equal(pl_schema_migrate(db, &pl_alloc_default, ":memory:", &err), PL_OK);
  for (int i = 0; pl_records[i].name; i++) {
    sqlite3_stmt *stmt;
    if (sqlite3_prepare_v2(db, pl_records[i].sql, -1, &stmt, NULL) != SQLITE_OK)
      fail_msg("%s: %s", pl_records[i].name, sqlite3_errmsg(db));
    assert_int_equal(sqlite3_stmt_readonly(stmt), !pl_records[i].write);
    assert_int_equal(pl_record_find(pl_records[i].name), i);
    sqlite3_finalize(stmt);
  }
  assert_int_equal(pl_record_find("none"), -1);
  pl_archive_fini(&archive);
  sqlite3_close(db);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(every_operation_prepares)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
