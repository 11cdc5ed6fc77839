/* Memory that goes all at once: its limit, its alignment, its reset. */
#include "base/arena.h"

#include <stdint.h>
#include <string.h>

#include "perilune/error.h"
#include "support/failing.h"

static void pieces_are_zeroed_aligned_and_apart(void **state)
{
  (void)state;
  pl_arena a;
  pl_arena_init(&a, &pl_alloc_default, 1 << 20);
  char *before = NULL;
  for (size_t n = 0; n < 300; n++) {
    char *p = pl_arena_alloc(&a, n, 3);
    assert_non_null(p);
    assert_int_equal((uintptr_t)p % 16, 0);
    for (size_t i = 0; i < 3 * n; i++)
      assert_int_equal(p[i], 0);
    memset(p, 0xff, 3 * n);
    assert_true(n < 2 || p != before);
    before = p;
  }
  pl_arena_fini(&a);
}

static void the_maximum_holds(void **state)
{
  (void)state;
  pl_arena a;
  pl_arena_init(&a, &pl_alloc_default, 100000);
  assert_null(pl_arena_alloc(&a, 1, 100001));
  assert_null(pl_arena_alloc(&a, SIZE_MAX / 2, 4));
  assert_non_null(pl_arena_alloc(&a, 1, 90000));
  assert_null(pl_arena_alloc(&a, 1, 20000));
  assert_int_equal(a.bad, PL_ELIMIT);
  assert_null(pl_arena_copy(&a, (pl_str){"", SIZE_MAX}).data);
  pl_arena_fini(&a);
}

static void texts_are_copied_with_an_end(void **state)
{
  (void)state;
  pl_arena a;
  pl_arena_init(&a, &pl_alloc_default, 1 << 16);
  pl_str copy = pl_arena_copy(&a, PL_STR("name"));
  assert_string_equal(copy.data, "name");
  assert_int_equal(copy.len, 4);
  assert_string_equal(pl_arena_copy(&a, (pl_str){NULL, 0}).data, "");
  pl_arena_reset(&a);
  assert_string_equal(pl_arena_copy(&a, PL_STR("again")).data, "again");
  pl_arena_fini(&a);
}

static void memory_may_fail(void **state)
{
  (void)state;
  failing mem;
  pl_arena a;
  failing_init(&mem, 1);
  pl_arena_init(&a, &mem.allocator, 1000000);
  assert_null(pl_arena_alloc(&a, 1, 10));
  assert_int_equal(a.bad, PL_ENOMEM);
  pl_arena_fini(&a);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(pieces_are_zeroed_aligned_and_apart),
      cmocka_unit_test(the_maximum_holds),
      cmocka_unit_test(memory_may_fail),
      cmocka_unit_test(texts_are_copied_with_an_end),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
