/* Two samples of values: plain means, intervals that hold, verdicts that need enough values. */
#include "analysis/two_samples.h"

#include <math.h>

#include "base/random.h"
#include "support/failing.h"

static pl_two_samples compare(const double *a, size_t n_a, const double *b, size_t n_b, enum pl_statistic statistic)
{
  pl_two_samples r;
  assert_int_equal(pl_compare_two_samples(&pl_alloc_default, a, n_a, b, n_b, statistic, &r), PL_OK);
  return r;
}

static void means_are_arithmetic(void **state)
{
  static const double a[] = {1, 1, 10}, b[] = {2, 2, 20};
  (void)state;
  pl_two_samples r = compare(a, 3, b, 3, PL_STATISTIC_MEAN);
  assert_true(fabs(r.baseline - 4) < 1e-12 && fabs(r.candidate - 8) < 1e-12 && fabs(r.difference - 4) < 1e-12);
  assert_true(r.noise_known && r.lo < 0 && r.hi > 4 && r.p > 0.05);
}

static void a_difference_beyond_the_noise_is_seen(void **state)
{
  static const double a[] = {100, 101, 99, 100.5, 99.5}, b[] = {120, 121, 119, 120.5, 119.5};
  (void)state;
  pl_two_samples r = compare(a, 5, b, 5, PL_STATISTIC_MEAN);
  assert_true(r.lo > 18.5 && r.lo < 20 && r.hi > 20 && r.hi < 21.5 && r.p < 0.01);
  r = compare(a, 5, a, 5, PL_STATISTIC_MEAN);
  assert_true(r.difference == 0 && r.lo < 0 && r.hi > 0 && r.p > 0.9);
}

static void too_few_values_know_no_noise(void **state)
{
  static const double many[] = {100, 102, 98, 101, 99, 100, 103, 97}, one = 130;
  (void)state;
  assert_false(compare(many, 1, &one, 1, PL_STATISTIC_MEAN).noise_known);
  assert_false(compare(many, 7, &one, 1, PL_STATISTIC_MEAN).noise_known);
  pl_two_samples r = compare(many, 8, &one, 1, PL_STATISTIC_MEAN);
  assert_true(r.noise_known && r.lo > 20 && r.hi < 40);
  assert_false(compare(many, 8, many, 8, PL_STATISTIC_P99).noise_known);
}

/* 1,000 times two groups of five without a difference: an interval that leaves 0 out is an error of 5 %. With 1,000 trials the
 * count lies within 4.5 standard deviations, 50 +- 31, unless the interval is wrong; an uncorrected percentile gives about 110. */
static void few_values_claim_no_more_than_they_know(void **state)
{
  int wrong = 0, differ = 0;
  pl_rng rng;
  (void)state;
  pl_rng_init(&rng, 7, 0, 0, 0);
  for (int trial = 0; trial < 1000; trial++) {
    double a[5], b[5];
    for (int i = 0; i < 5; i++) {
      a[i] = pl_rng_normal(&rng, 100, 10);
      b[i] = pl_rng_normal(&rng, 100, 10);
    }
    pl_two_samples r = compare(a, 5, b, 5, PL_STATISTIC_MEAN);
    wrong += r.lo > 0 || r.hi < 0;
    differ += (r.p < 0.05) != (r.lo > 0 || r.hi < 0);
  }
  assert_in_range(wrong, 19, 81);
  assert_in_range(differ, 0, 30); /* p and interval tell the same, but for skewed groups */
}

/* Values that follow the one before (0.9 of it): as independent ones their interval would be 4 times too narrow. */
static void dependent_values_are_drawn_in_blocks(void **state)
{
  enum { N = 200 };
  static double a[N], b[N];
  int wrong = 0;
  pl_rng rng;
  (void)state;
  pl_rng_init(&rng, 3, 0, 0, 0);
  for (int trial = 0; trial < 30; trial++) {
    double x = 0, y = 0;
    for (int i = 0; i < N; i++) {
      a[i] = 100 + (x = 0.9 * x + pl_rng_normal(&rng, 0, 1));
      b[i] = 100 + (y = 0.9 * y + pl_rng_normal(&rng, 0, 1));
    }
    pl_two_samples r = compare(a, N, b, N, PL_STATISTIC_MEAN);
    wrong += r.lo > 0 || r.hi < 0;
  }
  assert_in_range(wrong, 0, 10); /* about 4 by blocks, about 19 without */
}

static void percentiles_of_enough_values(void **state)
{
  enum { N = 2000 };
  static double a[N], b[N];
  pl_rng rng;
  (void)state;
  pl_rng_init(&rng, 5, 0, 0, 0);
  for (int i = 0; i < N; i++) {
    a[i] = pl_rng_exponential(&rng, 1);
    b[i] = pl_rng_exponential(&rng, 2);
  }
  pl_two_samples r = compare(a, N, b, N, PL_STATISTIC_P99);
  assert_true(fabs(r.baseline - log(100)) < 0.6 && fabs(r.candidate - 2 * log(100)) < 1.2);
  assert_true(r.noise_known && r.lo > 2 && r.hi < 8 && r.lo < r.difference && r.hi > r.difference && r.p < 0.01);
}

static void what_is_no_number_is_refused(void **state)
{
  const double good = 1, bad = NAN;
  pl_two_samples r;
  failing f;
  (void)state;
  assert_int_equal(pl_compare_two_samples(&pl_alloc_default, &good, 0, &good, 1, PL_STATISTIC_MEAN, &r), PL_EINVAL);
  assert_int_equal(pl_compare_two_samples(&pl_alloc_default, &good, 1, &bad, 1, PL_STATISTIC_MEAN, &r), PL_EINVAL);
  failing_init(&f, 1);
  assert_int_equal(pl_compare_two_samples(&f.allocator, &good, 1, &good, 1, PL_STATISTIC_MEAN, &r), PL_ENOMEM);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(means_are_arithmetic),
      cmocka_unit_test(a_difference_beyond_the_noise_is_seen),
      cmocka_unit_test(too_few_values_know_no_noise),
      cmocka_unit_test(few_values_claim_no_more_than_they_know),
      cmocka_unit_test(dependent_values_are_drawn_in_blocks),
      cmocka_unit_test(percentiles_of_enough_values),
      cmocka_unit_test(what_is_no_number_is_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
