/* Allocation through an allocator: overflow, copies. */
#include "base/alloc.h"

#include <stdint.h>
#include <string.h>

#include "support/failing.h"

static void zeroed_memory_refuses_overflow(void **state)
{
  (void)state;
  assert_null(pl_alloc_zero(&pl_alloc_default, SIZE_MAX / 2, 3));
  assert_null(pl_alloc_zero(&pl_alloc_default, 0, 8));
  unsigned char *p = pl_alloc_zero(&pl_alloc_default, 16, 4);
  for (int i = 0; i < 64; i++)
    assert_int_equal(p[i], 0);
  pl_free(&pl_alloc_default, p, 64);
}

static void strings_are_copied_and_given_back_whole(void **state)
{
  failing f;
  (void)state;
  failing_init(&f, 0);
  char *copy = pl_strndup(&f.allocator, "abcdef", 3);
  assert_string_equal(copy, "abc");
  assert_int_equal(f.live, 4);
  pl_strfree(&f.allocator, copy);
  pl_strfree(&f.allocator, NULL);
  assert_int_equal(f.live, 0);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(zeroed_memory_refuses_overflow), cmocka_unit_test(strings_are_copied_and_given_back_whole)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
