#include "load/plan.h"

#include <math.h>
#include <string.h>

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

static void a_change_leaves_the_past_as_it_was(void **state)
{
  (void)state;
  const pl_stage s[] = {{10 * S, 100, false}, {10 * S, 50, true}};
  pl_stage out[5];
  size_t n = pl_stages_change(s, 2, 0, 5 * S, 300, 20 * S, out);
  assert_int_equal(n, 2);
  assert_float_equal(pl_stages_level(out, n, 4 * S), 40, 1e-9);
  assert_float_equal(pl_stages_level(out, n, 5 * S), 300, 1e-9);
  assert_float_equal(pl_stages_area(out, n, 5 * S), pl_stages_area(s, 2, 5 * S), 1e-9);
  assert_int_equal(pl_stages_duration(out, n), 20 * S);
  assert_int_equal(pl_stages_change(s, 2, 0, 0, 7, 20 * S, out), 1);
  assert_float_equal(pl_stages_level(out, 1, 0), 7, 0);
  n = pl_stages_change(s, 2, 0, 30 * S, 7, 20 * S, out); /* too late */
  assert_int_equal(pl_stages_duration(out, n), 20 * S);
  assert_float_equal(pl_stages_area(out, n, 20 * S), 1000, 1e-9);
}

/* A change each second of an hour, in a ramp: a few stages are left, and every later start is due when it was. */
static void changes_do_not_pile_up(void **state)
{
  (void)state;
  pl_stage now[16] = {{3600 * S, 7200, false}}, next[16];
  size_t n = 1;
  double area = 1, held = 0; /* the ramp reaches 2/s after a second */
  for (uint64_t t = 1; t < 3600; t++) {
    area += held;
    held = (double)(t * 37 % 100);
    n = pl_stages_change(now, n, (t - 1) * S, t * S, held, 3600 * S, next);
    assert_true(n <= 5);
    assert_true(fabs(pl_stages_area(next, n, t * S) - area) < 1e-9 * area);
    assert_float_equal(pl_stages_level(next, n, t * S), held, 1e-6);
    uint64_t due = held > 0 ? pl_stages_time_of(next, n, area + held / 2) : t * S + S / 2;
    assert_true(due + 1000 > t * S + S / 2 && due < t * S + S / 2 + 1000);
    memcpy(now, next, n * sizeof *now);
  }
}

/* What ramps from the level before still does when that was folded away. */
static void a_ramp_begins_where_the_folded_part_ended(void **state)
{
  (void)state;
  const pl_stage s[] = {{S, 10, true}, {S, 20, true}, {S, 90, true}, {10 * S, 190, false}};
  pl_stage out[7];
  size_t n = pl_stages_change(s, 4, 4 * S, 8 * S, 1, 13 * S, out);
  assert_int_equal(n, 4);
  assert_float_equal(pl_stages_level(out, n, 5 * S), 110, 1e-9);
  assert_float_equal(pl_stages_area(out, n, 5 * S), 120 + 200, 1e-9);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(level_follows_ramps_and_jumps),
      cmocka_unit_test(area_is_the_number_of_starts),
      cmocka_unit_test(time_is_the_inverse_of_the_area),
      cmocka_unit_test(a_start_on_the_end_is_outside),
      cmocka_unit_test(a_change_leaves_the_past_as_it_was),
      cmocka_unit_test(changes_do_not_pile_up),
      cmocka_unit_test(a_ramp_begins_where_the_folded_part_ended),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
