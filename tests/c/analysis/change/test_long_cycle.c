/* Seasons of thousands of values are found under noise, closely; short ones, noise and steps are none. */
#include "analysis/change/long_cycle.h"

#include <math.h>
#include <stdint.h>

#include "analysis/change/shift.h"
#include "support/failing.h"
#include "support/stream.h"

enum { N = 40000 };

static double y[N], scratch[3 * N];

static void fill(double length, double size, double noise)
{
  uint64_t s = 5;
  for (size_t i = 0; i < N; i++)
    y[i] = 100 + size * sin(6.283185307179586 * (double)i / length) + noise * stream_normal(&s);
}

static void lengths_are_known_closely(void **state)
{
  static const size_t lengths[] = {601, 1440, 3600};
  (void)state;
  for (size_t k = 0; k < 3; k++) {
    fill((double)lengths[k], 20, 0);
    assert_in_range(pl_long_cycle_find(y, N, scratch), lengths[k] - lengths[k] / 200, lengths[k] + lengths[k] / 200);
    fill((double)lengths[k], 20, 1);
    assert_in_range(pl_long_cycle_find(y, N, scratch), lengths[k] - lengths[k] / 200, lengths[k] + lengths[k] / 200);
  }
}

static void what_is_none(void **state)
{
  (void)state;
  fill(100, 20, 1);
  assert_int_equal(pl_long_cycle_find(y, N, scratch), 0);
  fill(100, 0, 1);
  assert_int_equal(pl_long_cycle_find(y, N, scratch), 0);
  fill(100, 0, 0);
  assert_int_equal(pl_long_cycle_find(y, N, scratch), 0);
  for (size_t i = 0; i < N; i++)
    y[i] = i < N / 3 ? -1e3 : 1e3;
  assert_int_equal(pl_long_cycle_find(y, N, scratch), 0);
  fill(1000, 20, 0);
  assert_int_equal(pl_long_cycle_find(y, 1200, scratch), 0);
  assert_int_equal(pl_long_cycle_find(y, 0, scratch), 0);
}

/* A long season bends nowhere; a level that changes under it is told alone. */
static void a_level_is_told_under_it(void **state)
{
  pl_changes found;
  (void)state;
  fill(1440, 20, 1);
  assert_int_equal(pl_shift_find(&pl_alloc_default, y, N, NULL, &found, NULL), PL_OK);
  assert_int_equal(found.n, 0);
  pl_changes_fini(&found);
  for (size_t i = 25000; i < N; i++)
    y[i] += 10;
  assert_int_equal(pl_shift_find(&pl_alloc_default, y, N, NULL, &found, NULL), PL_OK);
  assert_int_equal(found.n, 1);
  assert_int_equal(found.list[0].kind, PL_CHANGE_LEVEL);
  assert_in_range(found.list[0].index, 24990, 25010);
  pl_changes_fini(&found);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(lengths_are_known_closely), cmocka_unit_test(what_is_none), cmocka_unit_test(a_level_is_told_under_it)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
