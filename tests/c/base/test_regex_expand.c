/* Templates: what groups become, what stands for itself. */
#include "base/regex.h"

#include <string.h>

#include "support/failing.h"

static void templates_are_filled(void **state)
{
  static const struct {
    const char *pattern, *text, *template, *made;
  } cases[] = {
      {"(.*)", "a", "$1", "a"},
      {"(.*)-(.*)", "a-b", "${2}x$1", "bxa"},
      {"(?P<first>.*)-(.*)", "a-b", "$first.${first}", "a.a"},
      {"(a)|(b)", "b", "[$1][$2]", "[][b]"},
      {"(.*)", "a", "$1x", ""}, /* a group of that name */
      {"(.*)", "a", "$$1 $0 $9", "$1 a "},
      {"(.*)", "a", "$ ${ ${} $-", "$ ${ ${} $-"},
      {"(.*)", "", "none", "none"},
  };
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    pl_arena a;
    pl_regex *r = NULL;
    const char *why = "";
    size_t at;
    pl_str groups[PL_REGEX_GROUPS];
    char out[64];
    pl_arena_init(&a, &pl_alloc_default, 1 << 20);
    assert_int_equal(pl_regex_compile(&a, pl_str_of(cases[i].pattern), &r, &why, &at), PL_OK);
    assert_true(pl_regex_matches(r, pl_str_of(cases[i].text), groups));
    size_t n = pl_regex_expand(r, pl_str_of(cases[i].template), groups, NULL);
    assert_int_equal(n, strlen(cases[i].made));
    assert_int_equal(pl_regex_expand(r, pl_str_of(cases[i].template), groups, out), n);
    assert_memory_equal(out, cases[i].made, n);
    pl_arena_fini(&a);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(templates_are_filled)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
