/* Functions over a window: the same at once and in pieces, with too few samples, at the limits of numbers. */
#include "query/window.h"

#include <math.h>
#include <string.h>

#include "base/clock.h"
#include "query/vector.h"
#include "support/failing.h"

enum { SAMPLES = 60 };

/* The value of a function over samples a second apart, added in pieces of this length. */
static double value_of(enum pl_function_id id, const double *values, size_t n, size_t length)
{
  int64_t times[SAMPLES];
  double scratch[SAMPLES];
  const pl_window_function *f = pl_window_function_of(id);
  pl_window w = {.from_ns = 0, .to_ns = (int64_t)(n + 1) * (int64_t)PL_S_NS, .param = 0.3, .scratch = scratch};
  for (size_t i = 0; i < n; i++)
    times[i] = (int64_t)(i + 1) * (int64_t)PL_S_NS;
  for (size_t at = 0; at < n; at += length) {
    size_t piece = n - at < length ? n - at : length;
    pl_window_add(&w, f, &(pl_piece){times + at, values + at, piece, true});
  }
  return f->value(&w);
}

static void pieces_give_the_same(void **state)
{
  double values[SAMPLES];
  (void)state;
  for (size_t i = 0; i < SAMPLES; i++)
    values[i] = i % 13 == 5 ? NAN : (double)(i * 37 % 23) - 4;
  for (enum pl_function_id id = PL_FN_RATE; id < PL_FN_QUANTILE_OVER; id++) {
    for (size_t has_nan = 0; has_nan < 2; has_nan++) {
      size_t n = has_nan ? SAMPLES : 5;
      double whole = value_of(id, values, n, n);
      for (size_t length = 1; length < n; length++) {
        double v = value_of(id, values, n, length);
        assert_true(v == whole || (isnan(v) && isnan(whole)));
      }
    }
  }
}

static void one_sample_is_too_few_for_rates(void **state)
{
  static const enum pl_function_id rates[] = {PL_FN_RATE, PL_FN_INCREASE, PL_FN_DELTA, PL_FN_IRATE, PL_FN_DERIV};
  (void)state;
  for (size_t i = 0; i < 5; i++)
    assert_true(pl_is_absent(value_of(rates[i], &(double){5}, 1, 1)));
  assert_true(value_of(PL_FN_CHANGES, &(double){5}, 1, 1) == 0);
  assert_true(value_of(PL_FN_LAST_OVER, &(double){5}, 1, 1) == 5);
}

static void what_falls_began_anew(void **state)
{
  static const double values[] = {10, 20, 5, 8, 2, 4};
  (void)state;
  /* 4 - 10 + 20 + 8 in five seconds, of seven; the first second is no further than the zero before 10. */
  assert_true(fabs(value_of(PL_FN_INCREASE, values, 6, 6) - 22 * 7.0 / 5) < 1e-12);
  assert_true(value_of(PL_FN_RESETS, values, 6, 6) == 2);
  assert_true(fabs(value_of(PL_FN_DELTA, values, 6, 6) - -6 * 7.0 / 5) < 1e-12);
}

static void sums_keep_what_rounding_loses(void **state)
{
  static const double small[] = {1, 1e100, 1, -1e100}, large[] = {1.7e308, 1.7e308, 1.7e308}, odd[] = {NAN, 3, INFINITY};
  (void)state;
  assert_true(value_of(PL_FN_SUM_OVER, small, 4, 4) == 2);
  assert_true(value_of(PL_FN_AVG_OVER, small, 4, 2) == 0.5);
  assert_true(fabs(value_of(PL_FN_AVG_OVER, large, 3, 1) / 1.7e308 - 1) < 1e-12);
  assert_true(isinf(value_of(PL_FN_SUM_OVER, large, 3, 3)));
  assert_true(value_of(PL_FN_MIN_OVER, odd, 3, 3) == 3 && isinf(value_of(PL_FN_MAX_OVER, odd, 3, 3)));
}

static void quantiles_lie_between_neighbours(void **state)
{
  double numbers[] = {4, 1, 3, 2}, infinite[] = {INFINITY, 1};
  (void)state;
  assert_true(pl_quantile_between(0.5, numbers, 4) == 2.5);
  assert_true(pl_quantile_between(0, numbers, 4) == 1 && pl_quantile_between(1, numbers, 4) == 4);
  assert_true(pl_quantile_between(0, infinite, 2) == 1 && pl_quantile_between(1, infinite, 2) == INFINITY);
  assert_true(isnan(pl_quantile_between(NAN, numbers, 4)) && isnan(pl_quantile_between(0.5, numbers, 0)));
  assert_true(pl_quantile_between(-1, numbers, 4) == -INFINITY && pl_quantile_between(2, numbers, 4) == INFINITY);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(pieces_give_the_same),          cmocka_unit_test(one_sample_is_too_few_for_rates),  cmocka_unit_test(what_falls_began_anew),
      cmocka_unit_test(sums_keep_what_rounding_loses), cmocka_unit_test(quantiles_lie_between_neighbours),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
