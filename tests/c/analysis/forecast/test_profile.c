#include "analysis/forecast/profile.h"

#include <math.h>
#include <string.h>

#include "support/failing.h"

#define A &pl_alloc_default

enum { N = 24 * 28, AHEAD = 48 };

/* Growth and two seasons without noise: the seasons come out, ahead too, but for a constant (each sums to 0). */
static void two_seasons_under_growth(void **state)
{
  const size_t seasons[2] = {24, 168};
  double y[N], out[N + AHEAD] = {0};
  (void)state;
  for (int i = 0; i < N; i++)
    y[i] = 3 * i + 10 * sin(2 * M_PI * i / 24) + (i / 24 % 7 == 6 ? -30 : 5);
  y[100] = NAN;
  y[400] = 1e6;
  assert_int_equal(pl_profile(A, y, N, seasons, 2, N + AHEAD, out), PL_OK);
  for (int i = 0; i < N + AHEAD; i++)
    assert_true(fabs(out[i] - (10 * sin(2 * M_PI * i / 24) + (i / 24 % 7 == 6 ? -30 : 5))) < 6);
  double sum = 0;
  for (int i = 0; i < 168; i++)
    sum += out[i];
  assert_true(fabs(sum) < 1e-6);
}

static void seasons_longer_than_half_the_series(void **state)
{
  const size_t seasons[1] = {24};
  const double y[30] = {1, 2, 3};
  double out[31] = {0}, zero[31] = {0};
  (void)state;
  assert_int_equal(pl_profile(A, y, 30, seasons, 1, 31, out), PL_OK);
  assert_memory_equal(out, zero, sizeof zero);
  assert_int_equal(pl_profile(A, y, 0, seasons, 1, 31, out), PL_OK);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(two_seasons_under_growth), cmocka_unit_test(seasons_longer_than_half_the_series)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
