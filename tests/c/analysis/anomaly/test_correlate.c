/* Series that change with a window, before it, or not at all. */
#include "analysis/anomaly/correlate.h"

#include <math.h>

#include "support/failing.h"
#include "support/stream.h"

enum { N = 400, FROM = 300, TO = 340 };

static double odd(size_t i)
{
  return (double)(i * 7919 % 101) / 101;
}

/* A series that is 3 higher in [from, to). */
static pl_correlation of(size_t from, size_t to)
{
  double v[N];
  pl_correlation c;
  for (size_t i = 0; i < N; i++)
    v[i] = odd(i) + (i >= from && i < to ? 3 : 0);
  assert_int_equal(pl_correlate(&pl_alloc_default, v, N, FROM, TO, 20, &c), 0);
  return c;
}

static void lag_of_a_change(void **state)
{
  static const long lags[] = {0, -7, 12, -20};
  (void)state;
  for (size_t i = 0; i < 4; i++) {
    pl_correlation c = of((size_t)(FROM + lags[i]), (size_t)(TO + lags[i]));
    assert_int_equal(c.lag, lags[i]);
    assert_true(c.p < 1e-4);
    assert_true(c.correlation > 0.9);
    assert_true(fabs(c.before - 0.5) < 0.05);
  }
}

static void no_change(void **state)
{
  (void)state;
  pl_correlation c = of(0, 0);
  assert_true(c.p > 0.05);
  assert_true(c.correlation < 0.5);
}

static void odd_input(void **state)
{
  double v[N];
  pl_correlation c = {.d = 9};
  (void)state;
  for (size_t i = 0; i < N; i++)
    v[i] = NAN;
  assert_int_equal(pl_correlate(&pl_alloc_default, v, N, FROM, TO, 20, &c), PL_EINVAL);
  assert_int_equal(pl_correlate(&pl_alloc_default, v, N, TO, FROM, 20, &c), PL_EINVAL);
  assert_int_equal(pl_correlate(&pl_alloc_default, v, N, FROM, N + 1, 20, &c), PL_EINVAL);
  assert_true(c.d == 9);
  for (size_t i = 0; i < N; i++)
    v[i] = 5;
  assert_int_equal(pl_correlate(&pl_alloc_default, v, N, FROM, TO, 1000, &c), 0);
  assert_true(c.d == 0 && c.p == 1 && c.correlation == 0 && c.lag == 0);
  for (size_t i = 0; i < N; i++)
    v[i] = i % 9 == 0 ? INFINITY : i >= FROM ? 1e308 : -1e308 * odd(i);
  assert_int_equal(pl_correlate(&pl_alloc_default, v, N, FROM, TO, 20, &c), 0);
  assert_true(isfinite(c.correlation) && isfinite(c.before) && isfinite(c.during));
}

/* Rows that hold what the rows before were, AR(1) of 0.8, are fewer than they seem: a window in which nothing happened is called so at its level, and one
 * that is
 * three deviations higher is told all the same. */
static void rows_that_remember(void **state)
{
  int told[2] = {0};
  (void)state;
  for (int k = 0; k < 200; k++) {
    double v[N], e = 0;
    uint64_t s = (uint64_t)(k / 2 + 1) * 7919;
    pl_correlation c;
    for (size_t i = 0; i < N; i++) {
      e = 0.8 * e + 0.6 * stream_normal(&s);
      v[i] = e + (k % 2 && i >= FROM && i < TO ? 3 : 0);
    }
    assert_int_equal(pl_correlate(&pl_alloc_default, v, N, FROM, TO, 20, &c), 0);
    told[k % 2] += c.p < 0.05;
  }
  assert_true(told[0] <= 8 && told[1] >= 90);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(lag_of_a_change), cmocka_unit_test(no_change), cmocka_unit_test(odd_input),
                                     cmocka_unit_test(rows_that_remember)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
