/* A connection: fields by name, rows until the caller has enough, named operations of one kind. */
#include "store/connection.h"

#include <string.h>

#include "support/failing.h"

static int open_memory(void **state)
{
  static pl_connection c;
  assert_int_equal(pl_connection_open(&c, &pl_alloc_default, ":memory:", SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, false, NULL), PL_OK);
  *state = &c;
  return 0;
}

static int close_memory(void **state)
{
  pl_connection_close(*state);
  return 0;
}

static sqlite3_stmt *prepare(pl_connection *c, const char *sql)
{
  sqlite3_stmt *stmt;
  assert_int_equal(sqlite3_prepare_v2(c->db, sql, -1, &stmt, NULL), SQLITE_OK);
  return stmt;
}

static int check_types(void *user, const pl_field *f, size_t n)
{
  ++*(int *)user;
  assert_int_equal(n, 5);
  assert_string_equal(f[0].name, "i");
  assert_true(f[0].type == PL_FIELD_INT && f[0].integer == INT64_MIN);
  assert_true(f[1].type == PL_FIELD_DOUBLE && f[1].number == 0.5);
  assert_true(f[2].type == PL_FIELD_TEXT && pl_str_eqc(f[2].bytes, "text"));
  assert_true(f[3].type == PL_FIELD_BLOB && f[3].bytes.len == 3 && memcmp(f[3].bytes.data, "a\0b", 3) == 0);
  assert_int_equal(f[4].type, PL_FIELD_NULL);
  return 0;
}

static void every_type_comes_back(void **state)
{
  int rows = 0;
  sqlite3_stmt *stmt = prepare(*state, "SELECT :i AS i, :d AS d, :t AS t, :b AS b, :n AS n");
  pl_field fields[] = {{.name = "n", .type = PL_FIELD_NULL},
                       {.name = "b", .type = PL_FIELD_BLOB, .bytes = {"a\0b", 3}},
                       {.name = "t", .type = PL_FIELD_TEXT, .bytes = PL_STR("text")},
                       {.name = "d", .type = PL_FIELD_DOUBLE, .number = 0.5},
                       {.name = "i", .type = PL_FIELD_INT, .integer = INT64_MIN}};
  assert_int_equal(pl_connection_bind(*state, stmt, fields, 5, "test", NULL), PL_OK);
  assert_int_equal(pl_connection_rows(*state, stmt, check_types, &rows, "test", NULL), PL_OK);
  assert_int_equal(rows, 1);
  sqlite3_finalize(stmt);
}

static int is_null(void *user, const pl_field *f, size_t n)
{
  *(bool *)user = n == 1 && f[0].type == PL_FIELD_NULL;
  return 0;
}

/* A value of the last time does not come again. */
static void missing_fields_are_null(void **state)
{
  bool null = false;
  sqlite3_stmt *stmt = prepare(*state, "SELECT :a");
  pl_field a = {.name = "a", .type = PL_FIELD_INT, .integer = 1};
  assert_int_equal(pl_connection_bind(*state, stmt, &a, 1, "test", NULL), PL_OK);
  assert_int_equal(pl_connection_bind(*state, stmt, NULL, 0, "test", NULL), PL_OK);
  assert_int_equal(pl_connection_rows(*state, stmt, is_null, &null, "test", NULL), PL_OK);
  assert_true(null);
  sqlite3_finalize(stmt);
}

static void unknown_fields_are_refused(void **state)
{
  char name[100];
  pl_error unknown = {0}, longer = {0};
  sqlite3_stmt *stmt = prepare(*state, "SELECT :a");
  pl_field b = {.name = "b", .type = PL_FIELD_NULL}, c = {.name = name, .type = PL_FIELD_NULL};
  memset(name, 'c', sizeof name - 1);
  name[sizeof name - 1] = '\0';
  assert_int_equal(pl_connection_bind(*state, stmt, &b, 1, "test", &unknown), PL_EINVAL);
  assert_string_equal(unknown.message, "test: there is no field b");
  assert_int_equal(pl_connection_bind(*state, stmt, &c, 1, "test", &longer), PL_EINVAL);
  sqlite3_finalize(stmt);
}

typedef struct stopper {
  int rows, stop_at, code;
} stopper;

static int stop_there(void *user, const pl_field *f, size_t n)
{
  stopper *s = user;
  (void)f;
  (void)n;
  return ++s->rows == s->stop_at ? s->code : 0;
}

/* The row behind the last one wanted is not computed: here it would be an error. */
static void rows_until_enough(void **state)
{
  static const char numbers[] = "WITH RECURSIVE t(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM t)"
                                " SELECT CASE WHEN x < 3 THEN x ELSE abs(-9223372036854775808) END FROM t LIMIT 5";
  stopper enough = {.stop_at = 2, .code = 1}, failed = {.stop_at = 1, .code = PL_ENOMEM}, all = {.stop_at = 99};
  pl_error err = {0};
  sqlite3_stmt *stmt = prepare(*state, numbers);
  assert_int_equal(pl_connection_rows(*state, stmt, stop_there, &enough, "test", NULL), PL_OK);
  assert_int_equal(enough.rows, 2);
  assert_int_equal(pl_connection_rows(*state, stmt, stop_there, &failed, "test", NULL), PL_ENOMEM);
  assert_int_equal(failed.rows, 1);
  assert_true(pl_connection_rows(*state, stmt, stop_there, &all, "test", &err) < 0);
  assert_non_null(strstr(err.message, "integer overflow"));
  sqlite3_finalize(stmt);
}

static void too_many_columns(void **state)
{
  char sql[400] = "SELECT 0";
  pl_error err = {0};
  for (int i = 1; i <= 128; i++)
    strcat(sql, ",0");
  sqlite3_stmt *stmt = prepare(*state, sql);
  assert_int_equal(pl_connection_rows(*state, stmt, NULL, NULL, "test", &err), PL_ELIMIT);
  sqlite3_finalize(stmt);
}

static void an_operation_is_of_its_kind(void **state)
{
  sqlite3_stmt *stmt = NULL;
  pl_error unknown = {0}, other = {0}, schema = {0};
  assert_int_equal(pl_connection_record(*state, "no_such", false, &stmt, &unknown), PL_EINVAL);
  assert_int_equal(pl_connection_record(*state, "run_begin", false, &stmt, &other), PL_EINVAL);
  assert_string_equal(other.message, "there is no reading operation run_begin");
  assert_true(pl_connection_record(*state, "run_begin", true, &stmt, &schema) < 0); /* the database has no tables */
  assert_null(stmt);
}

static int open_and_close(const pl_allocator *a, void *user)
{
  pl_connection c;
  (void)user;
  int code = pl_connection_open(&c, a, ":memory:", SQLITE_OPEN_READWRITE, false, NULL);
  if (!code)
    pl_connection_close(&c);
  return code;
}

static void opening_fails_cleanly(void **state)
{
  pl_connection c;
  pl_error err = {0};
  (void)state;
  assert_int_equal(pl_connection_open(&c, &pl_alloc_default, "/no/such/folder/t.db", SQLITE_OPEN_READWRITE, false, &err), PL_EACCES);
  assert_non_null(strstr(err.message, "/no/such/folder/t.db"));
  failing_every(open_and_close, NULL, 10);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_memory, close_memory)
  const struct CMUnitTest tests[] = {TEST(every_type_comes_back), TEST(missing_fields_are_null), TEST(unknown_fields_are_refused),
                                     TEST(rows_until_enough), TEST(too_many_columns), TEST(an_operation_is_of_its_kind),
                                     TEST(opening_fails_cleanly)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
