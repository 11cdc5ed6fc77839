/* Operators: arithmetic and comparison of scalars and vectors, which elements match and what labels the results have. */
#include "query/evaluated.h"

static const char *operated(evaluated *f, const char *expression)
{
  return given_by(f, pl_evaluate_binary, expression);
}

static void refused(evaluated *f, const char *expression, const char *part)
{
  refused_by(f, pl_evaluate_binary, expression, PL_EINVAL, part);
}

static void scalars_give_a_scalar(void **state)
{
  evaluated *f = *state;
  assert_string_equal(operated(f, "7 + 2"), "{} 9");
  assert_string_equal(operated(f, "7 - 2"), "{} 5");
  assert_string_equal(operated(f, "7 * 2"), "{} 14");
  assert_string_equal(operated(f, "7 / 2"), "{} 3.5");
  assert_string_equal(operated(f, "7 / 0"), "{} inf");
  assert_string_equal(operated(f, "-7 % 3"), "{} -1"); /* the sign of the dividend */
  assert_string_equal(operated(f, "7 % 0"), "{} nan");
  assert_string_equal(operated(f, "2 ^ 0.5"), "{} 1.414213562");
  assert_string_equal(operated(f, "1 < bool 2"), "{} 1");
  assert_string_equal(operated(f, "NaN == bool NaN"), "{} 0");
  assert_string_equal(operated(f, "NaN != bool NaN"), "{} 1");
}

static void arithmetic_drops_the_name_and_comparison_keeps_it(void **state)
{
  evaluated *f = *state;
  f->e.steps = 3;
  given(f, "x{i='1'}", "1 _ 3");
  assert_string_equal(operated(f, "x - 1"), "{i=\"1\"} 0 _ 2");
  assert_string_equal(operated(f, "1 - x"), "{i=\"1\"} 0 _ -2");
  assert_string_equal(operated(f, "x > 1"), "{__name__=\"x\", i=\"1\"} _ _ 3");
  assert_string_equal(operated(f, "1 < x"), "{__name__=\"x\", i=\"1\"} _ _ 3"); /* the vector's value, not the scalar's */
  assert_string_equal(operated(f, "x >= bool 3"), "{i=\"1\"} 0 _ 1");
  assert_string_equal(operated(f, "x <= 3"), "{__name__=\"x\", i=\"1\"} 1 _ 3");
  assert_string_equal(operated(f, "x == 1"), "{__name__=\"x\", i=\"1\"} 1 _ _");
  assert_string_equal(operated(f, "x != 1"), "{__name__=\"x\", i=\"1\"} _ _ 3");
  given(f, "y{i='1'}", "1");
  refused(f, "{i='1'} + 1", "two values with the same labels");
}

static void one_matches_one_by_labels(void **state)
{
  evaluated *f = *state;
  given(f, "x{i='1',a='p'}", "6");
  given(f, "x{i='2',a='p'}", "8");
  given(f, "y{i='1',a='p'}", "2");
  given(f, "y{i='2',a='q'}", "4");
  assert_string_equal(operated(f, "x / y"), "{a=\"p\", i=\"1\"} 3");
  assert_string_equal(operated(f, "x / on (i) y"), "{i=\"1\"} 3\n{i=\"2\"} 2");
  assert_string_equal(operated(f, "x / ignoring (a) y"), "{i=\"1\"} 3\n{i=\"2\"} 2");
  assert_string_equal(operated(f, "x > on (i) y"), "{i=\"1\"} 6\n{i=\"2\"} 8");
  assert_string_equal(operated(f, "x > y"), "{__name__=\"x\", a=\"p\", i=\"1\"} 6");
  assert_string_equal(operated(f, "x < y"), "{__name__=\"x\", a=\"p\", i=\"1\"} _"); /* no value at any step */
}

static void what_matches_several_is_refused(void **state)
{
  evaluated *f = *state;
  f->e.steps = 2;
  given(f, "x{i='1',a='p'}", "6 _");
  given(f, "x{i='1',a='q'}", "_ 8");
  given(f, "y{i='1'}", "2 2");
  assert_string_equal(operated(f, "x / on (i) y"), "{i=\"1\"} 3 4"); /* never both at once */
  given(f, "x{i='1',a='r'}", "6 _");
  refused(f, "x / on (i) y", "column 3: on the left several series match {i=\"1\"}: write group_left where many match one");
  refused(f, "y / on (i) x", "on the right several series match {i=\"1\"}");
  refused(f, "x / on (i) group_right y", "on the left several series match {i=\"1\"}: one side must have one of each match");
}

