/* Queries on files of other programs. */
#include "store/foreign.h"

#include <stdio.h>
#include <sqlite3.h>
#include <string.h>

#include "base/str.h"
#include "support/failing.h"
#include "support/temporary.h"

typedef struct fixture {
  temporary t;
  char path[160];
} fixture;

static void make(fixture *f)
{
  sqlite3 *db;
  temporary_open(&f->t);
  int n = snprintf(f->path, sizeof f->path, "%s/shop.db", f->t.folder);
  assert_true(n > 0);
  assert_int_equal(sqlite3_open(f->path, &db), SQLITE_OK);
  assert_int_equal(sqlite3_exec(db, "CREATE TABLE people (name TEXT, age INT, note TEXT); INSERT INTO people VALUES ('ada', 36, NULL), ('bob', 1.5, 'x')", NULL, NULL, NULL), SQLITE_OK);
  sqlite3_close(db);
}

typedef struct seen {
  char names[64];
  unsigned rows;
  int stop;
} seen;

static int add(void *user, const pl_field *fields, size_t n)
{
  seen *s = user;
  assert_int_equal(n, 3);
  assert_string_equal(fields[0].name, "name");
  assert_int_equal(fields[0].type, PL_FIELD_TEXT);
  assert_int_equal(fields[1].type, s->rows ? PL_FIELD_DOUBLE : PL_FIELD_INT);
  assert_int_equal(fields[2].type, s->rows ? PL_FIELD_TEXT : PL_FIELD_NULL);
  size_t len = strlen(s->names);
  assert_true(pl_copy(s->names + len, sizeof s->names - len, fields[0].bytes));
  s->rows++;
  return s->stop;
}

static void rows_of_a_query(void **state)
{
  fixture f;
  seen s = {.names = ""};
  pl_error err = {0};
  (void)state;
  make(&f);
  if (pl_foreign_rows(&pl_alloc_default, f.path, PL_STR("SELECT * FROM people ORDER BY name;\n"), add, &s, &err))
    fail_msg("%s", err.message);
  assert_string_equal(s.names, "adabob");
  s = (seen){.stop = PL_ELIMIT};
  assert_int_equal(pl_foreign_rows(&pl_alloc_default, f.path, PL_STR("SELECT * FROM people"), add, &s, NULL), PL_ELIMIT);
  assert_int_equal(s.rows, 1);
  temporary_close(&f.t);
}

static void what_is_refused(void **state)
{
  static const char *const wrong[] = {"", "DELETE FROM people", "SELECT 1; SELECT 2", "CREATE TEMP TABLE t (a)", "SELECT nothing FROM people", "ATTACH '/etc/passwd' AS x"};
  fixture f;
  pl_error err = {0};
  char text[160];
  (void)state;
  make(&f);
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
    assert_true(pl_foreign_rows(&pl_alloc_default, f.path, pl_str_of(wrong[i]), add, NULL, NULL) < 0);
  (void)temporary_file(&f.t, "people.csv", "name,age\nada,36\nbob,35\nand more text than a database's header has, so that it can be no empty one\n", text, sizeof text);
  assert_int_equal(pl_foreign_rows(&pl_alloc_default, text, PL_STR("SELECT 1 FROM people"), add, NULL, &err), PL_EFOREIGN);
  assert_int_equal(pl_foreign_rows(&pl_alloc_default, "/nowhere/x.db", PL_STR("SELECT 1"), add, NULL, NULL) < 0, 1);
  temporary_close(&f.t);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(rows_of_a_query),
      cmocka_unit_test(what_is_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
