#include "load/plan.h"

#include <math.h>

#include "support/failing.h"

#define S PL_S_NS

static void level_follows_ramps_and_jumps(void **state)
{
  (void)state;
  const pl_stage s[] = {{10 * S, 100, false}, {5 * S, 100, false}, {5 * S, 500, true}, {10 * S, 0, false}};
  assert_float_equal(pl_stages_level(s, 4, 0), 0, 1e-9);
  assert_float_equal(pl_stages_level(s, 4, 5 * S), 50, 1e-9);
  assert_float_equal(pl_stages_level(s, 4, 12 * S), 100, 1e-9);
  assert_float_equal(pl_stages_level(s, 4, 15 * S), 500, 1e-9);
  assert_float_equal(pl_stages_level(s, 4, 25 * S), 250, 1e-9);
  assert_float_equal(pl_stages_level(s, 4, 30 * S), 0, 1e-9);
  assert_int_equal(pl_stages_duration(s, 4), 30 * S);
}

static void area_is_the_number_of_starts(void **state)
{
  (void)state;
  const pl_stage s[] = {{10 * S, 100, false}, {5 * S, 200, true}};
  assert_float_equal(pl_stages_area(s, 2, 5 * S), 125, 1e-9);
  assert_float_equal(pl_stages_area(s, 2, 10 * S), 500, 1e-9);
  assert_float_equal(pl_stages_area(s, 2, 15 * S), 1500, 1e-9);
  assert_float_equal(pl_stages_area(s, 2, 99 * S), 1500, 1e-9);
}

/* The time of a start by bisection of the area: knows nothing of the closed form. */
static double time_by_bisection(const pl_stage *s, size_t n, double starts)
{
  uint64_t low = 0, high = pl_stages_duration(s, n);
  while (high - low > 1) {
    uint64_t middle = low + (high - low) / 2;
    if (pl_stages_area(s, n, middle) < starts)
      low = middle;
    else
      high = middle;
  }
  return (double)high;
}

static void time_is_the_inverse_of_the_area(void **state)
{
  (void)state;
  const pl_stage s[] = {{3 * S, 100, false}, {2 * S, 100, false}, {4 * S, 7, false}, {S, 900, true}, {5 * S, 0, false}};
  double all = pl_stages_area(s, 5, pl_stages_duration(s, 5));
  for (double x = 0.25; x < all - 1; x += 3.7) {
    double t = (double)pl_stages_time_of(s, 5, x);
    /* rounding to 1 ns on both sides, and the area's own rounding over the slope */
    assert_true(fabs(t - time_by_bisection(s, 5, x)) <= 1000);
  }
  assert_int_equal(pl_stages_time_of(s, 5, 0), 0);
  assert_true(pl_stages_time_of(s, 5, all + 1) == UINT64_MAX);
}

static uint64_t starts_in(const pl_stage *s, size_t n)
{
  uint64_t count = 0;
  while (pl_stages_time_of(s, n, (double)count) != UINT64_MAX)
    count++;
  return count;
}

static void a_start_on_the_end_is_outside(void **state)
{
  (void)state;
  assert_int_equal(starts_in(&(pl_stage){10 * S, 500, true}, 1), 5000);
  assert_int_equal(starts_in(&(pl_stage){3 * S, 100.0 / 3, true}, 1), 100);
  assert_int_equal(starts_in(&(pl_stage){10 * S, 0.1, true}, 1), 1);
  assert_int_equal(starts_in(&(pl_stage){7 * S, 1.0 / 7, true}, 1), 1);
  assert_int_equal(starts_in(&(pl_stage){10 * S, 0, true}, 1), 0);
  assert_int_equal(starts_in(&(pl_stage){30 * S, 100, false}, 1), 1500);
  assert_int_equal(starts_in(NULL, 0), 0);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(level_follows_ramps_and_jumps),
      cmocka_unit_test(area_is_the_number_of_starts),
      cmocka_unit_test(time_is_the_inverse_of_the_area),
      cmocka_unit_test(a_start_on_the_end_is_outside),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
