#include "analysis/forecast/median.h"

#include <math.h>
#include <stdlib.h>

#include "base/random.h"
#include "support/failing.h"

static int by_value(const void *a, const void *b)
{
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

/* In order they are 1 1 2 3 3 4 5 5 5 6 9; scipy's median absolute deviation 1. */
static void quantiles_are_nearest_ranks(void **state)
{
  const double values[11] = {3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5}, p[5] = {0, 0.1, 0.5, 0.95, 1}, expected[5] = {1, 1, 4, 9, 9};
  (void)state;
  for (int i = 0; i < 5; i++) {
    double x[11];
    for (int j = 0; j < 11; j++)
      x[j] = values[j];
    assert_true(fabs(pl_quantile_in(x, 11, p[i]) - expected[i]) < 1e-12);
  }
  double x[11];
  for (int j = 0; j < 11; j++)
    x[j] = values[j];
  assert_true(fabs(pl_mad_in(x, 11) - 1.4826) < 1e-12);
}

static void they_are_those_of_sorted_values(void **state)
{
  pl_rng r;
  (void)state;
  pl_rng_init(&r, 1, 0, 0, 0);
  for (int t = 0; t < 500; t++) {
    double x[60], sorted[60];
    size_t n = 1 + (size_t)pl_rng_below(&r, 60);
    for (size_t i = 0; i < n; i++)
      sorted[i] = x[i] = (double)pl_rng_below(&r, 20);
    qsort(sorted, n, sizeof *sorted, by_value);
    assert_true(pl_median_in(x, n) == (sorted[(n - 1) / 2] + sorted[n / 2]) / 2);
  }
}

static void no_value_has_no_middle(void **state)
{
  double one = 3;
  (void)state;
  assert_true(isnan(pl_median_in(&one, 0)));
  assert_true(pl_median_in(&one, 1) == 3);
  assert_true(pl_mad_in(&one, 1) == 0);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(quantiles_are_nearest_ranks), cmocka_unit_test(they_are_those_of_sorted_values),
                                     cmocka_unit_test(no_value_has_no_middle)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
