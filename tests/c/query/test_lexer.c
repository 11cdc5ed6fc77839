/* Words of the objective grammar. */
#include "query/lexer.h"

#include "support/failing.h"

static void words(void **state)
{
  static const struct {
    enum pl_token_kind kind;
    const char *text;
  } want[] = {{PL_TOKEN_NAME, "p99.9"}, {PL_TOKEN_SIGN, "("}, {PL_TOKEN_NAME, "a:b_1"}, {PL_TOKEN_SIGN, "{"}, {PL_TOKEN_NAME, "n"},
              {PL_TOKEN_SIGN, "!="}, {PL_TOKEN_STRING, "x y"}, {PL_TOKEN_SIGN, "}"}, {PL_TOKEN_SIGN, ")"}, {PL_TOKEN_SIGN, "<="},
              {PL_TOKEN_VALUE, "480/s"}, {PL_TOKEN_END, ""}};
  pl_lexer l;
  pl_error err = {0};
  (void)state;
  assert_int_equal(pl_lexer_init(&l, PL_STR(" p99.9 ( a:b_1 {n!='x y'}) <= 480/s "), &err), PL_OK);
  for (size_t i = 0; i < sizeof want / sizeof *want; i++) {
    assert_int_equal(l.token.kind, want[i].kind);
    if (want[i].kind != PL_TOKEN_END)
      assert_true(pl_str_eqc(l.token.text, want[i].text));
    assert_int_equal(pl_lexer_next(&l, &err), PL_OK);
  }
}

static void wrong_characters(void **state)
{
  pl_lexer l;
  pl_error bad = {0}, open = {0};
  (void)state;
  assert_int_equal(pl_lexer_init(&l, PL_STR("$"), &bad), PL_EPARSE);
  assert_int_equal(pl_lexer_init(&l, PL_STR("'open"), &open), PL_EPARSE);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(words), cmocka_unit_test(wrong_characters)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
