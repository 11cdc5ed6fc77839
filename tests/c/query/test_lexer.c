/* Words of the objective grammar. */
#include "query/lexer.h"

#include <string.h>

#include "support/failing.h"

typedef struct wanted {
  enum pl_token_kind kind;
  const char *text;
} wanted;

/* Reads all of a text: these words and no more. */
static void reads(const char *text, const wanted *all)
{
  pl_lexer l;
  pl_error err = {0};
  assert_int_equal(pl_lexer_init(&l, pl_str_of(text), &err), PL_OK);
  for (; all->text; all++) {
    assert_int_equal(l.token.kind, all->kind);
    assert_true(pl_str_eqc(l.token.text, all->text));
    assert_int_equal(pl_lexer_next(&l, &err), PL_OK);
  }
  for (int i = 0; i < 2; i++) { /* the end stays the end */
    assert_int_equal(l.token.kind, PL_TOKEN_END);
    assert_int_equal(l.token.at, strlen(text));
    assert_int_equal(pl_lexer_next(&l, &err), PL_OK);
  }
}

static void words_are_told_apart(void **state)
{
  (void)state;
  reads(" p99.9 ( a:b_1 {n!='x y'}) <= 480/s ",
        (wanted[]){{PL_TOKEN_NAME, "p99.9"}, {PL_TOKEN_SIGN, "("}, {PL_TOKEN_NAME, "a:b_1"}, {PL_TOKEN_SIGN, "{"}, {PL_TOKEN_NAME, "n"}, {PL_TOKEN_SIGN, "!="}, {PL_TOKEN_STRING, "x y"},
                   {PL_TOKEN_SIGN, "}"}, {PL_TOKEN_SIGN, ")"}, {PL_TOKEN_SIGN, "<="}, {PL_TOKEN_VALUE, "480/s"}, {0}});
  reads("a=\"it's\",''!~", (wanted[]){{PL_TOKEN_NAME, "a"}, {PL_TOKEN_SIGN, "="}, {PL_TOKEN_STRING, "it's"}, {PL_TOKEN_SIGN, ","}, {PL_TOKEN_STRING, ""}, {PL_TOKEN_SIGN, "!~"}, {0}});
  reads("", (wanted[]){{0}});
}

static void a_value_ends_at_a_sign(void **state)
{
  (void)state;
  reads("250ms,5%)-1.5e3<.5=", (wanted[]){{PL_TOKEN_VALUE, "250ms"}, {PL_TOKEN_SIGN, ","}, {PL_TOKEN_VALUE, "5%"}, {PL_TOKEN_SIGN, ")"}, {PL_TOKEN_VALUE, "-1.5e3"}, {PL_TOKEN_SIGN, "<"},
                                          {PL_TOKEN_VALUE, ".5"}, {PL_TOKEN_SIGN, "="}, {0}});
}

static void only_a_quantile_has_a_point(void **state)
{
  (void)state;
  reads("p5.25(p99 q1", (wanted[]){{PL_TOKEN_NAME, "p5.25"}, {PL_TOKEN_SIGN, "("}, {PL_TOKEN_NAME, "p99"}, {PL_TOKEN_NAME, "q1"}, {0}});
  reads("q1.5", (wanted[]){{PL_TOKEN_NAME, "q1"}, {PL_TOKEN_VALUE, ".5"}, {0}});
  reads("p99.x", (wanted[]){{PL_TOKEN_NAME, "p99"}, {PL_TOKEN_VALUE, ".x"}, {0}});
}

static void a_string_is_never_a_sign(void **state)
{
  pl_lexer l;
  (void)state;
  assert_int_equal(pl_lexer_init(&l, PL_STR("by'by'"), NULL), PL_OK);
  assert_true(pl_token_is(&l.token, "by"));
  assert_int_equal(pl_lexer_next(&l, NULL), PL_OK);
  assert_false(pl_token_is(&l.token, "by"));
}

static void what_is_no_word_has_a_place(void **state)
{
  static const struct {
    const char *text, *message;
  } rows[] = {{"$", "\"$\", column 1: '$' has no meaning here"}, {"  'open", "\"  'open\", column 3: the string is not closed"}, {"\"", "column 1: the string is not closed"}, {"!", "column 1: '!' has no meaning here"}};
  (void)state;
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    pl_lexer l;
    pl_error err = {0};
    assert_int_equal(pl_lexer_init(&l, pl_str_of(rows[i].text), &err), PL_EPARSE);
    assert_non_null(strstr(err.message, rows[i].message));
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(words_are_told_apart),
      cmocka_unit_test(a_value_ends_at_a_sign),
      cmocka_unit_test(only_a_quantile_has_a_point),
      cmocka_unit_test(a_string_is_never_a_sign),
      cmocka_unit_test(what_is_no_word_has_a_place),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