static void nothing_is_refused_where_there_is_nothing_to_match(void **state)
{
  evaluated *f = *state;
  f->e.steps = 2;
  given(f, "x{i='1'}", "_ 5");
  given(f, "y{i='1',a='p'}", "1 1");
  given(f, "y{i='1',a='q'}", "2 _");
  assert_string_equal(operated(f, "x * on (i) y"), "{i=\"1\"} _ 5");
}

static void many_match_one(void **state)
{
  evaluated *f = *state;
  given(f, "x{i='1',code='a'}", "6");
  given(f, "x{i='1',code='b'}", "8");
  given(f, "info{i='1',version='v1',code='gone'}", "2");
  assert_string_equal(operated(f, "x / on (i) group_left info"), "{code=\"a\", i=\"1\"} 3\n{code=\"b\", i=\"1\"} 4");
  assert_string_equal(operated(f, "x / on (i) group_left (version) info"), "{code=\"a\", i=\"1\", version=\"v1\"} 3\n{code=\"b\", i=\"1\", version=\"v1\"} 4");
  assert_string_equal(operated(f, "info / on (i) group_right (version) x"), "{code=\"a\", i=\"1\", version=\"v1\"} 0.3333333333\n{code=\"b\", i=\"1\", version=\"v1\"} 0.25");
  assert_string_equal(operated(f, "x > on (i) group_left (none) info"), "{__name__=\"x\", code=\"a\", i=\"1\"} 6\n{__name__=\"x\", code=\"b\", i=\"1\"} 8");
  refused(f, "x / on (i) group_left (code) info", "two results with the same labels {code=\"gone\", i=\"1\", ");
}

static void what_a_comparison_leaves_out_counts_within_a_match(void **state)
{
  evaluated *f = *state;
  given(f, "x{i='1',code='a'}", "1");
  given(f, "x{i='1',code='b'}", "3");
  given(f, "info{i='1',code='c'}", "2");
  assert_string_equal(operated(f, "x > on (i) group_left info"), "{__name__=\"x\", code=\"a\", i=\"1\"} _\n{__name__=\"x\", code=\"b\", i=\"1\"} 3");
  refused(f, "x > on (i) group_left (code) info", "two results with the same labels");
}

static void labels_follow_the_other_side_from_step_to_step(void **state)
{
  evaluated *f = *state;
  f->e.steps = 3;
  given(f, "x{i='1'}", "6 6 6");
  given(f, "info{i='1',version='v1'}", "1 _ 1");
  given(f, "info{i='1',version='v2'}", "_ 2 _");
  assert_string_equal(operated(f, "x * on (i) group_left (version) info"), "{i=\"1\", version=\"v1\"} 6 _ 6\n{i=\"1\", version=\"v2\"} _ 12 _");
  assert_string_equal(operated(f, "x * on (i) group_left info"), "{i=\"1\"} 6 12 6");
}

static void many_results_have_room(void **state)
{
  enum { MANY = 40 };
  evaluated *f = *state;
  char selector[32], number[32];
  for (int i = 0; i < MANY; i++) {
    (void)snprintf(selector, sizeof selector, "x{i='%02d'}", i);
    given(f, selector, "1");
  }
  pl_vector v;
  assert_int_equal(pl_evaluate_binary(&f->e, parsed(f, "x + x"), &v), PL_OK);
  assert_int_equal(v.n, MANY);
  for (size_t i = 0; i < MANY; i++) {
    (void)snprintf(number, sizeof number, "%02zu", i);
    assert_true(v.elements[i].values[0] == 2 && pl_str_eqc(pl_label_set_find(&v.elements[i].labels, PL_STR("i")), number));
  }
}

static void distributions_are_no_operands(void **state)
{
  evaluated *f = *state;
  put_dist(f, make_series(f, "d{i='1'}", PL_SERIES_DIST), 0, -1, 1, 10);
  commit(f);
  refused(f, "1 + d", "column 5: these are distributions");
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      EVALUATED_TEST(scalars_give_a_scalar),
      EVALUATED_TEST(arithmetic_drops_the_name_and_comparison_keeps_it),
      EVALUATED_TEST(one_matches_one_by_labels),
      EVALUATED_TEST(what_matches_several_is_refused),
      EVALUATED_TEST(nothing_is_refused_where_there_is_nothing_to_match),
      EVALUATED_TEST(many_match_one),
      EVALUATED_TEST(what_a_comparison_leaves_out_counts_within_a_match),
      EVALUATED_TEST(labels_follow_the_other_side_from_step_to_step),
      EVALUATED_TEST(many_results_have_room),
      EVALUATED_TEST(distributions_are_no_operands),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
