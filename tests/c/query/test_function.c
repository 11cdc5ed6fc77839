/* Functions of each value, label_replace, time and vector. */
#include "query/evaluated.h"

static const char *called(evaluated *f, const char *expression)
{
  return given_by(f, pl_evaluate_function, expression);
}

static void refused(evaluated *f, const char *expression, int code, const char *part)
{
  refused_by(f, pl_evaluate_function, expression, code, part);
}

static void each_value_is_mapped(void **state)
{
  evaluated *f = *state;
  f->e.steps = 4;
  given(f, "x{i='1'}", "-2.5 1.4 _ nan");
  assert_string_equal(called(f, "abs(x)"), "{i=\"1\"} 2.5 1.4 _ nan");
  assert_string_equal(called(f, "ceil(x)"), "{i=\"1\"} -2 2 _ nan");
  assert_string_equal(called(f, "floor(x)"), "{i=\"1\"} -3 1 _ nan");
  assert_string_equal(called(f, "sqrt(x)"), "{i=\"1\"} nan 1.183215957 _ nan");
  assert_string_equal(called(f, "exp(x)"), "{i=\"1\"} 0.08208499862 4.055199967 _ nan");
  assert_string_equal(called(f, "ln(x)"), "{i=\"1\"} nan 0.3364722366 _ nan");
  assert_string_equal(called(f, "ln(nothing)"), "");
}

static void halves_are_rounded_up(void **state)
{
  evaluated *f = *state;
  f->e.steps = 4;
  given(f, "x", "-2.5 2.5 7.3 -0.4");
  assert_string_equal(called(f, "round(x)"), "{} -2 3 7 0");
  assert_string_equal(called(f, "round(x, 5)"), "{} 0 5 5 0");
  assert_string_equal(called(f, "round(x, 0.5)"), "{} -2.5 2.5 7.5 -0.5");
  assert_string_equal(called(f, "round(x, 0)"), "{} nan nan nan nan");
}

static void values_are_held_between_ends(void **state)
{
  evaluated *f = *state;
  f->e.steps = 4;
  given(f, "x", "1 5 9 nan");
  assert_string_equal(called(f, "clamp(x, 2, 6)"), "{} 2 5 6 nan");
  assert_string_equal(called(f, "clamp(x, 6, 2)"), "{} _ _ _ _");
  assert_string_equal(called(f, "clamp_min(x, 4)"), "{} 4 5 9 nan");
  assert_string_equal(called(f, "clamp_max(x, 4)"), "{} 1 4 4 nan");
  assert_string_equal(called(f, "clamp_min(x, Inf)"), "{} inf inf inf inf"); /* more than NaN, whatever that is */
  assert_string_equal(called(f, "clamp_max(x, -Inf)"), "{} -inf -inf -inf -inf");
  given(f, "y", "1 -inf inf nan");
  assert_string_equal(called(f, "clamp_min(y, NaN)"), "{} nan nan inf nan");
  assert_string_equal(called(f, "clamp_max(y, NaN)"), "{} nan -inf nan nan");
  assert_string_equal(called(f, "clamp_max(x, (time() - 1700000000) / 10)"), "{} 0 1 2 nan");
}

static void names_go_and_twins_are_refused(void **state)
{
  evaluated *f = *state;
  f->e.steps = 2;
  given(f, "x{i='1'}", "1 _");
  given(f, "y{i='1'}", "_ 2");
  assert_string_equal(called(f, "abs({i='1'})"), "{i=\"1\"} 1 2");
  given(f, "z{i='1'}", "3");
  refused(f, "abs({i='1'})", PL_EINVAL, "column 1: two values with the same labels");
}

static void labels_are_made_of_groups(void **state)
{
  evaluated *f = *state;
  given(f, "x{host='web-7'}", "1");
  assert_string_equal(called(f, "label_replace(x, 'n', '$2', 'host', '(\\\\w+)-(\\\\d+)')"), "{__name__=\"x\", host=\"web-7\", n=\"7\"} 1");
  assert_string_equal(called(f, "label_replace(x, 'n', '${kind}_${2}0 $$1 $', 'host', '(?P<kind>\\\\w+)-(\\\\d+)')"), "{__name__=\"x\", host=\"web-7\", n=\"web_70 $1 $\"} 1");
  assert_string_equal(called(f, "label_replace(x, 'n', '<$9$none>', 'host', '.*')"), "{__name__=\"x\", host=\"web-7\", n=\"<>\"} 1");
  assert_string_equal(called(f, "label_replace(x, 'n', '${2', 'host', '(.*)-(.*)')"), "{__name__=\"x\", host=\"web-7\", n=\"${2\"} 1");
  assert_string_equal(called(f, "label_replace(x, 'n', 'no', 'host', 'web')"), "{__name__=\"x\", host=\"web-7\"} 1"); /* anchored */
  assert_string_equal(called(f, "label_replace(x, 'n', 'none', 'missing', '')"), "{__name__=\"x\", host=\"web-7\", n=\"none\"} 1");
  assert_string_equal(called(f, "label_replace(x, 'host', '', 'host', '.*')"), "{__name__=\"x\"} 1");
  assert_string_equal(called(f, "label_replace(x, '__name__', 'y', 'host', '.*')"), "{__name__=\"y\", host=\"web-7\"} 1");
}

static void replacements_that_cannot_be_are_refused(void **state)
{
  evaluated *f = *state;
  given(f, "x{i='1'}", "1");
  given(f, "x{i='2'}", "2");
  refused(f, "label_replace(x, 'n', '', 'i', '(')", PL_EPARSE, "column 32: regular expression, character 2: a ( without )");
  refused(f, "label_replace(x, '', 'v', 'i', '.*')", PL_EINVAL, "column 18: a label without a name");
  refused(f, "label_replace(x, 'i', 'same', 'i', '.*')", PL_EINVAL, "two values with the same labels {__name__=\"x\", i=\"same\"");
}

static void time_is_in_seconds_and_a_scalar_can_be_a_vector(void **state)
{
  evaluated *f = *state;
  f->e.steps = 2;
  f->e.from_ms += 250;
  assert_string_equal(called(f, "vector(time() - 1700000000)"), "{} 0.25 10.25");
  assert_string_equal(called(f, "time()"), "{} 1700000000 1700000010"); /* to ten digits */
  assert_string_equal(called(f, "vector(-3)"), "{} -3 -3");
}

static void distributions_have_no_value(void **state)
{
  evaluated *f = *state;
  put_dist(f, make_series(f, "d", PL_SERIES_DIST), 0, -1, 1, 10);
  commit(f);
  refused(f, "ceil(d)", PL_EINVAL, "column 6: these are distributions");
  refused(f, "label_replace(d, 'a', 'b', '', '')", PL_EINVAL, "column 15: these are distributions");
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      EVALUATED_TEST(each_value_is_mapped),
      EVALUATED_TEST(halves_are_rounded_up),
      EVALUATED_TEST(values_are_held_between_ends),
      EVALUATED_TEST(names_go_and_twins_are_refused),
      EVALUATED_TEST(labels_are_made_of_groups),
      EVALUATED_TEST(replacements_that_cannot_be_are_refused),
      EVALUATED_TEST(time_is_in_seconds_and_a_scalar_can_be_a_vector),
      EVALUATED_TEST(distributions_have_no_value),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
