/* What plain bytes are expected to be: where it ends, and what nobody can expect. */
#include "load/modules/expect.h"

#include <string.h>

#include "support/failing.h"

static int set(pl_expect *e, const char *name, pl_tree value, pl_error *err)
{
  pl_tree pair[] = {pl_tree_text(pl_str_of(name)), value};
  return pl_expect_set(e, &(pl_tree){.kind = PL_TREE_MAP, .n = 1, .as.items = pair}, "tcp", err);
}

/* Where it ends in bytes, and how much of that is the value. */
static void check(pl_expect *e, const char *bytes, size_t end, size_t value)
{
  pl_buf received;
  size_t value_len = 0;
  pl_buf_init(&received, &pl_alloc_default, 100);
  assert_int_equal(pl_buf_adds(&received, bytes), PL_OK);
  assert_int_equal(pl_expect_end(e, &received, &value_len), end);
  if (end)
    assert_int_equal(value_len, value);
  pl_buf_fini(&received);
}

static void each_kind_ends_where_it_should(void **state)
{
  (void)state;
  pl_expect e = {0};
  check(&e, "", 0, 0);
  check(&e, "any", 3, 3);
  assert_int_equal(set(&e, "bytes", pl_tree_integer(4), NULL), PL_OK);
  check(&e, "abc", 0, 0);
  check(&e, "abcdef", 4, 4);
  assert_int_equal(set(&e, "delimiter", pl_tree_text(PL_STR("\r\n")), NULL), PL_OK);
  check(&e, "one\r", 0, 0);
  check(&e, "one\r\ntwo", 5, 3);
  assert_int_equal(set(&e, "pattern", pl_tree_text(PL_STR("P[AO]NG")), NULL), PL_OK);
  check(&e, "PIN", 0, 0);
  check(&e, "xxPONGyy", 6, 6);
  assert_int_equal(set(&e, "until_close", pl_tree_boolean(true), NULL), PL_OK);
  check(&e, "all of it", 0, 0);
  assert_int_equal(e.kind, PL_EXPECT_CLOSE);
  pl_expect_fini(&e);
}

static void what_is_wrong_is_said(void **state)
{
  (void)state;
  pl_expect e = {0};
  pl_error err = {0};
  pl_tree both[] = {pl_tree_text(PL_STR("bytes")), pl_tree_integer(1), pl_tree_text(PL_STR("pattern")), pl_tree_text(PL_STR("x"))};
  assert_int_equal(pl_expect_set(&e, &(pl_tree){.kind = PL_TREE_MAP, .n = 2, .as.items = both}, "tcp", &err), PL_EINVAL);
  assert_non_null(strstr(err.message, "tcp: bytes, delimiter, pattern and until_close exclude each other"));
  assert_int_equal(set(&e, "bytes", pl_tree_integer(-1), NULL), PL_EINVAL);
  assert_int_equal(set(&e, "bytes", pl_tree_integer(0), NULL), PL_EINVAL);
  assert_int_equal(set(&e, "bytes", pl_tree_text(PL_STR("4")), NULL), PL_EINVAL);
  assert_int_equal(set(&e, "bytes", pl_tree_number(1.5), NULL), PL_EINVAL);
  assert_int_equal(set(&e, "bytes", pl_tree_number(8), NULL), PL_OK);
  assert_int_equal(set(&e, "delimiter", pl_tree_integer(10), NULL), PL_EINVAL);
  assert_int_equal(set(&e, "delimiter", pl_tree_text(PL_STR("")), NULL), PL_EINVAL);
  assert_int_equal(set(&e, "pattern", pl_tree_boolean(true), NULL), PL_EINVAL);
  assert_int_equal(set(&e, "until_close", pl_tree_text(PL_STR("yes")), NULL), PL_EINVAL);
  assert_int_equal(set(&e, "pattern", pl_tree_text((pl_str){"a\0b", 3}), NULL), PL_EINVAL);
  err = (pl_error){0};
  assert_int_equal(set(&e, "pattern", pl_tree_text(PL_STR("(")), &err), PL_EINVAL);
  assert_non_null(strstr(err.message, "tcp: pattern \"(\": "));
  pl_expect_fini(&e);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(each_kind_ends_where_it_should), cmocka_unit_test(what_is_wrong_is_said)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
