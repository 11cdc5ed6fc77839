/* What our tables in SQL have in common, by a table of an array's numbers. */
#include "store/vtab.h"

#include <string.h>

#include "support/failing.h"

typedef struct numbers {
  const char *columns;
  int n;
  int all[8];
  int bad; /* the row that cannot be read; 0: none */
} numbers;

static int connect(sqlite3 *db, void *user, int argc, const char *const *argv, sqlite3_vtab **out, char **err)
{
  (void)argc, (void)argv, (void)err;
  return pl_vtab_connect(db, ((numbers *)user)->columns, user, out);
}

static int best_index(sqlite3_vtab *t, sqlite3_index_info *info)
{
  (void)t, (void)info;
  return SQLITE_OK;
}

static int open_cursor(sqlite3_vtab *t, sqlite3_vtab_cursor **out)
{
  (void)t;
  int code = pl_vtab_open(sizeof(pl_vtab_cursor) + 1000, out);
  for (size_t i = sizeof(sqlite3_vtab_cursor); !code && i < sizeof(pl_vtab_cursor) + 1000; i++)
    assert_int_equal(((const char *)*out)[i], 0);
  return code;
}

static int close_cursor(sqlite3_vtab_cursor *c)
{
  sqlite3_free(c);
  return SQLITE_OK;
}

static int next(sqlite3_vtab_cursor *cursor)
{
  pl_vtab_cursor *c = (pl_vtab_cursor *)cursor;
  const numbers *all = pl_vtab_user(cursor);
  c->at_end = ++c->row > all->n;
  if (c->row != all->bad)
    return SQLITE_OK;
  pl_vtab_say(cursor, "another message");
  pl_vtab_say(cursor, "this row is bad");
  return SQLITE_CORRUPT_VTAB;
}

static int filter(sqlite3_vtab_cursor *c, int number, const char *text, int argc, sqlite3_value **argv)
{
  (void)number, (void)text, (void)argc, (void)argv;
  ((pl_vtab_cursor *)c)->row = 0;
  return next(c);
}

static int column(sqlite3_vtab_cursor *c, sqlite3_context *context, int i)
{
  (void)i;
  sqlite3_result_int(context, ((numbers *)pl_vtab_user(c))->all[((pl_vtab_cursor *)c)->row - 1]);
  return SQLITE_OK;
}

static sqlite3 *open_with(numbers *all)
{
  static const sqlite3_module module = {.xConnect = connect, .xBestIndex = best_index, .xDisconnect = pl_vtab_disconnect, .xOpen = open_cursor,
                                        .xClose = close_cursor, .xFilter = filter, .xNext = next, .xEof = pl_vtab_eof, .xColumn = column,
                                        .xRowid = pl_vtab_row};
  sqlite3 *db;
  assert_int_equal(sqlite3_open(":memory:", &db), SQLITE_OK);
  assert_int_equal(sqlite3_create_module_v2(db, "numbers", &module, all, NULL), SQLITE_OK);
  return db;
}

/* The first column of the first row, -1 when there is none. */
static int ask(sqlite3 *db, const char *sql)
{
  sqlite3_stmt *stmt;
  if (sqlite3_prepare_v2(db, sql, -1, &stmt, NULL))
    fail_msg("%s: %s", sql, sqlite3_errmsg(db));
  int n = sqlite3_step(stmt) == SQLITE_ROW ? sqlite3_column_int(stmt, 0) : -1;
  (void)sqlite3_finalize(stmt);
  return n;
}

