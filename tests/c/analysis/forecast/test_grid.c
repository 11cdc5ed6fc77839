#include "analysis/forecast/grid.h"

#include <math.h>

#include "base/random.h"
#include "support/failing.h"

#define A &pl_alloc_default

static void stamps_in_any_order_and_repeated(void **state)
{
  const double time[6] = {1000, 1060, 1180, 1120, 1060, 1240}, value[6] = {1, 2, 4, 3, 4, NAN};
  pl_grid g;
  (void)state;
  assert_int_equal(pl_grid_of(A, time, value, 6, 0, &g), PL_OK);
  assert_int_equal(g.n, 4);
  assert_true(g.start == 1000 && g.step == 60);
  assert_true(g.y[0] == 1 && g.y[1] == 3 && g.y[2] == 3 && g.y[3] == 4);
  assert_int_equal(g.repeated, 1);
  assert_int_equal(g.ignored, 1);
  assert_int_equal(g.missing, 0);
  pl_grid_free(A, &g);
}

/* Jittered stamps of a drifting clock with a gap of 100.4 steps: each value keeps the place that it has by time. */
static void gaps_do_not_shift_the_phase(void **state)
{
  double time[2000], value[2000];
  size_t n = 0;
  pl_rng r;
  pl_grid g;
  (void)state;
  pl_rng_init(&r, 3, 0, 0, 0);
  for (size_t i = 0; i < 2000; i++) {
    if (i >= 700 && i < 800)
      continue;
    time[n] = 5e8 + 300.01 * (double)i + (pl_rng_unit(&r) - 0.5) * 60;
    value[n++] = (double)i;
  }
  assert_int_equal(pl_grid_of(A, time, value, n, 0, &g), PL_OK);
  assert_int_equal(g.n, 2000);
  assert_int_equal(g.missing, 100);
  for (size_t i = 0; i < 2000; i++)
    assert_true(i >= 700 && i < 800 ? isnan(g.y[i]) : g.y[i] == (double)i);
  pl_grid_free(A, &g);
}

static void what_cannot_be_a_grid(void **state)
{
  const double same[3] = {5, 5, 5}, far[4] = {0, 1, 2, 1e9}, value[4] = {1, 2, 3, 4}, none[3] = {NAN, INFINITY, NAN};
  pl_grid g = {0};
  (void)state;
  assert_int_equal(pl_grid_of(A, same, value, 3, 0, &g), PL_EINVAL);
  assert_int_equal(pl_grid_of(A, same, value, 0, 0, &g), PL_EINVAL);
  assert_int_equal(pl_grid_of(A, far, none, 3, 0, &g), PL_EINVAL);
  assert_int_equal(pl_grid_of(A, far, value, 4, 0, &g), PL_ELIMIT);
  assert_null(g.y);
  assert_int_equal(pl_grid_of(A, same, value, 3, 60, &g), PL_OK);
  assert_int_equal(g.n, 1);
  assert_true(g.y[0] == 2);
  pl_grid_free(A, &g);
}

static int make(const pl_allocator *a, void *user)
{
  const double time[3] = {0, 1, 2}, value[3] = {1, 2, 3};
  pl_grid g;
  (void)user;
  int code = pl_grid_of(a, time, value, 3, 0, &g);
  if (code == PL_OK)
    pl_grid_free(a, &g);
  return code;
}

static void without_memory(void **state)
{
  (void)state;
  failing_every(make, NULL, 10);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(stamps_in_any_order_and_repeated), cmocka_unit_test(gaps_do_not_shift_the_phase),
                                     cmocka_unit_test(what_cannot_be_a_grid), cmocka_unit_test(without_memory)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
