/* The first rows of a series: what is far off is odd, what is not is none. */
#include "analysis/anomaly/young.h"

#include <math.h>

#include "support/failing.h"

/* Rows 10 + i % 3, then `then` from row 40 on; the first odd row, or -1, and its kind. */
static int first_odd(double then, int rows, pl_anomaly_kind *kind)
{
  pl_young y = {0};
  for (int i = 0; i < 60; i++) {
    double x = i >= 40 && i < 40 + rows ? then : 10 + i % 3;
    if (pl_young_add(&y, x, kind) >= 1)
      return i;
  }
  return -1;
}

static void a_far_value_is_a_spike(void **state)
{
  pl_anomaly_kind kind = PL_ANOMALY_NONE;
  (void)state;
  assert_int_equal(first_odd(40, 1, &kind), 40);
  assert_int_equal(kind, PL_ANOMALY_SPIKE);
  assert_int_equal(first_odd(15, 1, &kind), -1);
}

static void three_in_a_row_are_a_level(void **state)
{
  pl_anomaly_kind kind = PL_ANOMALY_NONE;
  (void)state;
  assert_int_equal(first_odd(16, 20, &kind), 42);
  assert_int_equal(kind, PL_ANOMALY_SHIFT);
  assert_int_equal(first_odd(16, 2, &kind), -1);
}

static void constant_rows(void **state)
{
  pl_young y = {0};
  pl_anomaly_kind kind = PL_ANOMALY_NONE;
  (void)state;
  for (int i = 0; i < 30; i++)
    assert_true(pl_young_add(&y, 1e300, &kind) == 0);
  assert_true(pl_young_add(&y, -1e300, &kind) >= 1);
  assert_int_equal(kind, PL_ANOMALY_SPIKE);
}

static void too_few_rows_are_not_judged(void **state)
{
  pl_young y = {0};
  pl_anomaly_kind kind = PL_ANOMALY_NONE;
  (void)state;
  for (int i = 0; i < 24; i++)
    assert_true(pl_young_add(&y, i == 20 ? 1e9 : 5, &kind) == 0);
  assert_int_equal(kind, PL_ANOMALY_NONE);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(a_far_value_is_a_spike), cmocka_unit_test(three_in_a_row_are_a_level), cmocka_unit_test(constant_rows),
                                     cmocka_unit_test(too_few_rows_are_not_judged)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
