/* Words of scripts as batches of statements: what is sent, what is refused, request names. */
#include "load/modules/sql_operation.h"

#include <stdio.h>
#include <string.h>

#include "support/failing.h"

static pl_sql_operation op;
static pl_error err;

static int set_up(void **state)
{
  (void)state;
  pl_sql_operation_init(&op, &pl_alloc_default);
  err = (pl_error){0};
  return 0;
}

static int tear_down(void **state)
{
  (void)state;
  pl_sql_operation_fini(&op);
  return 0;
}

static pl_tree text(const char *s)
{
  return pl_tree_text(pl_str_of(s));
}

static pl_tree list(pl_tree *items, size_t n)
{
  return (pl_tree){.kind = PL_TREE_LIST, .n = n, .as.items = items};
}

static int read(const char *word, pl_tree *items, size_t n)
{
  pl_tree args = list(items, n), none = {.kind = PL_TREE_MAP};
  err = (pl_error){0};
  return pl_sql_operation_read(&op, pl_str_of(word), &args, &none, &err);
}

/* The statement that begin becomes with these options; NULL: it is refused. */
static const char *begun(pl_tree *pairs, size_t n)
{
  pl_tree args = list(NULL, 0), named = {.kind = PL_TREE_MAP, .n = n, .as.items = pairs};
  err = (pl_error){0};
  return pl_sql_operation_read(&op, PL_STR("begin"), &args, &named, &err) ? NULL : op.batch[0].text;
}

static void each_word_is_a_batch(void **state)
{
  pl_tree query[] = {text("select $1"), pl_tree_integer(7)}, prepare[] = {text("by_id"), text("select 1")};
  (void)state;
  assert_int_equal(read("query", query, 2), PL_OK);
  assert_true(op.word == PL_SQL_QUERY && op.n == 1 && !op.pipelined);
  assert_string_equal(op.batch[0].text, "select $1");
  assert_string_equal(op.batch[0].values[0], "7");
  assert_int_equal(read("prepare", prepare, 2), PL_OK);
  assert_true(op.word == PL_SQL_PREPARE && op.n == 1);
  assert_string_equal(op.batch[0].text, "by_id");
  assert_string_equal(op.batch[0].values[0], "select 1");
  assert_int_equal(read("rollback", NULL, 0), PL_OK);
  assert_string_equal(op.batch[0].text, "rollback");
}

/* A list of statements, or the statements themselves. */
static void pipelines(void **state)
{
  pl_tree one[] = {text("insert into t values ($1)"), pl_tree_integer(1)}, two[] = {text("select 2")};
  pl_tree statements[] = {list(one, 2), list(two, 1)}, nested[] = {list(statements, 2)};
  (void)state;
  for (int i = 0; i < 2; i++) {
    assert_int_equal(read("pipeline", i ? nested : statements, i ? 1 : 2), PL_OK);
    assert_true(op.n == 2 && op.pipelined);
    assert_int_equal(op.batch[0].n, 1);
    assert_string_equal(op.batch[1].text, "select 2");
  }
  assert_int_equal(read("query", two, 1), PL_OK);
  assert_true(op.n == 1 && !op.pipelined);
}

static void transactions(void **state)
{
  pl_tree pairs[] = {text("isolation"), text("repeatable read"), text("read_only"), pl_tree_boolean(true)};
  pl_tree chaos[] = {text("isolation"), text("chaos")}, number[] = {text("isolation"), pl_tree_integer(3)}, yes[] = {text("read_only"), text("yes")};
  (void)state;
  assert_string_equal(begun(NULL, 0), "begin");
  assert_string_equal(begun(pairs, 1), "begin isolation level repeatable read");
  assert_string_equal(begun(pairs, 2), "begin isolation level repeatable read read only");
  assert_string_equal(begun(pairs + 2, 1), "begin read only");
  assert_null(begun(chaos, 1));
  assert_non_null(strstr(err.message, "serializable"));
  assert_null(begun(number, 1));
  assert_null(begun(yes, 1));
}

static const char *label(const char *word, pl_tree *items, size_t n)
{
  static char out[64];
  assert_int_equal(read(word, items, n), PL_OK);
  pl_sql_operation_label(&op, out, sizeof out);
  return out;
}

static void request_names(void **state)
{
  pl_tree select[] = {text(" \n(select 1)")}, one[] = {text("vacuum;")}, two[] = {text("by_id"), text("select 1")}, all[] = {list(select, 1)};
  pl_tree far[] = {text("a_name_that_is_longer_than_what_is_kept_of_it")};
  (void)state;
  assert_string_equal(label("query", select, 1), "sql SELECT");
  assert_string_equal(label("query", one, 1), "sql VACUUM");
  assert_string_equal(label("execute", two, 1), "sql by_id");
  assert_string_equal(label("execute", far, 1), "sql a_name_that_is_longer_than_what_is_kept_");
  assert_string_equal(label("prepare", two, 2), "sql prepare");
  assert_string_equal(label("pipeline", all, 1), "sql pipeline");
  assert_string_equal(label("begin", NULL, 0), "sql begin");
  assert_string_equal(label("commit", NULL, 0), "sql commit");
}

static void misuse(void **state)
{
  static pl_tree many[10001];
  pl_tree nul = pl_tree_text((pl_str){"a\0b", 3}), number[] = {pl_tree_integer(1)};
  pl_tree with_nul[] = {text("select $1"), nul}, nested[] = {text("select $1"), list(NULL, 0)}, name_only[] = {text("by_id"), pl_tree_integer(1)};
  pl_tree one[] = {text("select 1")}, mixed[] = {list(one, 1), text("select 2")};
  (void)state;
  assert_int_equal(read("query", NULL, 0), PL_EINVAL);
  assert_int_equal(read("query", number, 1), PL_EINVAL);
  assert_int_equal(read("query", with_nul, 2), PL_EINVAL);
  assert_int_equal(read("query", nested, 2), PL_EINVAL);
  assert_int_equal(read("prepare", name_only, 1), PL_EINVAL);
  assert_int_equal(read("prepare", name_only, 2), PL_EINVAL);
  assert_int_equal(read("pipeline", NULL, 0), PL_EINVAL);
  assert_int_equal(read("pipeline", mixed, 2), PL_EINVAL);
  assert_non_null(strstr(err.message, "statement 2 of the pipeline"));
  for (size_t i = 0; i < sizeof many / sizeof *many; i++)
    many[i] = list(one, 1);
  assert_int_equal(read("pipeline", many, 10000), PL_OK);
  assert_int_equal(read("pipeline", many, 10001), PL_EINVAL);
}

static int read_with(const pl_allocator *a, void *user)
{
  pl_tree query[] = {text("select $1"), pl_tree_integer(7)}, args = list(query, 2), none = {.kind = PL_TREE_MAP};
  pl_sql_operation o;
  (void)user;
  pl_sql_operation_init(&o, a);
  int code = pl_sql_operation_read(&o, PL_STR("query"), &args, &none, NULL);
  pl_sql_operation_fini(&o);
  return code;
}

static void without_memory(void **state)
{
  (void)state;
  failing_every(read_with, NULL, 10);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(each_word_is_a_batch, set_up, tear_down),
      cmocka_unit_test_setup_teardown(pipelines, set_up, tear_down),
      cmocka_unit_test_setup_teardown(transactions, set_up, tear_down),
      cmocka_unit_test_setup_teardown(request_names, set_up, tear_down),
      cmocka_unit_test_setup_teardown(misuse, set_up, tear_down),
      cmocka_unit_test(without_memory),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
