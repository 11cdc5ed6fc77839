#include "analysis/forecast/resolution.h"

#include <math.h>

#include "base/random.h"
#include "support/failing.h"

static void near(double got, double want)
{
  assert_true(fabs(got - want) <= 1e-9 * fabs(want));
}

static void what_all_differences_are_multiples_of(void **state)
{
  const double ones[] = {7, 9, 12, NAN, 7}, tens[] = {10, 40, 20, 10}, fives[] = {10, 20, 35}, hundredths[] = {0.1, 0.25, 1e5, 0.07}, pages[] = {4096, 1 << 30, 8192, INFINITY};
  (void)state;
  near(pl_resolution(ones, 5), 1);
  near(pl_resolution(tens, 4), 10);
  near(pl_resolution(fives, 3), 5);
  near(pl_resolution(hundredths, 4), 0); /* a hundredth is less than a millionth of the range */
  near(pl_resolution(hundredths, 2), 0.15);
  near(pl_resolution(pages, 4), 4096);
  near(pl_resolution(pages, 1), 0);
}

/* Decimals, which binary numbers do not hold exactly, shifted and scaled. */
static void decimals_shifted_and_scaled(void **state)
{
  double y[1000];
  pl_rng r;
  (void)state;
  pl_rng_init(&r, 3, 0, 0, 0);
  for (double size = 1e-290; size < 1e290; size *= 1e20) {
    for (int i = 0; i < 1000; i++)
      y[i] = ((double)pl_rng_below(&r, 5000) / 100 + 17) * size;
    near(pl_resolution(y, 1000), 0.01 * size);
  }
}

static void fine_constant_and_empty_series(void **state)
{
  double y[200];
  const double same[] = {3, 3, 3}, huge[] = {-1e300, 1e300, 0};
  pl_rng r;
  (void)state;
  pl_rng_init(&r, 4, 0, 0, 0);
  for (int i = 0; i < 200; i++)
    y[i] = pl_rng_normal(&r, 0, 1);
  near(pl_resolution(y, 200), 0);
  near(pl_resolution(same, 3), 0);
  near(pl_resolution(y, 0), 0);
  near(pl_resolution(huge, 3), 1e300);
  y[0] = y[1] = NAN;
  near(pl_resolution(y, 2), 0);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(what_all_differences_are_multiples_of), cmocka_unit_test(decimals_shifted_and_scaled),
                                     cmocka_unit_test(fine_constant_and_empty_series)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
