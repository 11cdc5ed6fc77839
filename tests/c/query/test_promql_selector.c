/* Selectors and lists of labels: what they mean, what is refused, how many parts they may have. */
#include "query/promql_selector.h"

#include <stdio.h>
#include <string.h>

#include "query/promql_fixture.h"

/* At the first word of a text. */
static pl_words *begin(fixture *f, const char *text)
{
  f->err = (pl_error){0};
  f->words = (pl_words){.text = pl_str_of(text), .arena = &f->arena, .err = &f->err};
  assert_int_equal(pl_words_next(&f->words), PL_OK);
  return &f->words;
}

static int read(fixture *f, const char *text, pl_node **out)
{
  pl_words *w = begin(f, text);
  pl_str name = w->word.kind == PL_WORD_NAME ? w->word.text : (pl_str){NULL, 0};
  if (name.len)
    assert_int_equal(pl_words_next(w), PL_OK);
  return pl_promql_selector(w, name, 0, out);
}

static const pl_node *selector(fixture *f, const char *text)
{
  pl_node *n = NULL;
  if (read(f, text, &n))
    fail_msg("%s", f->err.message);
  assert_int_equal(n->kind, PL_NODE_SELECTOR);
  return n;
}

static void refused(fixture *f, const char *text, int code, const char *message)
{
  pl_node *n;
  assert_int_equal(read(f, text, &n), code);
  fixture_says(f, message);
}

static void is(const pl_label_test *t, const char *label, enum pl_label_op op, const char *value)
{
  assert_true(pl_str_eqc(t->label, label) && pl_str_eqc(t->value, value));
  assert_int_equal(t->op, op);
  assert_int_equal(t->regex != NULL, op == PL_LABEL_MATCHES || op == PL_LABEL_DIFFERS);
}

static void tests_are_read_in_their_order(void **state)
{
  const pl_node *n = selector(*state, "x{a=\"1\", b!='2', c=~`3.`, 'd e'!~\"4|\",} + 1");
  const pl_label_test *t = n->selector.tests;
  assert_int_equal(n->type, PL_VALUE_VECTOR);
  assert_int_equal(n->selector.n_tests, 5);
  is(&t[0], "__name__", PL_LABEL_EQ, "x");
  is(&t[1], "a", PL_LABEL_EQ, "1");
  is(&t[2], "b", PL_LABEL_NE, "2");
  is(&t[3], "c", PL_LABEL_MATCHES, "3.");
  is(&t[4], "d e", PL_LABEL_DIFFERS, "4|");
  assert_true(pl_words_is(&((fixture *)*state)->words, "+"));
}

static void a_name_may_stand_in_the_brace(void **state)
{
  const pl_node *n = selector(*state, "{a='1', 'the name'}");
  assert_int_equal(n->selector.n_tests, 2);
  is(&n->selector.tests[1], "__name__", PL_LABEL_EQ, "the name");
  n = selector(*state, "{__name__=~'x|y'}");
  assert_int_equal(n->selector.n_tests, 1);
  refused(*state, "x{'y'}", PL_EPARSE, "the metric has a name already");
  refused(*state, "x{__name__!='y'}", PL_EPARSE, "the metric has a name already");
}

static void something_is_selected(void **state)
{
  static const char *const nothing[] = {"{}", "{a=''}", "{a!='1'}", "{a=~'1*'}", "{a!~'1'}"}, *const something[] = {"{a!=''}", "{a=~'1+'}", "{a!~'1*'}", "{b='',a='1'}"};
  for (size_t i = 0; i < sizeof nothing / sizeof *nothing; i++)
    refused(*state, nothing[i], PL_EPARSE, "column 1: a selector needs a name, or a matcher that does not hold for an empty value");
  for (size_t i = 0; i < sizeof something / sizeof *something; i++)
    (void)selector(*state, something[i]);
}

static void mistakes_have_a_place(void **state)
{
  refused(*state, "x{a:b='1'}", PL_EPARSE, "column 3: expected the name of a label, found a:b");
  refused(*state, "x{''='1'}", PL_EPARSE, "column 3: a label without a name");
  refused(*state, "x{a<'1'}", PL_EPARSE, "column 4: expected =, !=, =~ or !~, found <");
  refused(*state, "x{a=1}", PL_EPARSE, "column 5: expected the value in quotes, found 1");
  refused(*state, "x{a='1' b='2'}", PL_EPARSE, "column 9: expected ',', found b");
  refused(*state, "x{a='1'", PL_EPARSE, "column 8: expected ',', found the end");
  refused(*state, "x{a=~'['}", PL_EPARSE, "column 6: regular expression \"[\", character ");
}

static void lists_of_labels_are_read(void **state)
{
  fixture *f = *state;
  pl_label_list l;
  assert_int_equal(pl_promql_labels(begin(f, "(a, 'b c', by,) x"), &l), PL_OK);
  assert_int_equal(l.n, 3);
  assert_true(pl_str_eqc(l.label[0], "a") && pl_str_eqc(l.label[1], "b c") && pl_str_eqc(l.label[2], "by"));
  assert_true(pl_words_is(&f->words, "x"));
  assert_int_equal(pl_promql_labels(begin(f, "()"), &l), PL_OK);
  assert_int_equal(l.n, 0);
  assert_int_equal(pl_promql_labels(begin(f, "(a b)"), &l), PL_EPARSE);
  assert_non_null(strstr(f->err.message, "column 4: expected ',', found b"));
  assert_int_equal(pl_promql_labels(begin(f, "(1)"), &l), PL_EPARSE);
  assert_non_null(strstr(f->err.message, "column 2: expected the name of a label, found 1"));
}

static void parts_have_a_most(void **state)
{
  fixture *f = *state;
  char tests[1024] = "{", labels[1024] = "(";
  pl_label_list l;
  for (int i = 0; i < PL_PROMQL_MATCHERS; i++) {
    (void)snprintf(tests + strlen(tests), 16, "a='%d',", i);
    (void)snprintf(labels + strlen(labels), 16, "a%d,", i);
  }
  size_t n_tests = strlen(tests), n_labels = strlen(labels);
  memcpy(tests + n_tests, "}", 2);
  memcpy(labels + n_labels, ")", 2);
  assert_int_equal(selector(f, tests)->selector.n_tests, PL_PROMQL_MATCHERS);
  assert_int_equal(pl_promql_labels(begin(f, labels), &l), PL_OK);
  assert_int_equal(l.n, PL_PROMQL_LABELS);
  memcpy(tests + n_tests, "b='1'}", 7);
  memcpy(labels + n_labels, "b)", 3);
  refused(f, tests, PL_ELIMIT, "more than 64 matchers");
  assert_int_equal(pl_promql_labels(begin(f, labels), &l), PL_ELIMIT);
  assert_non_null(strstr(f->err.message, "more than 64 labels"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_fixture, close_fixture)
  const struct CMUnitTest tests[] = {
      TEST(tests_are_read_in_their_order),
      TEST(a_name_may_stand_in_the_brace),
      TEST(something_is_selected),
      TEST(mistakes_have_a_place),
      TEST(lists_of_labels_are_read),
      TEST(parts_have_a_most),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
