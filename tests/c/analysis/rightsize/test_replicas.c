#include "analysis/rightsize/replicas.h"

#include <math.h>

#include "support/failing.h"

static pl_bounded exact(double value)
{
  return (pl_bounded){.value = value, .lo = value, .hi = value, .level = 0.95};
}

/* Published quantiles. */
static void quantiles_are_those_of_tables(void **state)
{
  (void)state;
  assert_true(pl_normal_quantile(0.5) == 0);
  assert_true(fabs(pl_normal_quantile(0.9) - 1.2815515655) < 1e-6);
  assert_true(fabs(pl_normal_quantile(0.025) + 1.9599639845) < 1e-6);
  assert_true(fabs(pl_normal_quantile(0.999) - 3.0902323062) < 1e-6);
  assert_true(fabs(pl_normal_quantile(1e-12) + 7.0344838254) < 1e-6);
  assert_true(isnan(pl_normal_quantile(0)) && isnan(pl_normal_quantile(NAN)));
}

static void certain_numbers_are_divided(void **state)
{
  (void)state;
  pl_replicas r = pl_replicas_for(exact(1000), exact(100), 0, 0, 0.95);
  assert_true(r.known && r.replicas == 10 && r.chance == 1);
  assert_int_equal(pl_replicas_for(exact(1001), exact(100), 0, 0, 0.95).replicas, 11);
  assert_int_equal(pl_replicas_for(exact(1000), exact(100), 0.3, 1, 0.95).replicas, 14);
  assert_int_equal(pl_replicas_for(exact(0), exact(100), 0.3, 2, 0.95).replicas, 3);
}

/* A demand of 1000 +- 196 (95 %): with 97.5 % it is below 1196. A replica of 100 +- 19.6: held against by trying each number. */
static void intervals_are_carried_through(void **state)
{
  pl_bounded demand = {1000, 804, 1196, 0.95}, each = {100, 80.4, 119.6, 0.95};
  (void)state;
  pl_replicas r = pl_replicas_for(demand, exact(100), 0, 0, 0.975);
  assert_int_equal(r.replicas, 12);
  assert_true(fabs(r.demand - 1196) < 1e-3);
  r = pl_replicas_for(demand, each, 0.2, 0, 0.95);
  double z = pl_normal_quantile(0.95);
  int n = 1;
  while (n * 100.0 - 1200 < z * sqrt(120.0 * 120 + n * n * 100.0))
    n++;
  assert_int_equal(r.replicas, n);
  assert_true(r.chance >= 0.95 && r.chance < 1);
  assert_int_equal(pl_replicas_for(demand, each, 0.2, 0, 0.5).replicas, 12);
}

static void what_is_not_known_is_said(void **state)
{
  pl_bounded vague = {100, 5, 195, 0.95};
  (void)state;
  assert_false(pl_replicas_for(exact(1000), vague, 0, 0, 0.99).known);
  assert_true(pl_replicas_for(exact(1000), vague, 0, 0, 0.9).known);
  assert_false(pl_replicas_for(exact(NAN), exact(1), 0, 0, 0.9).known);
  assert_false(pl_replicas_for(exact(1), exact(0), 0, 0, 0.9).known);
  assert_false(pl_replicas_for(exact(1), exact(1), -1, 0, 0.9).known);
  assert_false(pl_replicas_for(exact(1), exact(1), 0, -1, 0.9).known);
  assert_false(pl_replicas_for(exact(1), exact(1), 0, 0, 1).known);
  assert_false(pl_replicas_for(exact(1e300), exact(1), 0, 0, 0.9).known);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(quantiles_are_those_of_tables), cmocka_unit_test(certain_numbers_are_divided),
                                     cmocka_unit_test(intervals_are_carried_through), cmocka_unit_test(what_is_not_known_is_said)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
