/* Our functions in SQL. */
#include "store/functions.h"

#include <stdio.h>

#include "format/hdr.h"
#include "support/failing.h"

static double ask(sqlite3 *db, const char *query, const pl_buf *blob)
{
  sqlite3_stmt *stmt;
  assert_int_equal(sqlite3_prepare_v2(db, query, -1, &stmt, NULL), SQLITE_OK);
  sqlite3_bind_blob(stmt, 1, blob->data, (int)blob->len, SQLITE_STATIC);
  assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
  double v = sqlite3_column_double(stmt, 0);
  sqlite3_finalize(stmt);
  return v;
}

static void quantiles_of_stored_histograms(void **state)
{
  sqlite3 *db;
  pl_hist h;
  pl_buf b;
  (void)state;
  pl_hist_init(&h, &pl_alloc_default);
  pl_buf_init(&b, &pl_alloc_default, 1 << 20);
  for (uint64_t i = 1; i <= 1000; i++)
    pl_hist_record(&h, i * 1000000);
  assert_int_equal(pl_hdr_encode(&h, &b), PL_OK);
  assert_int_equal(sqlite3_open(":memory:", &db), SQLITE_OK);
  assert_int_equal(pl_functions_register(db, &pl_alloc_default), SQLITE_OK);
  double p99 = ask(db, "SELECT quantile(?1, 0.99)", &b);
  assert_true(p99 > 0.989 && p99 < 0.992);
  assert_true(ask(db, "SELECT hist_count(?1)", &b) == 1000);
  double merged = ask(db, "SELECT hist_count(hist_merge(h)) FROM (SELECT ?1 AS h UNION ALL SELECT ?1)", &b);
  assert_true(merged == 2000);
  assert_true(ask(db, "SELECT quantile(NULL, 0.5) IS NULL", &b) == 1);
  sqlite3_close(db);
  pl_hist_fini(&h);
  pl_buf_fini(&b);
}

/* In any order, over a restart from 0, without what is NULL. */
static void a_counters_rate(void **state)
{
  static const struct {
    const char *rows, *want;
  } all[] = {
      {"(0, 10), (10, 30), (20, 60)", "2.5"},
      {"(20, 60), (0, 10), (10, 30)", "2.5"},
      {"(0, 100), (10, 120), (20, 30), (30, 40)", "2.0"},
      {"(0, 1), (NULL, 5), (10, NULL), (20, 21)", "1.0"},
      {"(5, 1)", NULL},
      {"(5, 1), (5, 9)", NULL},
      {"(NULL, NULL)", NULL},
  };
  sqlite3 *db;
  (void)state;
  assert_int_equal(sqlite3_open(":memory:", &db), SQLITE_OK);
  assert_int_equal(pl_functions_register(db, &pl_alloc_default), SQLITE_OK);
  for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
    char sql[256];
    sqlite3_stmt *stmt;
    (void)snprintf(sql, sizeof sql, "SELECT rate(column1, column2) FROM (VALUES %s)", all[i].rows);
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &stmt, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
    const char *text = (const char *)sqlite3_column_text(stmt, 0);
    if (all[i].want)
      assert_string_equal(text, all[i].want);
    else
      assert_null(text);
    sqlite3_finalize(stmt);
  }
  sqlite3_close(db);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(quantiles_of_stored_histograms), cmocka_unit_test(a_counters_rate)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
