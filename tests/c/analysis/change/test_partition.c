/* Cuts of histories: where they are, and that a long one is cut as a short one is. */
#include "analysis/change/partition.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>

#include "support/failing.h"

/* Uniform noise of variance 1 from a small generator, about a level that rises by `step` at each multiple of `every`. */
static void fill(double *y, size_t n, size_t every, double step)
{
  uint64_t s = 12345;
  for (size_t i = 0; i < n; i++) {
    s = s * 6364136223846793005u + 1442695040888963407u;
    y[i] = ((double)(s >> 11) / 9007199254740992.0 - 0.5) * sqrt(12) + step * (double)(i / every);
  }
}

static size_t cut(double *y, size_t n, size_t *cuts)
{
  size_t k;
  double cost;
  assert_int_equal(pl_partition(&pl_alloc_default, y, n, 3 * log((double)n), 5, cuts, &k, &cost), 0);
  assert_true(cost >= 0);
  return k;
}

static void cuts_where_levels_change(void **state)
{
  double y[300];
  size_t cuts[300];
  (void)state;
  fill(y, 300, 100, 4);
  assert_int_equal(cut(y, 300, cuts), 2);
  assert_true(labs((long)cuts[0] - 100) <= 1 && labs((long)cuts[1] - 200) <= 1);
  fill(y, 300, 300, 4);
  assert_int_equal(cut(y, 300, cuts), 0);
}

static void long_ones_too(void **state)
{
  enum { N = 20000 };
  static double y[N];
  static size_t cuts[N];
  (void)state;
  fill(y, N, 5000, 2);
  assert_int_equal(cut(y, N, cuts), 3);
  for (long i = 0; i < 3; i++)
    assert_true(labs((long)cuts[i] - (i + 1) * 5000) <= 5);
}

static int cut_with(const pl_allocator *a, void *user)
{
  double y[40], cost;
  size_t cuts[40], k;
  (void)user;
  fill(y, 40, 20, 5);
  return pl_partition(a, y, 40, 10, 5, cuts, &k, &cost);
}

static void memory_runs_out(void **state)
{
  (void)state;
  failing_every(cut_with, NULL, 100);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(cuts_where_levels_change),
      cmocka_unit_test(long_ones_too),
      cmocka_unit_test(memory_runs_out),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
