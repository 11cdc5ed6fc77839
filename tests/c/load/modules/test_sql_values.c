/* Parameters as libpq takes them, and rows of results that libpq makes for us, without a server. */
#include "load/modules/sql_values.h"

#include <math.h>
#include <string.h>

#include "support/failing.h"

static void open_arena(pl_arena *arena)
{
  pl_arena_init(arena, &pl_alloc_default, 1 << 20);
}

static void parameters(void **state)
{
  pl_arena arena;
  pl_sql_statement s;
  pl_tree bytes[] = {pl_tree_text(PL_STR("bytes")), pl_tree_text(PL_STR("a\0b"))};
  pl_tree parts[] = {pl_tree_text(PL_STR("select $1")), pl_tree_integer(7), {.kind = PL_TREE_NIL}, {.kind = PL_TREE_MAP, .n = 1, .as.items = bytes}};
  (void)state;
  open_arena(&arena);
  assert_int_equal(pl_sql_read(parts, 4, &arena, &s, NULL), PL_OK);
  assert_string_equal(s.text, "select $1");
  assert_int_equal(s.n, 3);
  assert_string_equal(s.values[0], "7");
  assert_null(s.values[1]);
  assert_int_equal(s.lengths[2], 3);
  assert_int_equal(s.formats[2], 1);
  assert_memory_equal(s.values[2], "a\0b", 3);
  pl_arena_fini(&arena);
}

static void what_is_no_statement(void **state)
{
  pl_arena arena;
  pl_sql_statement s;
  pl_tree number = pl_tree_integer(1), nul = pl_tree_text(PL_STR("a\0b"));
  pl_tree list[] = {pl_tree_text(PL_STR("x")), {.kind = PL_TREE_LIST}}, text[] = {pl_tree_text(PL_STR("x")), nul};
  pl_error err = {0};
  (void)state;
  open_arena(&arena);
  assert_int_equal(pl_sql_read(NULL, 0, &arena, &s, NULL), PL_EINVAL);
  assert_int_equal(pl_sql_read(&number, 1, &arena, &s, NULL), PL_EINVAL);
  assert_int_equal(pl_sql_read(&nul, 1, &arena, &s, NULL), PL_EINVAL);
  assert_int_equal(pl_sql_read(list, 2, &arena, &s, &err), PL_EINVAL);
  assert_non_null(strstr(err.message, "$1"));
  assert_int_equal(pl_sql_read(text, 2, &arena, &s, NULL), PL_EINVAL);
  pl_arena_fini(&arena);
}

static int read_with(const pl_allocator *a, void *user)
{
  pl_tree parts[] = {pl_tree_text(PL_STR("select $1")), pl_tree_text(PL_STR("x"))};
  pl_sql_statement s;
  pl_arena arena;
  (void)user;
  pl_arena_init(&arena, a, 1 << 20);
  int code = pl_sql_read(parts, 2, &arena, &s, NULL);
  pl_arena_fini(&arena);
  return code;
}

/* What has no room is no misuse. */
static void without_memory(void **state)
{
  static char long_text[2000];
  pl_tree parts[] = {pl_tree_text(PL_STR("select $1")), pl_tree_text((pl_str){memset(long_text, 'x', sizeof long_text), sizeof long_text})};
  pl_sql_statement s;
  pl_error err = {0};
  pl_arena arena;
  (void)state;
  failing_every(read_with, NULL, 10);
  pl_arena_init(&arena, &pl_alloc_default, sizeof long_text);
  assert_int_equal(pl_sql_read(parts, 2, &arena, &s, &err), PL_ENOMEM);
  assert_non_null(strstr(err.message, "parameter $1"));
  pl_arena_fini(&arena);
}

/* A result of one row with a column of each type. */
static PGresult *one_row(const Oid *types, const char *const *values, int n)
{
  PGresult *r = PQmakeEmptyPGresult(NULL, PGRES_TUPLES_OK);
  PGresAttDesc columns[8];
  char name[8][2] = {"a", "b", "c", "d", "e", "f", "g", "h"};
  assert_non_null(r);
  memset(columns, 0, sizeof columns);
  for (int i = 0; i < n; i++)
    columns[i] = (PGresAttDesc){.name = name[i], .typid = types[i], .typlen = -1};
  assert_int_equal(PQsetResultAttrs(r, n, columns), 1);
  for (int i = 0; i < n; i++) {
    char text[32];
    (void)pl_copy(text, sizeof text, pl_str_of(values[i] ? values[i] : ""));
    assert_int_equal(PQsetvalue(r, 0, i, values[i] ? text : NULL, values[i] ? (int)strlen(text) : -1), 1);
  }
  return r;
}

static const pl_tree *field(const pl_sql_rows *rows, const char *name)
{
  return pl_tree_get(&rows->list.as.items[rows->list.n - 1], name);
}

static void rows_have_values_of_their_types(void **state)
{
  static const Oid types[] = {16, 20, 701, 701, 17, 1700, 25};
  static const char *const values[] = {"t", "-9007199254740993", "1.5", "NaN", "\\x0a1b", "0.10", NULL};
  pl_arena arena;
  pl_sql_rows rows = {0};
  (void)state;
  open_arena(&arena);
  PGresult *r = one_row(types, values, 7);
  for (size_t i = 1; i <= 3; i++) { /* a result in pieces */
    assert_int_equal(pl_sql_add_rows(&rows, r, &arena), PL_OK);
    assert_int_equal(rows.list.n, i);
  }
  PQclear(r);
  assert_int_equal(field(&rows, "a")->kind, pl_tree_boolean(true).kind);
  assert_int_equal(field(&rows, "b")->as.integer, -9007199254740993);
  assert_true(field(&rows, "c")->as.number == 1.5);
  assert_true(isnan(field(&rows, "d")->as.number));
  assert_true(pl_str_eqc(field(&rows, "e")->as.string, "\n\x1b"));
  assert_true(pl_str_eqc(field(&rows, "f")->as.string, "0.10"));
  assert_null(field(&rows, "g"));
  pl_arena_fini(&arena);
}

static void bytes_that_are_none_stay_text(void **state)
{
  static const Oid type = 17;
  static const char *const value = "\\x0a1g";
  pl_arena arena;
  pl_sql_rows rows = {0};
  (void)state;
  open_arena(&arena);
  PGresult *r = one_row(&type, &value, 1);
  assert_int_equal(pl_sql_add_rows(&rows, r, &arena), PL_OK);
  PQclear(r);
  assert_true(pl_str_eqc(field(&rows, "a")->as.string, "\\x0a1g"));
  pl_arena_fini(&arena);
}

static void a_full_arena(void **state)
{
  static const Oid type = 25;
  static const char *const value = "text";
  pl_arena arena;
  pl_sql_rows rows = {0};
  (void)state;
  pl_arena_init(&arena, &pl_alloc_default, 4096);
  PGresult *r = one_row(&type, &value, 1);
  int code = PL_OK;
  for (int i = 0; i < 1000 && !code; i++)
    code = pl_sql_add_rows(&rows, r, &arena);
  assert_int_equal(code, PL_ENOMEM);
  PQclear(r);
  pl_arena_fini(&arena);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(parameters),
      cmocka_unit_test(what_is_no_statement),
      cmocka_unit_test(without_memory),
      cmocka_unit_test(rows_have_values_of_their_types),
      cmocka_unit_test(bytes_that_are_none_stay_text),
      cmocka_unit_test(a_full_arena),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
