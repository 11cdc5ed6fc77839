#include "analysis/rightsize/replicas.h"

#include <math.h>

#include "analysis/normal.h"
#include "support/failing.h"

static pl_bounded exact(double value)
{
  return (pl_bounded){.value = value, .lo = value, .hi = value, .level = 0.95};
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
  double z = pl_normal_inverse(0.95);
  int n = 1;
  while (n * 100.0 - 1200 < z * sqrt(120.0 * 120 + n * n * 100.0))
    n++;
  assert_int_equal(r.replicas, n);
  assert_true(r.chance >= 0.95 && r.chance < 1);
  assert_int_equal(pl_replicas_for(demand, each, 0.2, 0, 0.5).replicas, 12);
}

/* Demands and capacities of any size: only their ratio counts. */
static void numbers_of_any_size_are_divided(void **state)
{
  const double scale[] = {1e-300, 1e-200, 1e77, 1e200, 1e300};
  (void)state;
  for (size_t i = 0; i < sizeof scale / sizeof *scale; i++) {
    double u = scale[i];
    pl_bounded demand = {1000 * u, 804 * u, 1196 * u, 0.95}, each = {100 * u, 80.4 * u, 119.6 * u, 0.95};
    pl_replicas r = pl_replicas_for(demand, each, 0.2, 1, 0.95), plain = pl_replicas_for((pl_bounded){1000, 804, 1196, 0.95}, (pl_bounded){100, 80.4, 119.6, 0.95}, 0.2, 1, 0.95);
    assert_true(r.known && r.replicas == plain.replicas && fabs(r.chance - plain.chance) < 1e-9);
  }
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
  assert_false(pl_replicas_for(exact(1), exact(1), 0, INT32_MAX, 0.9).known);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(certain_numbers_are_divided),
                                     cmocka_unit_test(intervals_are_carried_through), cmocka_unit_test(numbers_of_any_size_are_divided), cmocka_unit_test(what_is_not_known_is_said)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
