/* Aggregations: which group an element goes to, what each of them makes of its values, which elements topk keeps. */
#include "query/evaluated.h"

static const char *aggregated(evaluated *f, const char *expression)
{
  return given_by(f, pl_evaluate_aggregation, expression);
}

static void groups_are_made_by_labels(void **state)
{
  evaluated *f = *state;
  given(f, "x{job='a',code='200'}", "1");
  given(f, "x{job='a',code='500'}", "2");
  given(f, "x{job='b',code='200'}", "4");
  given(f, "x{code='200'}", "8");
  assert_string_equal(aggregated(f, "sum(x)"), "{} 15");
  assert_string_equal(aggregated(f, "sum by (job) (x)"), "{job=\"a\"} 3\n{job=\"b\"} 4\n{} 8");
  assert_string_equal(aggregated(f, "sum without (job) (x)"), "{code=\"200\"} 13\n{code=\"500\"} 2");
  assert_string_equal(aggregated(f, "sum by (none) (x)"), "{} 15");
  assert_string_equal(aggregated(f, "sum by (__name__, code) (x{job='a'})"), "{__name__=\"x\", code=\"200\"} 1\n{__name__=\"x\", code=\"500\"} 2");
  assert_string_equal(aggregated(f, "sum(nothing)"), "");
}

static void a_step_takes_the_values_that_are_there(void **state)
{
  evaluated *f = *state;
  f->e.steps = 4;
  given(f, "x{i='1'}", "2 2 _ _");
  given(f, "x{i='2'}", "4 _ nan _");
  given(f, "x{i='3'}", "9 _ 1 _");
  assert_string_equal(aggregated(f, "sum(x)"), "{} 15 2 nan _");
  assert_string_equal(aggregated(f, "avg(x)"), "{} 5 2 nan _");
  assert_string_equal(aggregated(f, "min(x)"), "{} 2 2 1 _");
  assert_string_equal(aggregated(f, "max(x)"), "{} 9 2 1 _");
  assert_string_equal(aggregated(f, "count(x)"), "{} 3 1 2 _");
  assert_string_equal(aggregated(f, "group(x)"), "{} 1 1 1 _");
  assert_string_equal(aggregated(f, "stddev(x)"), "{} 2.943920289 0 nan _");
  assert_string_equal(aggregated(f, "quantile(0.25, x)"), "{} 3 2 nan _");
}

static void sums_and_means_keep_what_rounding_loses(void **state)
{
  evaluated *f = *state;
  static const char *const values[] = {"1 1.7e308 inf", "1e100 1.7e308 1", "1 1.7e308 2", "-1e100 1.7e308 3"};
  static const char *const names[] = {"x{i='1'}", "x{i='2'}", "x{i='3'}", "x{i='4'}"};
  f->e.steps = 3;
  for (size_t i = 0; i < 4; i++)
    given(f, names[i], values[i]);
  assert_string_equal(aggregated(f, "sum(x)"), "{} 2 inf inf");
  assert_string_equal(aggregated(f, "avg(x)"), "{} 0.5 1.7e+308 inf");
  assert_string_equal(aggregated(f, "stddev(x{i='1'})"), "{} 0 0 nan");
}

static void quantiles_lie_between_values_of_a_group(void **state)
{
  evaluated *f = *state;
  given(f, "x{job='a',i='1'}", "1");
  given(f, "x{job='a',i='2'}", "2");
  given(f, "x{job='b'}", "7");
  assert_string_equal(aggregated(f, "quantile by (job) (0.75, x)"), "{job=\"a\"} 1.75\n{job=\"b\"} 7");
  assert_string_equal(aggregated(f, "quantile(-1, x)"), "{} -inf");
  assert_string_equal(aggregated(f, "quantile(2, x)"), "{} inf");
  assert_string_equal(aggregated(f, "quantile(NaN, x)"), "{} nan");
}

