/* Errors: the first wins, layers put their operation in front, codes have names. */
#include "base/error.h"

#include <errno.h>
#include <string.h>

#include "support/failing.h"

static void the_first_error_wins(void **state)
{
  pl_error err = {0};
  (void)state;
  assert_int_equal(pl_fail(&err, PL_EINVAL, "no %s", "good"), PL_EINVAL);
  assert_int_equal(pl_fail(&err, PL_EIO, "later"), PL_EIO);
  assert_int_equal(err.code, PL_EINVAL);
  assert_string_equal(err.message, "no good");
  assert_int_equal(pl_fail_in(&err, "open %s", "x"), PL_EINVAL);
  assert_string_equal(err.message, "open x: no good");
  assert_int_equal(pl_fail(NULL, PL_EIO, "nobody listens"), PL_EIO);
}

static void system_errors_keep_their_number(void **state)
{
  pl_error err = {0};
  (void)state;
  assert_int_equal(pl_fail_sys(&err, PL_EACCES, EACCES, "read %s", "/x"), PL_EACCES);
  assert_int_equal(err.sys, EACCES);
  assert_string_equal(err.message, "read /x: Permission denied");
  assert_int_equal(pl_code_of_errno(ENOENT), PL_ENOENT);
  assert_int_equal(pl_code_of_errno(ENOSPC), PL_EFULL);
  assert_int_equal(pl_code_of_errno(12345), PL_EIO);
}

static void long_messages_are_cut(void **state)
{
  pl_error err = {0};
  char text[2 * PL_ERROR_MESSAGE_SIZE];
  (void)state;
  memset(text, 'x', sizeof text - 1);
  text[sizeof text - 1] = '\0';
  (void)pl_fail(&err, PL_EIO, "%s", text);
  assert_int_equal(strlen(err.message), PL_ERROR_MESSAGE_SIZE - 1);
  (void)pl_fail_in(&err, "where");
  assert_memory_equal(err.message, "where: xxx", 10);
}

static void every_code_has_a_name(void **state)
{
  (void)state;
  for (int code = -1; code > PL_E_LAST; code--)
    assert_string_not_equal(pl_code_name(code), "unknown");
  assert_string_equal(pl_code_name(-999), "unknown");
  assert_string_equal(pl_code_name(PL_ENOENT), "not_found");
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(the_first_error_wins), cmocka_unit_test(system_errors_keep_their_number),
                                     cmocka_unit_test(long_messages_are_cut), cmocka_unit_test(every_code_has_a_name)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
