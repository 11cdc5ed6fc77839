/* Allocation through an allocator: overflow, counting, limits. */
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

static void counting_keeps_to_its_limit(void **state)
{
  pl_counting c;
  (void)state;
  pl_counting_init(&c, &pl_alloc_default, 100);
  void *a = pl_alloc(&c.allocator, 60);
  assert_non_null(a);
  assert_null(pl_alloc(&c.allocator, 41));
  void *b = pl_alloc(&c.allocator, 40);
  assert_non_null(b);
  assert_int_equal(c.used, 100);
  a = pl_realloc(&c.allocator, a, 60, 10); /* shrinking never fails */
  assert_non_null(a);
  assert_int_equal(c.used, 50);
  assert_null(pl_realloc(&c.allocator, a, 10, 61));
  pl_free(&c.allocator, a, 10);
  pl_free(&c.allocator, b, 40);
  assert_int_equal(c.used, 0);
  assert_int_equal(c.peak, 100);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(zeroed_memory_refuses_overflow), cmocka_unit_test(strings_are_copied_and_given_back_whole),
                                     cmocka_unit_test(counting_keeps_to_its_limit)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
