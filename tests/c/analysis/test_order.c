/* Order statistics: the median's intervals by hand from the binomial distribution, and how often they hold. */
#include "analysis/order.h"

#include <math.h>

#include "base/random.h"
#include "support/failing.h"

/* Of six values all of them cover the median with 1 - 2 / 64. */
static void the_median_of_six(void **state)
{
  static const double x[] = {-10, 2, 3, 4, 5, 6};
  pl_order_interval q;
  (void)state;
  assert_true(pl_order_quantile(x, 6, 0.5, 0.95, &q));
  assert_true(q.value == 3.5 && q.lo == -10 && q.hi == 6 && !q.open_below && !q.open_above && fabs(q.covered - 0.96875) < 1e-12);
  assert_true(pl_order_quantile(x, 6, 0.5, 0.99, &q));
  assert_true(q.open_below && q.open_above && q.lo == -10 && q.hi == 6 && q.covered == 1);
  assert_true(pl_order_quantile(x, 5, 0.5, 0.95, &q) && q.open_below);
}

static void few_values_are_open_and_nonsense_refused(void **state)
{
  static const double one[] = {7}, same[] = {2, 2, 2, 2, 2, 2, 2, 2, 2, 2};
  pl_order_interval q;
  (void)state;
  assert_true(pl_order_quantile(one, 1, 0.5, 0.95, &q) && q.value == 7 && q.open_below && q.open_above);
  assert_true(pl_order_quantile(one, 1, 0.99, 0.95, &q) && !q.open_below && q.open_above); /* 99 % lie below the p99 */
  assert_true(pl_order_quantile(same, 10, 0.5, 0.95, &q) && q.value == 2 && q.lo == 2 && q.hi == 2);
  assert_true(pl_order_quantile(same, 10, 0, 0.95, &q) && pl_order_quantile(same, 10, 1, 0.95, &q));
  assert_false(pl_order_quantile(one, 0, 0.5, 0.95, &q) || pl_order_quantile(one, 1, NAN, 0.95, &q) || pl_order_quantile(one, 1, 0.5, 1, &q));
  assert_true(isnan(pl_median_sorted(one, 0)));
}

/* At least the level, and not much more: p90 of 100 values. */
static void intervals_hold_the_true_quantile(void **state)
{
  enum { TRIALS = 2000, N = 100 };
  pl_rng r;
  int held = 0;
  (void)state;
  pl_rng_init(&r, 4, 0, 0, 0);
  for (int t = 0; t < TRIALS; t++) {
    double x[N];
    pl_order_interval q;
    for (int i = 0; i < N; i++)
      x[i] = pl_rng_unit(&r);
    pl_sort(x, N);
    assert_true(pl_order_quantile(x, N, 0.9, 0.95, &q));
    held += q.lo <= 0.9 && 0.9 <= q.hi;
  }
  assert_in_range(held, TRIALS * 94 / 100, TRIALS * 985 / 1000);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(the_median_of_six), cmocka_unit_test(few_values_are_open_and_nonsense_refused),
                                     cmocka_unit_test(intervals_hold_the_true_quantile)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
