#include "analysis/goodness.h"

#include <math.h>

#include "base/random.h"
#include "support/failing.h"

/* Critical distances of Smirnov's table (1948): D for n values at 5 % and 1 %. */
static void probabilities_are_those_of_the_table(void **state)
{
  static const struct {
    size_t n;
    double d, p;
  } table[] = {{10, 0.40925, 0.05}, {10, 0.48893, 0.01}, {20, 0.29408, 0.05}, {50, 0.18845, 0.05}, {100, 0.13403, 0.05}, {100, 0.16081, 0.01}};
  (void)state;
  for (size_t i = 0; i < sizeof table / sizeof *table; i++)
    assert_true(fabs(pl_ks_p(table[i].d, table[i].n) - table[i].p) < 0.06 * table[i].p);
  assert_true(pl_ks_p(0, 100) == 1 && pl_ks_p(1, 100) < 1e-9);
}

static void the_distance_is_the_largest_step(void **state)
{
  double one[1] = {log(2)}, three[3] = {10, log(2), 0};
  (void)state;
  assert_float_equal(pl_ks_exponential(one, 1), 0.5, 1e-12);
  assert_float_equal(pl_ks_exponential(three, 3), 1.0 / 3, 1e-4); /* after 0, and before 10: a third each */
  assert_true(isnan(pl_ks_exponential(one, 0)));
}

static void exponential_values_pass_and_even_ones_do_not(void **state)
{
  enum { N = 1000, TRIALS = 200 };
  pl_rng r;
  int refused = 0;
  double x[N];
  (void)state;
  pl_rng_init(&r, 6, 0, 0, 0);
  for (int t = 0; t < TRIALS; t++) {
    for (int i = 0; i < N; i++)
      x[i] = pl_rng_exponential(&r, 1);
    refused += pl_ks_p(pl_ks_exponential(x, N), N) < 0.05;
  }
  assert_true(refused < TRIALS * 0.1); /* 5 % and three standard errors */
  for (int i = 0; i < N; i++)
    x[i] = 0.5 + (double)i / N;
  assert_true(pl_ks_p(pl_ks_exponential(x, N), N) < 1e-6);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(probabilities_are_those_of_the_table), cmocka_unit_test(the_distance_is_the_largest_step),
                                     cmocka_unit_test(exponential_values_pass_and_even_ones_do_not)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
