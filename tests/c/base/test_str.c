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
  assert_true(pl_str_ends(PL_STR("abc"), PL_STR("bc")) && pl_str_ends(PL_STR("abc"), PL_STR("abc")) && pl_str_ends(PL_STR(""), PL_STR("")));
  assert_false(pl_str_ends(PL_STR("b"), PL_STR("ab")) || pl_str_ends(PL_STR("abc"), PL_STR("ab")));
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

static void what_is_utf8(void **state)
{
  static const char *const good[] = {"", "plain ascii, more than eight", "\xc2\x80", "\xdf\xbf", "\xe0\xa0\x80", "\xed\x9f\xbf", "\xef\xbf\xbf", "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf", "12345678\xc3\xa4"};
  static const char *const bad[] = {"\x80", "\xc0\x80", "\xc1\xbf", "\xc2", "\xc2z", "\xe0\x9f\xbf", "\xed\xa0\x80", "\xe2\x82", "\xe2\x82z", "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff", "12345678\xe4"};
  (void)state;
  for (size_t i = 0; i < sizeof good / sizeof *good; i++)
    assert_true(pl_utf8_valid(pl_str_of(good[i])));
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
    assert_false(pl_utf8_valid(pl_str_of(bad[i])));
}

static void characters_have_a_length(void **state)
{
  static const struct {
    const char *text;
    size_t length;
  } cases[] = {{"ab", 1}, {"\xc3\xa4" "b", 2}, {"\xe2\x98\xba", 3}, {"\xf0\x9f\x9a\x80", 4}, {"\x80", 0}, {"\xc3", 0}, {"\xe2\x98", 0}, {"\xf0\x9f\x9a!", 0}};
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    assert_int_equal(pl_utf8_length(pl_str_of(cases[i].text)), cases[i].length);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(cutting), cmocka_unit_test(whole_numbers),
                                     cmocka_unit_test(distance), cmocka_unit_test(hexadecimal_digits), cmocka_unit_test(copies_are_cut_to_fit),
                                     cmocka_unit_test(what_is_utf8), cmocka_unit_test(characters_have_a_length)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
