/* points as statements of people use it: the same rows whatever the statement asks first. */
#include "store/points_table.h"

#include "store/stored.h"

static int open_store(void **state)
{
  pl_store *s = stored_open(NULL, NULL, 0);
  for (int64_t series = 1; series <= 3; series++) {
    for (int64_t i = 0; i < 10; i++)
      stored_put(s, series, i % 2, i * 1000, (double)(series * 100 + i));
    if (series < 3)
      stored_group(s);
  }
  stored_put(s, 1, 0, 0, 7); /* replaces one of a chunk */
  stored_commit(s);
  *state = s;
  return 0;
}

static void conditions_find_their_rows(void **state)
{
  static const stored_condition all[] = {
      {"1", 30, 6042},
      {"series_id = 2", 10, 2045},
      {"series_id = 3 AND run_id = 1", 5, 1525},
      {"run_id = 0", 15, 2967},
      {"ts_ns BETWEEN 3000 AND 4000", 6, 1221},
      {"series_id = 1 AND run_id = 0 AND ts_ns > 2000 AND ts_ns <= 6000", 2, 210},
      {"series_id = 1 AND run_id = 0 AND ts_ns > 2000.5 AND ts_ns < 4000.5", 1, 104},
      {"ts_ns >= 1e30", 0, 0},
      {"ts_ns < 'text'", 30, 6042}, /* numbers come before texts */
      {"ts_ns >= NULL", 0, 0},
      {"series_id IN (1, 3) AND run_id IN (SELECT 1)", 10, 2050},
      {"series_id = 2.5", 0, 0},
      {"series_id IS NULL", 0, 0},
      {"value = 7", 1, 7},
      {"series_id = 4", 0, 0},
      {"series_id = 1 OR run_id = 5", 10, 952},
  };
  stored_finds(*state, "points", "value", all, sizeof all / sizeof *all);
}

static void rows_come_by_series_run_and_time(void **state)
{
  assert_int_equal(stored_number(*state, "SELECT count(*) FROM (SELECT place < lag(place) OVER () AS back FROM"
                                         " (SELECT series_id * 1000000 + run_id * 100000 + ts_ns AS place FROM points)) WHERE back"), 0);
  assert_int_equal(stored_number(*state, "SELECT ts_ns FROM points WHERE series_id = 2 AND run_id = 0 ORDER BY ts_ns DESC LIMIT 1"), 8000);
}

static void several_are_read_at_once(void **state)
{
  assert_int_equal(stored_number(*state, "SELECT count(*) FROM points a JOIN points b ON a.ts_ns = b.ts_ns AND a.series_id < b.series_id"), 30);
}

static void a_damaged_chunk_is_said(void **state)
{
  pl_store *s = *state;
  sqlite3_stmt *stmt;
  stored_execute(s, "UPDATE chunks SET data = zeroblob(20) WHERE series_id = 2");
  assert_int_equal(sqlite3_prepare_v2(s->connection.db, "SELECT count(*) FROM points", -1, &stmt, NULL), SQLITE_OK);
  assert_int_equal(sqlite3_step(stmt) & 0xff, SQLITE_CORRUPT);
  assert_non_null(strstr(sqlite3_errmsg(s->connection.db), "of samples cannot be read"));
  sqlite3_finalize(stmt);
  assert_int_equal(stored_number(s, "SELECT count(*) FROM points WHERE series_id = 1"), 10);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_store, stored_close)
  const struct CMUnitTest tests[] = {TEST(conditions_find_their_rows), TEST(rows_come_by_series_run_and_time), TEST(several_are_read_at_once),
                                     TEST(a_damaged_chunk_is_said)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
