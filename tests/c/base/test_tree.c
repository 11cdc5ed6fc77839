/* Trees of values and the arena below them. */
#include "base/tree.h"

#include <string.h>

#include "support/failing.h"

static void arena_gives_zeroed_aligned_pieces(void **state)
{
  pl_arena a;
  (void)state;
  pl_arena_init(&a, &pl_alloc_default, 1 << 20);
  for (size_t n = 1; n < 3000; n += 7) {
    char *piece = pl_arena_take(&a, n);
    assert_non_null(piece);
    assert_int_equal((uintptr_t)piece % sizeof(void *), 0);
    for (size_t i = 0; i < n; i++)
      assert_int_equal(piece[i], 0);
    memset(piece, 0x5a, n);
  }
  pl_arena_reset(&a);
  char *again = pl_arena_take(&a, 100);
  assert_non_null(again);
  assert_int_equal(again[0], 0);
  pl_arena_fini(&a);
}

static void arena_holds_at_most_max(void **state)
{
  pl_arena a;
  size_t taken = 0;
  (void)state;
  pl_arena_init(&a, &pl_alloc_default, 10000);
  assert_null(pl_arena_take(&a, 10001));
  while (pl_arena_take(&a, 100))
    taken += 100;
  assert_in_range(taken, 1000, 10000);
  pl_arena_reset(&a);
  assert_non_null(pl_arena_take(&a, 100));
  pl_tree v;
  assert_false(pl_tree_list(&a, &v, SIZE_MAX / 2));
  assert_false(pl_tree_map(&a, &v, SIZE_MAX));
  assert_int_equal(v.kind, PL_TREE_NIL);
  pl_arena_fini(&a);
}

static void maps_are_read_by_key(void **state)
{
  pl_arena a;
  pl_tree map, text;
  char scratch[32];
  (void)state;
  pl_arena_init(&a, &pl_alloc_default, 1 << 16);
  assert_true(pl_tree_map(&a, &map, 4));
  assert_true(pl_tree_string(&a, &text, PL_STR("v")));
  pl_tree_pair(&map, 0, "text", text);
  pl_tree_pair(&map, 1, "port", pl_tree_number(6379));
  pl_tree_pair(&map, 2, "on", pl_tree_boolean(true));
  pl_tree_pair(&map, 3, "none", (pl_tree){0});
  assert_true(pl_str_eqc(pl_tree_get_string(&map, "text", PL_STR("?")), "v"));
  assert_true(pl_str_eqc(pl_tree_get_string(&map, "port", PL_STR("?")), "?"));
  assert_int_equal(pl_tree_get_integer(&map, "port", 1), 6379);
  assert_int_equal(pl_tree_get_integer(&map, "text", 1), 1);
  assert_true(pl_tree_get_boolean(&map, "on", false));
  assert_null(pl_tree_get(&map, "none"));
  assert_null(pl_tree_get(&text, "text"));
  assert_null(pl_tree_get(NULL, "text"));
  assert_true(pl_str_eqc(pl_tree_as_text(pl_tree_get(&map, "port"), scratch), "6379"));
  assert_null(pl_tree_as_text(&map, scratch).data);
  pl_arena_fini(&a);
}

static int build(const pl_allocator *alloc, void *user)
{
  pl_arena a;
  pl_tree v;
  (void)user;
  pl_arena_init(&a, alloc, 1 << 20);
  bool ok = pl_tree_list(&a, &v, 100);
  assert_int_equal(v.kind, ok ? PL_TREE_LIST : PL_TREE_NIL);
  ok = ok && pl_tree_string(&a, &v, PL_STR("abc"));
  pl_arena_fini(&a);
  return ok ? 0 : PL_ENOMEM;
}

static void memory_may_fail(void **state)
{
  (void)state;
  failing_every(build, NULL, 10);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(arena_gives_zeroed_aligned_pieces), cmocka_unit_test(arena_holds_at_most_max),
      cmocka_unit_test(maps_are_read_by_key), cmocka_unit_test(memory_may_fail),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
