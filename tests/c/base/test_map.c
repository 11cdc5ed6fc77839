/* Interning: dense ids, a limit, keys that stay. */
#include "base/map.h"

#include <stdio.h>

#include "support/failing.h"

static void ids_are_dense_and_stable(void **state)
{
  pl_intern *m = pl_intern_new(&pl_alloc_default, 10000);
  char key[32];
  (void)state;
  for (int i = 0; i < 5000; i++) {
    int n = snprintf(key, sizeof key, "key %d", i);
    assert_int_equal(pl_intern_id(m, (pl_str){key, (size_t)n}), i);
  }
  assert_int_equal(pl_intern_count(m), 5000);
  assert_int_equal(pl_intern_id(m, PL_STR("key 17")), 17);
  assert_int_equal(pl_intern_find(m, PL_STR("key 4999")), 4999);
  assert_int_equal(pl_intern_find(m, PL_STR("none")), -1);
  assert_string_equal(pl_intern_key(m, 1234).data, "key 1234");
  assert_int_equal(pl_intern_id(m, (pl_str){"a\0b", 3}), 5000);
  assert_int_equal(pl_intern_find(m, (pl_str){"a\0c", 3}), -1);
  pl_intern_free(m);
}

static void it_takes_no_more_than_its_limit(void **state)
{
  pl_intern *m = pl_intern_new(&pl_alloc_default, 2);
  (void)state;
  assert_int_equal(pl_intern_id(m, PL_STR("a")), 0);
  assert_int_equal(pl_intern_id(m, PL_STR("b")), 1);
  assert_int_equal(pl_intern_id(m, PL_STR("c")), PL_ELIMIT);
  assert_int_equal(pl_intern_id(m, PL_STR("b")), 1);
  pl_intern_free(m);
}

static int grow(const pl_allocator *a, void *user)
{
  char key[16];
  (void)user;
  pl_intern *m = pl_intern_new(a, 1000);
  if (!m)
    return PL_ENOMEM;
  int code = PL_OK;
  for (int i = 0; i < 300 && !code; i++) {
    int n = snprintf(key, sizeof key, "%d", i);
    int64_t id = pl_intern_id(m, (pl_str){key, (size_t)n});
    code = id < 0 ? (int)id : PL_OK;
  }
  pl_intern_free(m);
  return code;
}

static void no_memory_leaks_nothing(void **state)
{
  (void)state;
  failing_every(grow, NULL, 1000);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(ids_are_dense_and_stable), cmocka_unit_test(it_takes_no_more_than_its_limit),
                                     cmocka_unit_test(no_memory_leaks_nothing)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
