/* Borrowed strings: cutting, numbers, nearness. */
#include "base/str.h"

#include <string.h>

#include "support/failing.h"

static void hexadecimal_digits(void **state)
{
  (void)state;
  for (int c = 0; c < 256; c++) {
    static const char digits[] = "0123456789abcdef0123456789ABCDEF";
    const char *at = c ? strchr(digits, c) : NULL;
    assert_int_equal(pl_hex_digit((char)c), at ? (at - digits) % 16 : -1);
  }
}

static void cutting(void **state)
{
  pl_str s = PL_STR("a,b,,c");
  (void)state;
  assert_true(pl_str_eqc(pl_str_cut(&s, ','), "a"));
  assert_true(pl_str_eqc(pl_str_cut(&s, ','), "b"));
  assert_true(pl_str_eqc(pl_str_cut(&s, ','), ""));
  assert_non_null(s.data);
  assert_true(pl_str_eqc(pl_str_cut(&s, ','), "c"));
  assert_null(s.data);
  assert_true(pl_str_eqc(pl_str_trim(PL_STR(" \t x y\n")), "x y"));
  assert_true(pl_str_starts(PL_STR("abc"), PL_STR("ab")));
  assert_false(pl_str_starts(PL_STR("a"), PL_STR("ab")));
  assert_true(pl_str_ieq(PL_STR("Content-TYPE"), PL_STR("content-type")));
  assert_false(pl_str_ieq(PL_STR("a"), PL_STR("ab")));
}

static void whole_numbers(void **state)
{
  uint64_t v = 1;
  (void)state;
  assert_true(pl_str_u64(PL_STR("18446744073709551615"), &v));
  assert_true(v == UINT64_MAX);
  assert_false(pl_str_u64(PL_STR("18446744073709551616"), &v));
  assert_false(pl_str_u64(PL_STR(""), &v));
  assert_false(pl_str_u64(PL_STR("-1"), &v));
  assert_false(pl_str_u64(PL_STR(" 1"), &v));
  assert_false(pl_str_u64(PL_STR("1x"), &v));
}

static void distance(void **state)
{
  (void)state;
  assert_int_equal(pl_edit_distance(PL_STR("latency"), PL_STR("latncy")), 1);
  assert_int_equal(pl_edit_distance(PL_STR("rate"), PL_STR("arte")), 1); /* a transposition */
  assert_int_equal(pl_edit_distance(PL_STR(""), PL_STR("abc")), 3);
  assert_int_equal(pl_edit_distance(PL_STR("kitten"), PL_STR("sitting")), 3);
  char longer[80] = {0};
  assert_true(pl_edit_distance((pl_str){longer, 80}, PL_STR("x")) == SIZE_MAX);
}

static void copies_are_cut_to_fit(void **state)
{
  char out[4];
  (void)state;
  assert_true(pl_copy(out, sizeof out, PL_STR("abc")));
  assert_false(pl_copy(out, sizeof out, PL_STR("abcd")));
  assert_string_equal(out, "abc");
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(cutting), cmocka_unit_test(whole_numbers),
                                     cmocka_unit_test(distance), cmocka_unit_test(hexadecimal_digits), cmocka_unit_test(copies_are_cut_to_fit)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
