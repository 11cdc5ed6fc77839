/* A file of schema 3: each of its rows is a sample afterwards. */
#include "store/rows.h"

#include <math.h>

#include "store/scan.h"
#include "store/stored.h"

/* A file that the script of that schema makes. */
static void make_file(const char *path)
{
  static char sql[32768];
  sqlite3 *db;
  FILE *f = fopen(TEST_SOURCE_DIR "/c/store/data/schema_3.sql", "r");
  assert_non_null(f);
  sql[fread(sql, 1, sizeof sql - 1, f)] = '\0';
  fclose(f);
  assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
  assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
  sqlite3_close(db);
}

static void odd_values_keep_their_bits(pl_store *s)
{
  static const double expected[] = {NAN, 0.0, INFINITY, -INFINITY, 1e-310};
  static const int64_t times[] = {INT64_MIN, 0, 1, 2, INT64_MAX};
  pl_scan *scan;
  int64_t ts;
  double value;
  assert_int_equal(pl_scan_open(&s->connection.archive, &(pl_range){3, 7, INT64_MIN, INT64_MAX}, &scan, NULL), PL_OK);
  for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
    assert_int_equal(pl_scan_next(scan, &ts, &value, NULL), 1);
    assert_true(ts == times[i] && (i == 0 ? isnan(value) : memcmp(&value, &expected[i], sizeof value) == 0));
  }
  assert_int_equal(pl_scan_next(scan, &ts, &value, NULL), 0);
  pl_scan_close(scan);
}

static void every_sample_of_schema_3_is_there(void **state)
{
  char path[128];
  (void)temporary_file(*state, "data/t.db", "", path, sizeof path);
  make_file(path);
  pl_store *s = stored_open(path, NULL, 0);
  assert_int_equal(stored_number(s, "PRAGMA user_version"), PL_STORE_SCHEMA);
  assert_int_equal(stored_number(s, "SELECT count(*) FROM points"), 20007);
  assert_int_equal(stored_number(s, "SELECT count(*) FROM points WHERE series_id = 2 AND run_id = 7 AND value = (ts_ns / 1000000000 - 1764201600) * 1.5"), 20000);
  assert_int_equal(stored_number(s, "SELECT value FROM points WHERE series_id = 1 AND run_id = 0 AND ts_ns = 1764201600123456789"), 42);
  assert_int_equal(stored_number(s, "SELECT value FROM points WHERE series_id = 1 AND run_id = 7"), 43);
  assert_int_equal(stored_number(s, "SELECT count(*) FROM sample_list WHERE name = 'long' AND run = '01AAAAAAAAAAAAAAAAAAAAAAAA'"), 20000);
  assert_int_equal(stored_number(s, "SELECT count(*) FROM sqlite_master WHERE name = 'points_3'"), 0);
  odd_values_keep_their_bits(s);
  pl_store_close(s);
}

static int migrate(const pl_allocator *a, void *user)
{
  pl_store_options o = {.alloc = a, .clock = &pl_clock_system, .path = user};
  pl_store *s = NULL;
  remove(user);
  make_file(user);
  int code = pl_store_open(&o, &s, NULL);
  pl_store_close(s);
  return code;
}

static void refused_memory_is_said_and_none_leaks(void **state)
{
  char path[128];
  (void)temporary_file(*state, "data/u.db", "", path, sizeof path);
  failing_every(migrate, path, 100);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test_setup_teardown(every_sample_of_schema_3_is_there, temporary_set_up, temporary_tear_down),
                                     cmocka_unit_test_setup_teardown(refused_memory_is_said_and_none_leaks, temporary_set_up, temporary_tear_down)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