static void the_best_of_an_instant_are_in_order_of_rank(void **state)
{
  evaluated *f = *state;
  given(f, "x{i='1'}", "3");
  given(f, "x{i='2'}", "nan");
  given(f, "x{i='3'}", "5");
  given(f, "x{i='4'}", "3");
  assert_string_equal(aggregated(f, "topk(2, x)"), "{__name__=\"x\", i=\"3\"} 5\n{__name__=\"x\", i=\"1\"} 3");
  assert_string_equal(aggregated(f, "bottomk(2.9, x)"), "{__name__=\"x\", i=\"1\"} 3\n{__name__=\"x\", i=\"4\"} 3");
  assert_string_equal(aggregated(f, "topk(9, x{i!='3'})"), "{__name__=\"x\", i=\"1\"} 3\n{__name__=\"x\", i=\"4\"} 3\n{__name__=\"x\", i=\"2\"} nan");
  assert_string_equal(aggregated(f, "topk by (i) (1, x{i=~'1|3'})"), "{__name__=\"x\", i=\"1\"} 3\n{__name__=\"x\", i=\"3\"} 5");
  assert_string_equal(aggregated(f, "topk(0.9, x)"), "");
  assert_string_equal(aggregated(f, "topk(-3, x)"), "");
}

static void the_best_are_chosen_anew_at_each_step(void **state)
{
  evaluated *f = *state;
  f->e.steps = 3;
  given(f, "x{i='1'}", "1 9 _");
  given(f, "x{i='2'}", "2 2 2");
  given(f, "x{i='3'}", "0 0 0");
  assert_string_equal(aggregated(f, "topk(1, x)"), "{__name__=\"x\", i=\"1\"} _ 9 _\n{__name__=\"x\", i=\"2\"} 2 _ 2");
  assert_string_equal(aggregated(f, "bottomk((time() - 1700000000) / 10, x)"), "{__name__=\"x\", i=\"2\"} _ _ 2\n{__name__=\"x\", i=\"3\"} _ 0 0");
}

static void a_count_is_a_number(void **state)
{
  evaluated *f = *state;
  given(f, "x", "1");
  refused_by(f, pl_evaluate_aggregation, "topk(NaN, x)", PL_EINVAL, "column 6: the number of elements to keep is nan: a count below 2^63 is expected");
  refused_by(f, pl_evaluate_aggregation, "bottomk(1e19, x)", PL_EINVAL, "column 9: the number of elements to keep is 1e+19");
}

static void distributions_have_a_sum_and_nothing_else(void **state)
{
  evaluated *f = *state;
  f->e.steps = 2;
  int64_t a = make_series(f, "d{job='a'}", PL_SERIES_DIST), b = make_series(f, "d{job='b'}", PL_SERIES_DIST);
  put_dist(f, a, 0, -1, 1, 10); /* stands at its end */
  put_dist(f, b, 0, 5, 1, 3);
  commit(f);
  assert_string_equal(aggregated(f, "sum(d)"), "{} [10] [13]");
  assert_string_equal(aggregated(f, "sum by (job) (d)"), "{job=\"a\"} [10] [10]\n{job=\"b\"} _ [3]");
  refused_by(f, pl_evaluate_aggregation, "max(d)", PL_EINVAL, "column 1: of distributions there is only a sum");
  given(f, "v{job='a'}", "1");
  refused_by(f, pl_evaluate_aggregation, "sum({job='a'})", PL_EINVAL, "distributions and values have no sum");
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      EVALUATED_TEST(groups_are_made_by_labels),
      EVALUATED_TEST(a_step_takes_the_values_that_are_there),
      EVALUATED_TEST(sums_and_means_keep_what_rounding_loses),
      EVALUATED_TEST(quantiles_lie_between_values_of_a_group),
      EVALUATED_TEST(the_best_of_an_instant_are_in_order_of_rank),
      EVALUATED_TEST(the_best_are_chosen_anew_at_each_step),
      EVALUATED_TEST(a_count_is_a_number),
      EVALUATED_TEST(distributions_have_a_sum_and_nothing_else),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
