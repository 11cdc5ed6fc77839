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

static void arrays_reach_further_and_keep_what_they_hold(void **state)
{
  failing f;
  int *list = NULL;
  size_t cap = 0;
  (void)state;
  failing_init(&f, 0);
  for (int i = 0; i < 100; i++) {
    assert_true(pl_reach(&f.allocator, (void **)&list, &cap, (size_t)i, sizeof *list));
    assert_int_equal(list[i], 0);
    list[i] = i + 1;
  }
  assert_true(cap == 128 && f.live == cap * sizeof *list && f.calls == 5);
  assert_true(pl_reach(&f.allocator, (void **)&list, &cap, 1000, sizeof *list));
  assert_true(cap == 1024 && list[99] == 100 && list[100] == 0 && list[1000] == 0);
  f.fail_at = f.calls + 1;
  assert_false(pl_reach(&f.allocator, (void **)&list, &cap, 5000, sizeof *list));
  assert_false(pl_reach(&pl_alloc_default, (void **)&list, &cap, SIZE_MAX / 2, sizeof *list));
  assert_true(cap == 1024 && list[99] == 100);
  pl_free(&f.allocator, list, cap * sizeof *list);
  assert_int_equal(f.live, 0);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(arrays_reach_further_and_keep_what_they_hold), cmocka_unit_test(zeroed_memory_refuses_overflow), cmocka_unit_test(strings_are_copied_and_given_back_whole)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
