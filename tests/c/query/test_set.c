/* and, or, unless: what stays at which step, and with which labels. */
#include "query/evaluated.h"

static const char *operated(evaluated *f, const char *expression)
{
  return given_by(f, pl_evaluate_set, expression);
}

static void given_two_sides(evaluated *f)
{
  f->e.steps = 3;
  given(f, "x{i='1'}", "1 2 3");
  given(f, "x{i='2'}", "4 5 6");
  given(f, "y{i='1'}", "7 _ 9");
  given(f, "y{i='3'}", "1 1 1");
}

static void and_keeps_what_the_right_side_has_too(void **state)
{
  evaluated *f = *state;
  given_two_sides(f);
  assert_string_equal(operated(f, "x and y"), "{__name__=\"x\", i=\"1\"} 1 _ 3\n{__name__=\"x\", i=\"2\"} _ _ _");
  assert_string_equal(operated(f, "x and nothing"), "{__name__=\"x\", i=\"1\"} _ _ _\n{__name__=\"x\", i=\"2\"} _ _ _");
}

static void unless_keeps_what_the_right_side_has_not(void **state)
{
  evaluated *f = *state;
  given_two_sides(f);
  assert_string_equal(operated(f, "x unless y"), "{__name__=\"x\", i=\"1\"} _ 2 _\n{__name__=\"x\", i=\"2\"} 4 5 6");
  assert_string_equal(operated(f, "x unless nothing"), "{__name__=\"x\", i=\"1\"} 1 2 3\n{__name__=\"x\", i=\"2\"} 4 5 6");
}

static void or_adds_what_the_left_side_has_not(void **state)
{
  evaluated *f = *state;
  given_two_sides(f);
  assert_string_equal(operated(f, "y or x"), "{__name__=\"y\", i=\"1\"} 7 _ 9\n{__name__=\"y\", i=\"3\"} 1 1 1\n{__name__=\"x\", i=\"1\"} _ 2 _\n{__name__=\"x\", i=\"2\"} 4 5 6");
  assert_string_equal(operated(f, "nothing or y{i='3'}"), "{__name__=\"y\", i=\"3\"} 1 1 1");
}

static void labels_match_by_on_and_ignoring(void **state)
{
  evaluated *f = *state;
  given(f, "x{i='1',a='p'}", "1");
  given(f, "x{i='1',a='q'}", "2");
  given(f, "y{i='1',a='p'}", "3");
  given(f, "y{i='2',a='r'}", "4");
  assert_string_equal(operated(f, "x and on (i) y"), "{__name__=\"x\", a=\"p\", i=\"1\"} 1\n{__name__=\"x\", a=\"q\", i=\"1\"} 2"); /* many match many */
  assert_string_equal(operated(f, "x and ignoring (i) y"), "{__name__=\"x\", a=\"p\", i=\"1\"} 1\n{__name__=\"x\", a=\"q\", i=\"1\"} _");
  assert_string_equal(operated(f, "x unless on () y"), "{__name__=\"x\", a=\"p\", i=\"1\"} _\n{__name__=\"x\", a=\"q\", i=\"1\"} _");
  assert_string_equal(operated(f, "y{i='1'} or on (i) x"), "{__name__=\"y\", a=\"p\", i=\"1\"} 3\n{__name__=\"x\", a=\"p\", i=\"1\"} _\n{__name__=\"x\", a=\"q\", i=\"1\"} _");
  assert_string_equal(operated(f, "x{a='p'} or on (__name__) x{a='q'}"), "{__name__=\"x\", a=\"p\", i=\"1\"} 1\n{__name__=\"x\", a=\"q\", i=\"1\"} _");
}

static void equal_labels_are_one_series(void **state)
{
  evaluated *f = *state;
  f->e.steps = 3;
  given(f, "x{i='1'}", "1 2 3");
  assert_string_equal(operated(f, "x > 2 or x < 2"), "{__name__=\"x\", i=\"1\"} 1 _ 3");
}

static void nan_is_a_value(void **state)
{
  evaluated *f = *state;
  given(f, "x{i='1'}", "nan");
  assert_string_equal(operated(f, "x or x"), "{__name__=\"x\", i=\"1\"} nan");
  assert_string_equal(operated(f, "x unless x * 2"), "{__name__=\"x\", i=\"1\"} _");
}

static void distributions_are_elements_too(void **state)
{
  evaluated *f = *state;
  f->e.steps = 2;
  f->e.from_ms = BEGIN_MS + 1000;
  put_dist(f, make_series(f, "d{i='1'}", PL_SERIES_DIST), 0, 0, 1, 10);
  put_dist(f, make_series(f, "d{i='2'}", PL_SERIES_DIST), 0, 10, 1, 20);
  commit(f);
  assert_string_equal(operated(f, "d or d"), "{__name__=\"d\", i=\"1\"} [10] [10]\n{__name__=\"d\", i=\"2\"} _ [20]");
  assert_string_equal(operated(f, "d unless on () d{i='2'}"), "{__name__=\"d\", i=\"1\"} [10] _\n{__name__=\"d\", i=\"2\"} _ _");
  assert_string_equal(operated(f, "rate(d{i='1'}[5s]) or increase(d{i='1'}[10s])"), "{i=\"1\"} [10] _");
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      EVALUATED_TEST(and_keeps_what_the_right_side_has_too),
      EVALUATED_TEST(unless_keeps_what_the_right_side_has_not),
      EVALUATED_TEST(or_adds_what_the_left_side_has_not),
      EVALUATED_TEST(labels_match_by_on_and_ignoring),
      EVALUATED_TEST(equal_labels_are_one_series),
      EVALUATED_TEST(nan_is_a_value),
      EVALUATED_TEST(distributions_are_elements_too),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
