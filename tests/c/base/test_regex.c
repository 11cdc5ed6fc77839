/* Regular expressions: what matches whole, and what groups hold. */
#include "base/regex.h"


#include "support/failing.h"

static pl_regex *compile(pl_arena *a, const char *pattern)
{
  pl_regex *r = NULL;
  const char *why = "";
  size_t at;
  pl_arena_init(a, &pl_alloc_default, 64 << 20);
  if (pl_regex_compile(a, pl_str_of(pattern), &r, &why, &at))
    fail_msg("%s: %s at %zu", pattern, why, at);
  return r;
}

static bool matches(const char *pattern, const char *text)
{
  pl_arena a;
  bool is = pl_regex_matches(compile(&a, pattern), pl_str_of(text), NULL);
  pl_arena_fini(&a);
  return is;
}

static void whole_texts_match(void **state)
{
  static const struct {
    const char *pattern, *yes, *no;
  } cases[] = {
      {"", "", "a"}, {"a", "a", "aa"}, {"a*", "aaaa", "aab"}, {"a+", "a", ""}, {"ab?", "a", "abb"}, {"a|bc|d", "bc", "b"}, {"(a|b)*c", "ababc", "abab"},
      {".*", "x\ny", NULL}, {".", "\xc3\xa4", "ab"}, {"[a-c]+", "abc", "abd"}, {"[^a-c]+", "xyz", "xaz"}, {"[]a]+", "]a", "b"}, {"[a-]+", "a-", "b"},
      {"[[:alpha:]]+[[:digit:]]", "ab1", "1a"}, {"\\d{3}", "123", "12"}, {"\\w+\\s\\w+", "a_1 b", "ab"}, {"\\D+", "ab", "a1"}, {"[\\d.]+", "1.5", "a"},
      {"a{2,3}", "aa", "aaaa"}, {"a{2,}", "aaaaa", "a"}, {"a{0,2}b", "aab", "aaab"}, {"a{0}b", "b", "ab"}, {"(ab){2}", "abab", "ab"}, {"a{,2}", "a{,2}", "a"},
      {"(?i)Get", "gET", "gut"}, {"(?i:g)et", "Get", "GET"}, {"(?i)[a-c]+", "ABC", "d"}, {"a(?i)b|c", "aB", "A"}, {"^a$", "a", "ab"}, {"\\Aa\\z", "a", "b"},
      {"\\bfoo\\b.*", "foo bar", "foobar"}, {"a\\.b", "a.b", "axb"}, {"\\x41\\x{263a}", "A\xe2\x98\xba", "A"}, {"(a*)*", "aaa", "b"}, {"(a|ab)(c|bcd)(d*)", "abcd", "abc d"},
      {"(?s).+", "a\nb", ""}, {"(?-s).+", "ab", "a\nb"}, {"prod-(eu|us)-\\d+", "prod-eu-1", "prod-as-1"}, {"a*?b", "aab", "aa"}, {"(x+x+)+y", "xxxxxxy", "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"},
  };
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    if (!matches(cases[i].pattern, cases[i].yes))
      fail_msg("%s should match %s", cases[i].pattern, cases[i].yes);
    if (cases[i].no && matches(cases[i].pattern, cases[i].no))
      fail_msg("%s should not match %s", cases[i].pattern, cases[i].no);
  }
}

static void groups_hold_the_better_way(void **state)
{
  pl_str groups[PL_REGEX_GROUPS];
  pl_arena a;
  (void)state;
  pl_regex *r = compile(&a, "(a+?)(a*)(?P<end>b)?(c)?");
  assert_true(pl_regex_matches(r, PL_STR("aaab"), groups));
  assert_true(pl_str_eqc(groups[0], "aaab") && pl_str_eqc(groups[1], "a") && pl_str_eqc(groups[2], "aa") && pl_str_eqc(groups[3], "b"));
  assert_null(groups[4].data);
  assert_int_equal(pl_regex_group(r, PL_STR("end")), 3);
  assert_int_equal(pl_regex_group(r, PL_STR("2")), 2);
  assert_int_equal(pl_regex_group(r, PL_STR("5")), -1);
  assert_int_equal(pl_regex_group(r, PL_STR("none")), -1);
  pl_arena_fini(&a);
  r = compile(&a, "(a|ab)(.*)");
  assert_true(pl_regex_matches(r, PL_STR("abc"), groups));
  assert_true(pl_str_eqc(groups[1], "a") && pl_str_eqc(groups[2], "bc"));
  pl_arena_fini(&a);
}

static void a_byte_of_zero_is_a_character(void **state)
{
  static const char zero[] = "a\0b*";
  pl_arena a;
  pl_regex *r = NULL;
  const char *why;
  size_t at;
  (void)state;
  pl_arena_init(&a, &pl_alloc_default, 1 << 20);
  assert_int_equal(pl_regex_compile(&a, (pl_str){zero, 4}, &r, &why, &at), PL_OK);
  assert_true(pl_regex_matches(r, (pl_str){"a\0bb", 4}, NULL));
  assert_false(pl_regex_matches(r, PL_STR("ab"), NULL));
  pl_arena_fini(&a);
}

static int compile_with(const pl_allocator *alloc, void *pattern)
{
  pl_arena a;
  pl_regex *r = NULL;
  const char *why = NULL;
  size_t at;
  pl_arena_init(&a, alloc, 64 << 20);
  int code = pl_regex_compile(&a, pl_str_of(pattern), &r, &why, &at);
  assert_true(code ? why && !r : pl_regex_matches(r, PL_STR("abab"), NULL));
  pl_arena_fini(&a);
  return code;
}

static void no_memory_is_told(void **state)
{
  static char pattern[] = "(ab|[c-f]+){2}";
  const char *why;
  size_t at;
  pl_arena a;
  pl_regex *r;
  (void)state;
  failing_every(compile_with, pattern, 20);
  pl_arena_init(&a, &pl_alloc_default, 1000);
  assert_int_equal(pl_regex_compile(&a, PL_STR("abc"), &r, &why, &at), PL_ELIMIT);
  pl_arena_fini(&a);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(whole_texts_match),
      cmocka_unit_test(groups_hold_the_better_way),
      cmocka_unit_test(a_byte_of_zero_is_a_character),
      cmocka_unit_test(no_memory_is_told),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
