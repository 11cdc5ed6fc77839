/* Buffers: growth, limit, badness. */
#include "base/buf.h"

#include "support/failing.h"

static void it_grows_and_shrinks(void **state)
{
  pl_buf b;
  (void)state;
  pl_buf_init(&b, &pl_alloc_default, 1000);
  assert_string_equal(pl_buf_cstr(&b), "");
  assert_int_equal(pl_buf_adds(&b, "hello"), 0);
  assert_int_equal(pl_buf_addc(&b, ' '), 0);
  assert_int_equal(pl_buf_addf(&b, "%d-%s", 42, "x"), 0);
  assert_string_equal(pl_buf_cstr(&b), "hello 42-x");
  pl_buf_drop(&b, 6);
  assert_string_equal(pl_buf_cstr(&b), "42-x");
  pl_buf_clear(&b);
  assert_int_equal(b.len, 0);
  pl_buf_fini(&b);
}

static void the_limit_makes_it_bad_and_keeps_the_content(void **state)
{
  pl_buf b;
  (void)state;
  pl_buf_init(&b, &pl_alloc_default, 4);
  assert_int_equal(pl_buf_adds(&b, "abcd"), 0);
  assert_int_equal(pl_buf_addc(&b, 'e'), PL_ELIMIT);
  assert_int_equal(b.bad, PL_ELIMIT);
  assert_int_equal(pl_buf_adds(&b, ""), PL_ELIMIT);
  assert_int_equal(b.len, 4);
  assert_memory_equal(b.data, "abcd", 4);
  pl_buf_clear(&b);
  assert_int_equal(pl_buf_adds(&b, "ok"), 0);
  assert_int_equal(pl_buf_adds(&b, "too much"), PL_ELIMIT);
  pl_buf_fini(&b);
  assert_int_equal(pl_buf_adds(&b, "anew"), 0); /* it is as after init */
  pl_buf_fini(&b);
}

static int fill(const pl_allocator *a, void *user)
{
  pl_buf b;
  (void)user;
  pl_buf_init(&b, a, 1 << 20);
  for (int i = 0; i < 5000; i++)
    (void)pl_buf_adds(&b, "0123456789");
  int code = b.bad;
  pl_buf_fini(&b);
  return code;
}

static void no_memory_leaks_nothing(void **state)
{
  (void)state;
  failing_every(fill, NULL, 100);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(it_grows_and_shrinks), cmocka_unit_test(the_limit_makes_it_bad_and_keeps_the_content),
                                     cmocka_unit_test(no_memory_leaks_nothing)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
