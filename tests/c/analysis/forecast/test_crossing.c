#include "analysis/forecast/crossing.h"

#include <math.h>

#include "support/failing.h"

#define A &pl_alloc_default

enum { N = 1000, H = 100 };

static double paths[N * H];

/* Path j climbs by 1 + j / N a step: it passes 50 after 50 / (1 + j / N) steps. */
static void quantiles_of_lines(void **state)
{
  pl_crossing c;
  (void)state;
  for (int j = 0; j < N; j++)
    for (int i = 0; i < H; i++)
      paths[j * H + i] = (i + 1) * (1 + (double)j / N);
  assert_int_equal(pl_crossing_of(A, paths, N, H, 0, 50, 50, false, &c), PL_OK);
  assert_true(c.chance == 1);
  /* the k-th of N in order has j = N - k: nearest ranks 100, 500, 900 */
  assert_true(fabs(c.p10 - 50 / 1.9) < 1e-9 && fabs(c.p50 - 50 / 1.5) < 1e-9 && fabs(c.p90 - 50 / 1.1) < 1e-9);
  assert_true(fabs(pl_crossing_within(&c, 50 / 1.5) - 0.5) < 1e-9);
  assert_true(pl_crossing_within(&c, 1) == 0 && pl_crossing_within(&c, 1e9) == 1);
  pl_crossing_free(A, &c);
  assert_int_equal(pl_crossing_of(A, paths, N, H, 0, 150.05, 150.05, false, &c), PL_OK);
  /* those with 1 + j / N > 1.5005 alone reach 150.05 in 100 steps */
  assert_true(fabs(c.chance - 0.499) < 1e-9 && isinf(c.p50) && isinf(c.p90) && isfinite(c.p10));
  pl_crossing_free(A, &c);
}

/* A line that is sure and a capacity that is not: the date has the distribution of the capacity, normal with sd 10 about 50. */
static void the_capacity_has_its_own_interval(void **state)
{
  pl_crossing c;
  (void)state;
  for (int j = 0; j < N; j++)
    for (int i = 0; i < H; i++)
      paths[j * H + i] = i + 1;
  assert_int_equal(pl_crossing_of(A, paths, N, H, 0, 50 - 19.5996, 50 + 19.5996, false, &c), PL_OK);
  /* quantiles of N(50, 10); N even points of the distribution err by less than 2 / N in probability, 0.12 steps at the tenth */
  assert_true(fabs(c.p10 - (50 - 12.8155)) < 0.15 && fabs(c.p50 - 50) < 0.1 && fabs(c.p90 - (50 + 12.8155)) < 0.15);
  pl_crossing_free(A, &c);
}

static void floors_and_series_that_are_beyond(void **state)
{
  const double down[4] = {8, 6, 4, 2}, over[3] = {12, 9, 12};
  pl_crossing c;
  (void)state;
  assert_int_equal(pl_crossing_of(A, down, 1, 4, 10, 5, 5, true, &c), PL_OK);
  assert_true(fabs(c.p50 - 2.5) < 1e-12);
  pl_crossing_free(A, &c);
  assert_int_equal(pl_crossing_of(A, over, 1, 3, 11, 10, 10, false, &c), PL_OK);
  assert_true(c.p50 == 1);
  pl_crossing_free(A, &c);
  assert_int_equal(pl_crossing_of(A, down, 0, 4, 10, 5, 5, true, &c), PL_EINVAL);
  assert_int_equal(pl_crossing_of(A, down, 1, 0, 10, 5, 5, true, &c), PL_EINVAL);
  assert_int_equal(pl_crossing_of(A, down, 1, 4, 10, NAN, 5, true, &c), PL_EINVAL);
}

/* What is held at 0, as free space is, falls to 0 and never below; a series that is at the limit has reached it. */
static void to_reach_the_limit_is_enough(void **state)
{
  const double down[4] = {4, 2, 0, 0}, up[3] = {8, 10, 10}, still[2] = {5, 5};
  pl_crossing c;
  (void)state;
  assert_int_equal(pl_crossing_of(A, down, 1, 4, 6, 0, 0, true, &c), PL_OK);
  assert_true(c.p50 == 3 && c.chance == 1);
  pl_crossing_free(A, &c);
  assert_int_equal(pl_crossing_of(A, up, 1, 3, 6, 10, 10, false, &c), PL_OK);
  assert_true(c.p50 == 2);
  pl_crossing_free(A, &c);
  assert_int_equal(pl_crossing_of(A, still, 1, 2, 5, 5, 5, true, &c), PL_OK);
  assert_true(c.p50 == 1);
  pl_crossing_free(A, &c);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(quantiles_of_lines), cmocka_unit_test(the_capacity_has_its_own_interval),
                                     cmocka_unit_test(floors_and_series_that_are_beyond), cmocka_unit_test(to_reach_the_limit_is_enough)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
