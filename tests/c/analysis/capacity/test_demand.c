#include "analysis/capacity/demand.h"

#include <math.h>

#include "base/random.h"
#include "support/failing.h"

static void a_line(void **state)
{
  const double x[] = {0, 100, 200, 300}, u[] = {0.1, 0.3, 0.5, 0.7};
  pl_demand d;
  (void)state;
  assert_int_equal(pl_demand_fit(x, u, 4, 0.95, 1, &d, NULL), 0);
  assert_true(d.varied && fabs(d.demand - 0.002) < 1e-12 && fabs(d.idle - 0.1) < 1e-12 && fabs(d.x_max - 450) < 1e-9);
  assert_true(fabs(d.r2 - 1) < 1e-12 && d.demand_hi - d.demand_lo < 1e-9);
  assert_int_equal(pl_demand_fit(x, u, 4, 0.95, 0.8, &d, NULL), 0);
  assert_true(fabs(d.x_max - 350) < 1e-9);
}

/* Intervals of the demand hold the truth in 95 % of 1,000 samples: within 4 standard errors, 0.7 %. */
static void the_interval(void **state)
{
  pl_rng r;
  int held = 0;
  (void)state;
  pl_rng_init(&r, 3, 0, 0, 0);
  for (int t = 0; t < 1000; t++) {
    double x[12], u[12];
    pl_demand d;
    for (int i = 0; i < 12; i++) {
      x[i] = 50 + 25 * i;
      u[i] = 0.2 + 0.002 * x[i] + pl_rng_normal(&r, 0, 0.02);
    }
    assert_int_equal(pl_demand_fit(x, u, 12, 0.95, 1, &d, NULL), 0);
    held += d.demand_lo <= 0.002 && d.demand_hi >= 0.002;
  }
  assert_true(held >= 922 && held <= 978);
}

static void a_constant_load_and_one_value(void **state)
{
  const double x[] = {100, 100, 101}, u[] = {0.5, 0.52, 0.48}, flat[] = {0.5, 0.5, 0.5, 0.5}, load[] = {1, 2, 3, 4};
  pl_demand d;
  (void)state;
  assert_int_equal(pl_demand_fit(x, u, 3, 0.95, 1, &d, NULL), 0);
  assert_true(!d.varied && fabs(d.demand - 1.5 / 301) < 1e-12 && d.demand_lo < d.demand);
  assert_int_equal(pl_demand_fit(x, u, 1, 0.95, 1, &d, NULL), 0);
  assert_true(fabs(d.x_max - 200) < 1e-9 && isnan(d.demand_lo));
  assert_int_equal(pl_demand_fit(load, flat, 4, 0.95, 1, &d, NULL), 0);
  assert_true(isinf(d.x_max) && isnan(d.r2));
}

static void which_ends_first(void **state)
{
  const pl_demand d[] = {{.x_max = INFINITY}, {.x_max = 300}, {.x_max = 200}, {.x_max = 250}};
  (void)state;
  assert_int_equal(pl_first_to_end(d, 4), 2);
  assert_int_equal(pl_first_to_end(d, 1), 1);
  assert_int_equal(pl_first_to_end(d, 0), 0);
}

static void bad_input(void **state)
{
  const double x[] = {1, 2}, zero[] = {0, 0}, nan[] = {1, NAN}, minus[] = {-1, 1};
  pl_demand d;
  (void)state;
  assert_int_equal(pl_demand_fit(x, x, 0, 0.95, 1, &d, NULL), PL_EINVAL);
  assert_int_equal(pl_demand_fit(zero, x, 2, 0.95, 1, &d, NULL), PL_EINVAL);
  assert_int_equal(pl_demand_fit(x, nan, 2, 0.95, 1, &d, NULL), PL_EINVAL);
  assert_int_equal(pl_demand_fit(minus, x, 2, 0.95, 1, &d, NULL), PL_EINVAL);
  assert_int_equal(pl_demand_fit(x, x, 2, 0.95, 0, &d, NULL), PL_EINVAL);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(a_line), cmocka_unit_test(the_interval), cmocka_unit_test(a_constant_load_and_one_value),
                                     cmocka_unit_test(which_ends_first), cmocka_unit_test(bad_input)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
