/* Base64 against the vectors of RFC 4648 section 10. */
#include "base/base64.h"

#include <string.h>

#include "support/failing.h"

static void published_vectors(void **state)
{
  static const char *const pairs[][2] = {{"", ""},         {"f", "Zg=="},         {"fo", "Zm8="},        {"foo", "Zm9v"},
                                         {"foob", "Zm9vYg=="}, {"fooba", "Zm9vYmE="}, {"foobar", "Zm9vYmFy"}};
  (void)state;
  for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
    pl_buf b;
    pl_buf_init(&b, &pl_alloc_default, 100);
    assert_int_equal(pl_base64(&b, pl_str_of(pairs[i][0])), 0);
    assert_string_equal(pl_buf_cstr(&b), pairs[i][1]);
    pl_buf_clear(&b);
    assert_int_equal(pl_base64_decode(&b, pl_str_of(pairs[i][1])), 0);
    assert_string_equal(pl_buf_cstr(&b), pairs[i][0]);
    pl_buf_fini(&b);
  }
}

static void every_digit(void **state)
{
  (void)state;
  pl_buf b;
  pl_buf_init(&b, &pl_alloc_default, 100);
  assert_int_equal(pl_base64(&b, (pl_str){"\x00\x10\x83\xfb\xef\xff", 6}), 0);
  assert_string_equal(pl_buf_cstr(&b), "ABCD++//");
  pl_buf_fini(&b);
}

static void what_is_no_base64(void **state)
{
  static const char *const texts[] = {"Zg", "Zg=", "Z===", "====", "Zg==Zg==", "Zm=v", "Z!==", "Zh==", "Zm9=", "Zm9v\n"};
  (void)state;
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
    pl_buf b;
    pl_buf_init(&b, &pl_alloc_default, 100);
    assert_int_equal(pl_base64_decode(&b, pl_str_of(texts[i])), PL_EPARSE);
    pl_buf_fini(&b);
  }
  pl_buf b;
  pl_buf_init(&b, &pl_alloc_default, 100);
  assert_int_equal(pl_base64_decode(&b, PL_STR("ABCD++//")), 0);
  assert_memory_equal(b.data, "\x00\x10\x83\xfb\xef\xff", 6);
  pl_buf_fini(&b);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(published_vectors), cmocka_unit_test(every_digit), cmocka_unit_test(what_is_no_base64)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
