/* The loadable extension, in a connection of somebody else. */
#include "store/stored.h"

#define EXTENSION TEST_MODULE_DIR "/perilune_sqlite"

/* A file with three samples and 21 histograms, most of them in a chunk; by what the library writes itself. */
static void make_timeline(const char *path)
{
  pl_store *s = stored_open(path, NULL, 0);
  int64_t gauge = stored_series(s, "lamps", PL_SERIES_GAUGE);
  for (int i = 1; i <= 3; i++)
    assert_int_equal(pl_store_sample(s, gauge, 0, i * (int64_t)PL_S_NS, i * 10), PL_OK);
  int64_t waits = stored_series(s, "waits", PL_SERIES_DIST);
  pl_hist h;
  pl_hist_init(&h, &pl_alloc_default);
  pl_hist_record_n(&h, PL_S_NS, 2);
  for (int i = 0; i < 20; i++)
    assert_int_equal(pl_store_dist(s, waits, 0, i * 1000, 1, &h), PL_OK);
  assert_int_equal(pl_store_commit(s, NULL), PL_OK);
  stored_pack(s, 15000);
  assert_int_equal(stored_number(s, "SELECT n FROM histogram_chunks"), 20);
  assert_int_equal(pl_store_dist(s, waits, 0, 30000, 1, &h), PL_OK); /* a row */
  assert_int_equal(pl_store_commit(s, NULL), PL_OK);
  pl_hist_fini(&h);
  pl_store_close(s);
}

static double ask(sqlite3 *db, const char *sql)
{
  sqlite3_stmt *stmt;
  assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &stmt, NULL), SQLITE_OK);
  assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
  double v = sqlite3_column_double(stmt, 0);
  assert_int_equal(sqlite3_finalize(stmt), SQLITE_OK);
  return v;
}

/* sqlite3_close() refuses where a statement of ours is left. */
static void what_was_read_keeps_no_connection_open(void **state)
{
  char path[256];
  sqlite3 *db;
  make_timeline(temporary_file(*state, "t.db", NULL, path, sizeof path));
  assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
  assert_int_equal(sqlite3_enable_load_extension(db, 1), SQLITE_OK);
  assert_int_equal(sqlite3_load_extension(db, EXTENSION, NULL, NULL), SQLITE_OK);
  assert_true(ask(db, "SELECT sum(value) FROM samples('lamps')") == 60);
  assert_true(ask(db, "SELECT count(*) FROM points") == 3);
  assert_true(ask(db, "SELECT rate(ts, value) FROM samples('lamps')") == 10);
  assert_true(ask(db, "SELECT count(*) FROM histograms") == 21);
  assert_true(ask(db, "SELECT sum(hist_count(hist)) FROM distributions WHERE name = 'waits'") == 42);
  assert_true(ask(db, "SELECT hist_count(hist_merge(hist)) FROM distribution_list") == 42);
  assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static void a_file_that_is_no_timeline_is_told(void **state)
{
  sqlite3 *db;
  (void)state;
  assert_int_equal(sqlite3_open(":memory:", &db), SQLITE_OK);
  assert_int_equal(sqlite3_enable_load_extension(db, 1), SQLITE_OK);
  assert_int_equal(sqlite3_load_extension(db, EXTENSION, NULL, NULL), SQLITE_OK);
  assert_int_equal(sqlite3_exec(db, "SELECT * FROM samples('lamps')", NULL, NULL, NULL), SQLITE_ERROR);
  assert_non_null(strstr(sqlite3_errmsg(db), "no such table: series"));
  assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, temporary_set_up, temporary_tear_down)
  const struct CMUnitTest tests[] = {TEST(what_was_read_keeps_no_connection_open), TEST(a_file_that_is_no_timeline_is_told)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
