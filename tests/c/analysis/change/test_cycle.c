/* Seasons are found and taken off; levels, trends and noise are none. */
#include "analysis/change/cycle.h"

#include <math.h>
#include <stdint.h>

#include "support/failing.h"
#include "support/stream.h"

enum { N = 240 };

static void fill(double *y, size_t m, double height, double step)
{
  uint64_t s = 11;
  for (size_t i = 0; i < N; i++) {
    y[i] = stream_uniform(&s) + height * sin(6.283185307179586 * (double)i / (double)m) + (i >= N / 2 ? step : 0);
  }
}

static void seasons_are_found(void **state)
{
  double y[N], scratch[2 * N];
  (void)state;
  for (size_t m = 6; m <= 24; m += 6) {
    fill(y, m, 4, 0);
    assert_int_equal(pl_cycle_find(y, N, scratch), m);
    fill(y, m, 4, 30);
    for (size_t i = 0; i < N; i++)
      y[i] += 0.5 * (double)i;
    assert_int_equal(pl_cycle_find(y, N, scratch), m);
  }
  fill(y, 12, 0, 0);
  assert_int_equal(pl_cycle_find(y, N, scratch), 0);
  fill(y, 12, 0, 30);
  assert_int_equal(pl_cycle_find(y, N, scratch), 0);
  fill(y, 12, 4, 0);
  for (size_t n = 0; n < 24; n++)
    assert_int_equal(pl_cycle_find(y, n, scratch), 0);
  for (size_t i = 0; i < N; i++)
    y[i] = 3;
  assert_int_equal(pl_cycle_find(y, N, scratch), 0);
}

/* Few values of noise, with a step of six deviations or without, seldom look like a season, which would be taken for what hides the step. */
static void few_values_of_noise_have_none(void **state)
{
  enum { LENGTHS = 3, TRIALS = 300 };
  static const size_t lengths[LENGTHS] = {24, 27, 30};
  int seasons = 0;
  (void)state;
  for (int k = 0; k < 2 * LENGTHS; k++) {
    double y[30], scratch[60];
    uint64_t s = 5;
    for (int trial = 0; trial < TRIALS; trial++) {
      size_t n = lengths[k / 2];
      for (size_t i = 0; i < n; i++)
        y[i] = stream_normal(&s) + (k % 2 && i >= n / 2 ? 6 : 0);
      seasons += pl_cycle_find(y, n, scratch) > 0;
    }
  }
  assert_true(seasons <= 2 * LENGTHS * TRIALS * 8 / 100);
}

static void levels_stay(void **state)
{
  double with[N], without[N], scratch[3 * N];
  (void)state;
  for (size_t m = 11; m <= 12; m++) { /* odd and even */
    fill(with, m, 4, 30);
    fill(without, m, 0, 30);
    pl_cycle_take(with, N, m, scratch);
    for (size_t i = 0; i < N; i++)
      assert_true(fabs(with[i] - without[i]) < 1);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(seasons_are_found), cmocka_unit_test(few_values_of_noise_have_none), cmocka_unit_test(levels_stay)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
