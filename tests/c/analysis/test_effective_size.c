/* An autoregression of order one is worth n (1 - r) / (1 + r) values. */
#include "analysis/effective_size.h"

#include <math.h>

#include "base/random.h"
#include "support/failing.h"

enum { N = 20000 };

static double size_of(double r)
{
  static double x[N];
  pl_rng rng;
  pl_rng_init(&rng, 5, 0, 0, 0);
  x[0] = 0;
  for (int i = 1; i < N; i++)
    x[i] = r * x[i - 1] + pl_rng_normal(&rng, 0, 1);
  return pl_effective_size(x, N);
}

static void dependence_costs_what_theory_says(void **state)
{
  (void)state;
  assert_true(fabs(size_of(0) / N - 1) < 0.1);
  assert_true(fabs(size_of(0.5) / N * 3 - 1) < 0.15);
  assert_true(fabs(size_of(0.9) / N * 19 - 1) < 0.25);
}

static void odd_input_gives_numbers(void **state)
{
  static const double same[10] = {0}, wide[] = {1e300, -1e300, 1e300, 1e300, -1e300, 1e-300, 1, 2, 3, 4};
  (void)state;
  assert_true(pl_effective_size(same, 0) == 0 && pl_effective_size(same, 2) == 2 && pl_effective_size(same, 10) == 10);
  assert_true(pl_effective_size(wide, 10) == 10);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(dependence_costs_what_theory_says), cmocka_unit_test(odd_input_gives_numbers)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