static void rows_have_numbers_of_their_own_cursor(void **state)
{
  numbers all = {.columns = "CREATE TABLE x(n INTEGER)", .n = 3, .all = {5, 7, 11}};
  sqlite3 *db = open_with(&all);
  (void)state;
  assert_int_equal(ask(db, "SELECT sum(n) FROM numbers"), 23);
  assert_int_equal(ask(db, "SELECT n FROM numbers WHERE rowid = 2"), 7);
  assert_int_equal(ask(db, "SELECT sum(a.n * b.rowid) FROM numbers a, numbers b"), 23 * 6);
  assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static void an_error_is_told_in_our_words(void **state)
{
  numbers all = {.columns = "CREATE TABLE x(n INTEGER)", .n = 3, .bad = 2};
  sqlite3 *db = open_with(&all);
  (void)state;
  assert_int_equal(sqlite3_exec(db, "SELECT n FROM numbers", NULL, NULL, NULL), SQLITE_CORRUPT);
  assert_string_equal(sqlite3_errmsg(db), "this row is bad");
  assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static void views_of_anybody_may_read_it(void **state)
{
  numbers all = {.columns = "CREATE TABLE x(n INTEGER)", .n = 1, .all = {5}};
  sqlite3 *db = open_with(&all);
  (void)state;
  assert_int_equal(sqlite3_exec(db, "PRAGMA trusted_schema = OFF; CREATE VIEW v AS SELECT n FROM numbers", NULL, NULL, NULL), SQLITE_OK);
  assert_int_equal(ask(db, "SELECT n FROM v"), 5);
  assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static void columns_that_are_none_are_refused(void **state)
{
  numbers all = {.columns = "CREATE TABLE"};
  sqlite3 *db = open_with(&all);
  (void)state;
  assert_int_equal(sqlite3_exec(db, "SELECT * FROM numbers", NULL, NULL, NULL), SQLITE_ERROR);
  assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

/* Of a table of two keys and a time: what xFilter is given, and in which order, whatever the order of conditions. */
static void conditions_become_arguments(void **state)
{
  enum { RUN, TO, OTHER, SERIES, FROM, AGAIN, UNUSABLE, CONDITIONS };
  struct sqlite3_index_constraint all[CONDITIONS] = {
      [RUN] = {1, SQLITE_INDEX_CONSTRAINT_EQ, 1, 0},   [TO] = {2, SQLITE_INDEX_CONSTRAINT_LT, 1, 0},   [OTHER] = {3, SQLITE_INDEX_CONSTRAINT_EQ, 1, 0},
      [SERIES] = {0, SQLITE_INDEX_CONSTRAINT_EQ, 1, 0}, [FROM] = {2, SQLITE_INDEX_CONSTRAINT_GE, 1, 0}, [AGAIN] = {2, SQLITE_INDEX_CONSTRAINT_GT, 1, 0},
      [UNUSABLE] = {2, SQLITE_INDEX_CONSTRAINT_LE, 0, 0}};
  struct sqlite3_index_constraint_usage usage[CONDITIONS] = {{0, 0}};
  struct sqlite3_index_orderby by_time = {2, 0};
  sqlite3_index_info info = {.nConstraint = CONDITIONS, .aConstraint = all, .aConstraintUsage = usage, .nOrderBy = 1, .aOrderBy = &by_time};
  (void)state;
  assert_int_equal(pl_vtab_best_index(&info, 2, 1000000), SQLITE_OK);
  assert_int_equal(info.idxNum, PL_VTAB_KEY(0) | PL_VTAB_KEY(1) | PL_VTAB_FROM(2) | PL_VTAB_TO(2));
  const int want[CONDITIONS] = {[SERIES] = 1, [RUN] = 2, [FROM] = 3, [TO] = 4};
  for (int i = 0; i < CONDITIONS; i++)
    assert_int_equal(usage[i].argvIndex, want[i]);
  assert_true(info.orderByConsumed && info.estimatedRows == 1000);
  all[RUN].usable = 0;
  info.idxNum = 0;
  assert_int_equal(pl_vtab_best_index(&info, 2, 1000000), SQLITE_OK);
  assert_true(!info.orderByConsumed && info.estimatedRows == 10000);
  all[SERIES].op = SQLITE_INDEX_CONSTRAINT_GT;
  info.idxNum = 0;
  assert_int_equal(pl_vtab_best_index(&info, 2, 1000000), SQLITE_OK);
  assert_true(info.idxNum == (PL_VTAB_FROM(2) | PL_VTAB_TO(2)) && info.estimatedRows == 1000000);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(rows_have_numbers_of_their_own_cursor), cmocka_unit_test(an_error_is_told_in_our_words),
                                     cmocka_unit_test(views_of_anybody_may_read_it), cmocka_unit_test(columns_that_are_none_are_refused),
                                     cmocka_unit_test(conditions_become_arguments)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
