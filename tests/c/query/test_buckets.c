/* histogram_quantile: within classic buckets, at their edges, with what is no histogram, and of distributions. */
#include "query/evaluated.h"

#include "support/comma.h"

static const char *quantiles(evaluated *f, const char *expression)
{
  return given_by(f, pl_evaluate_buckets, expression);
}

static void values_lie_evenly_within_a_bucket(void **state)
{
  evaluated *f = *state;
  given(f, "b{job='a',le='1'}", "10");
  given(f, "b{job='a',le='2'}", "30");
  given(f, "b{job='a',le='+Inf'}", "40");
  assert_string_equal(quantiles(f, "histogram_quantile(0.5, b)"), "{job=\"a\"} 1.5");
  assert_string_equal(quantiles(f, "histogram_quantile(0.125, b)"), "{job=\"a\"} 0.5"); /* the first one begins at 0 */
  assert_string_equal(quantiles(f, "histogram_quantile(0.25, b)"), "{job=\"a\"} 1");
  assert_string_equal(quantiles(f, "histogram_quantile(0.9, b)"), "{job=\"a\"} 2"); /* the last bound that is known */
  assert_string_equal(quantiles(f, "histogram_quantile(0, b)"), "{job=\"a\"} 0");
  assert_string_equal(quantiles(f, "histogram_quantile(-0.1, b)"), "{job=\"a\"} -inf");
  assert_string_equal(quantiles(f, "histogram_quantile(1.1, b)"), "{job=\"a\"} inf");
  assert_string_equal(quantiles(f, "histogram_quantile(NaN, b)"), "{job=\"a\"} nan");
}

static void a_first_bucket_below_zero_has_no_beginning(void **state)
{
  evaluated *f = *state;
  given(f, "b{le='-1'}", "10");
  given(f, "b{le='1'}", "20");
  given(f, "b{le='+Inf'}", "20");
  assert_string_equal(quantiles(f, "histogram_quantile(0.25, b)"), "{} -1");
  assert_string_equal(quantiles(f, "histogram_quantile(0.75, b)"), "{} 0");
}

static void each_step_and_group_is_a_histogram_of_its_own(void **state)
{
  evaluated *f = *state;
  f->e.steps = 3;
  given(f, "b{job='a',le='1'}", "1 1 _");
  given(f, "b{job='a',le='2'}", "1 2 _");
  given(f, "b{job='a',le='+Inf'}", "1 2 _");
  given(f, "b{job='b',le='4'}", "_ 1 1");
  given(f, "b{job='b',le='+Inf'}", "_ 1 1");
  assert_string_equal(quantiles(f, "histogram_quantile(1, b)"), "{job=\"a\"} 1 2 _\n{job=\"b\"} _ 4 4");
  assert_string_equal(quantiles(f, "histogram_quantile((time() - 1700000000) / 20, b{job='b'})"), "{job=\"b\"} _ 2 4");
}

static void counts_that_fall_stay_and_bounds_written_twice_are_one(void **state)
{
  evaluated *f = *state;
  f->e.steps = 2;
  given(f, "b{le='1'}", "20 10");
  given(f, "b{le='2'}", "15 10"); /* of a moment before */
  given(f, "b{le='2.0'}", "0 10");
  given(f, "b{le='4'}", "40 30");
  given(f, "b{le='+Inf'}", "40 30");
  assert_string_equal(quantiles(f, "histogram_quantile(0.75, b)"), "{} 3 2.5");
}

static void what_is_no_histogram_has_no_quantile(void **state)
{
  evaluated *f = *state;
  given(f, "open{le='1'}", "1");
  given(f, "open{le='2'}", "1");
  given(f, "empty{le='-1'}", "0");
  given(f, "empty{le='+Inf'}", "0");
  given(f, "single{le='+Inf'}", "5");
  given(f, "wrong{le='small'}", "1");
  given(f, "wrong{le='1 '}", "1");
  given(f, "wrong{le='NaN'}", "1");
  given(f, "wrong", "1");
  assert_string_equal(quantiles(f, "histogram_quantile(0.5, open)"), "{} nan");
  assert_string_equal(quantiles(f, "histogram_quantile(0.5, empty)"), "{} nan");
  assert_string_equal(quantiles(f, "histogram_quantile(0.5, single)"), "{} nan");
  assert_string_equal(quantiles(f, "histogram_quantile(0.5, wrong)"), "");
  assert_string_equal(quantiles(f, "histogram_quantile(0.5, nothing)"), "");
}

static void distributions_give_the_nearest_rank(void **state)
{
  evaluated *f = *state;
  f->e.steps = 2;
  int64_t a = make_series(f, "d{job='a',le='kept'}", PL_SERIES_DIST);
  put_dist(f, a, 0, 9, 1000, 1); /* one value: its bucket's upper end, within 3 digits */
  commit(f);
  pl_vector v;
  assert_int_equal(pl_evaluate_buckets(&f->e, parsed(f, "histogram_quantile(0.5, d)"), &v), PL_OK);
  assert_int_equal(v.n, 1);
  assert_true(pl_str_eqc(pl_label_set_find(&v.elements[0].labels, PL_STR("le")), "kept"));
  assert_null(pl_label_set_find(&v.elements[0].labels, pl_name_label).data);
  assert_true(pl_is_absent(v.elements[0].values[0]));
  assert_true(fabs(v.elements[0].values[1] - 1) < 1e-3);
  assert_string_equal(quantiles(f, "histogram_quantile(-1, d)"), "{job=\"a\", le=\"kept\"} _ -inf");
  assert_string_equal(quantiles(f, "histogram_quantile(2, d)"), "{job=\"a\", le=\"kept\"} _ inf");
  assert_string_equal(quantiles(f, "histogram_quantile(NaN, d)"), "{job=\"a\", le=\"kept\"} _ nan");
}

static void a_host_may_write_commas(void **state)
{
  evaluated *f = *state;
  given(f, "b{le='0.5'}", "10");
  given(f, "b{le='1.5'}", "20");
  given(f, "b{le='+Inf'}", "20");
  comma_begin();
  const char *text = quantiles(f, "histogram_quantile(.75, b * 0x1 * 1.)");
  comma_end();
  assert_string_equal(text, "{} 1");
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      EVALUATED_TEST(values_lie_evenly_within_a_bucket),
      EVALUATED_TEST(a_first_bucket_below_zero_has_no_beginning),
      EVALUATED_TEST(each_step_and_group_is_a_histogram_of_its_own),
      EVALUATED_TEST(counts_that_fall_stay_and_bounds_written_twice_are_one),
      EVALUATED_TEST(what_is_no_histogram_has_no_quantile),
      EVALUATED_TEST(distributions_give_the_nearest_rank),
      EVALUATED_TEST(a_host_may_write_commas),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
