/* A token that is renewed: copies follow it, only the newest one counts as refused. */
#include "load/token.h"

#include <string.h>

#include "perilune/error.h"
#include "support/failing.h"

static const char *read_now(pl_token *t, pl_token_copy *copy)
{
  assert_int_equal(pl_token_read(t, copy), PL_OK);
  return pl_buf_cstr(&copy->value);
}

static void copies_follow(void **state)
{
  pl_token *t = pl_token_new(&pl_alloc_default);
  pl_token_copy copy = {0};
  (void)state;
  pl_buf_init(&copy.value, &pl_alloc_default, 1 << 10);
  assert_int_equal(pl_token_set(t, PL_STR("one")), PL_OK);
  assert_string_equal(read_now(t, &copy), "Bearer one");
  const char *same = copy.value.data;
  assert_string_equal(read_now(t, &copy), "Bearer one");
  assert_ptr_equal(copy.value.data, same);
  assert_int_equal(pl_token_set(t, PL_STR("longer than one")), PL_OK);
  assert_string_equal(read_now(t, &copy), "Bearer longer than one");
  assert_int_equal(copy.generation, 2);
  pl_buf_fini(&copy.value);
  pl_token_drop(t);
}

static void only_the_newest_is_refused(void **state)
{
  pl_token *t = pl_token_new(&pl_alloc_default);
  (void)state;
  assert_false(pl_token_is_refused(t));
  assert_int_equal(pl_token_set(t, PL_STR("one")), PL_OK);
  pl_token_refuse(t, 1);
  assert_true(pl_token_is_refused(t));
  assert_int_equal(pl_token_set(t, PL_STR("two")), PL_OK);
  assert_false(pl_token_is_refused(t));
  pl_token_refuse(t, 1); /* an answer to a request that was under way */
  assert_false(pl_token_is_refused(t));
  pl_token_refuse(t, 2);
  assert_true(pl_token_is_refused(t));
  pl_token_drop(t);
}

static void lives_as_long_as_somebody_has_it(void **state)
{
  pl_token *t = pl_token_new(&pl_alloc_default), *other = pl_token_take(t);
  (void)state;
  pl_token_drop(t);
  assert_int_equal(pl_token_set(other, PL_STR("one")), PL_OK);
  pl_token_drop(other);
  pl_token_drop(NULL);
}

static void too_long(void **state)
{
  static char text[100 << 10];
  pl_token *t = pl_token_new(&pl_alloc_default);
  (void)state;
  memset(text, 'x', sizeof text);
  assert_int_equal(pl_token_set(t, (pl_str){text, sizeof text}), PL_ELIMIT);
  pl_token_drop(t);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(copies_follow), cmocka_unit_test(only_the_newest_is_refused),
                                     cmocka_unit_test(lives_as_long_as_somebody_has_it), cmocka_unit_test(too_long)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
