/* Cuts of histories: where they are, and that a long one is cut as a short one is. */
#include "analysis/change/partition.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>

#include "support/failing.h"
#include "support/stream.h"

/* Uniform noise of variance 1 from a small generator, about a level that rises by `step` at each multiple of `every`. */
static void fill(double *y, size_t n, size_t every, double step)
{
  uint64_t s = 12345;
  for (size_t i = 0; i < n; i++) {
    y[i] = (stream_uniform(&s) - 0.5) * sqrt(12) + step * (double)(i / every);
  }
}

static bool cut_by(const pl_allocator *a, const double *y, size_t n, bool lines, double penalty, size_t last, size_t *cuts, size_t *k, double *cost)
{
  pl_pieces p;
  if (!pl_pieces_init(&p, a, y, n, lines))
    return false;
  bool ok = pl_partition(&p, penalty, 5, last, cuts, k);
  *cost = p.squares;
  for (size_t j = 0, from = 0; ok && j <= *k; j++) {
    size_t to = j < *k ? cuts[j] : n;
    *cost += (j ? penalty : 0) - pl_pieces_gain(&p, from, to);
    from = to;
  }
  pl_pieces_fini(&p);
  return ok;
}

static size_t cut(double *y, size_t n, size_t *cuts)
{
  size_t k;
  double cost;
  assert_true(cut_by(&pl_alloc_default, y, n, false, 3 * log((double)n), 5, cuts, &k, &cost));
  return k;
}

/* The least cost, over all cuts, by the plain recursion. */
static double least_cost(const double *y, size_t n, bool lines, double penalty, size_t last)
{
  double best[64];
  pl_pieces p;
  assert_true(pl_pieces_init(&p, &pl_alloc_default, y, n, lines));
  for (size_t j = 5; j <= n; j++) {
    best[j] = -pl_pieces_gain(&p, 0, j);
    for (size_t i = 5; i + (j < n ? 5 : last) <= j; i++)
      best[j] = fmin(best[j], best[i] + penalty - pl_pieces_gain(&p, i, j));
  }
  double cost = p.squares + best[n];
  pl_pieces_fini(&p);
  return cost;
}

static void no_place_is_dropped_too_early(void **state)
{
  uint64_t s = 77;
  (void)state;
  for (int series = 0; series < 3000; series++) {
    double y[63], cost, level = 0;
    size_t cuts[63], k, n = 10 + (size_t)series % 54, last = 3 + (size_t)series % 3;
    for (size_t i = 0; i < n; i++) {
      double u = stream_uniform(&s);
      level = u < 0.1 ? 60 * (u - 0.05) : level;
      y[i] = level + 3 * (u - 0.5);
    }
    bool lines = series % 2;
    assert_true(cut_by(&pl_alloc_default, y, n, lines, 4, last, cuts, &k, &cost));
    assert_true(fabs(cost - least_cost(y, n, lines, 4, last)) < 1e-6);
  }
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

/* A long history, too, is cut where only the end may be: three values of another level are a stretch where three are allowed. */
static void the_end_may_be_short(void **state)
{
  enum { N = 5000 };
  static double y[N];
  static size_t cuts[N];
  double cost;
  (void)state;
  for (size_t last = 3; last <= 5; last += 2) {
    size_t k;
    fill(y, N, N - 3, 30);
    assert_true(cut_by(&pl_alloc_default, y, N, false, 30, last, cuts, &k, &cost));
    assert_int_equal(k, 1);
    assert_int_equal(cuts[0], N - last);
  }
}

static int cut_with(const pl_allocator *a, void *user)
{
  double y[40], cost;
  size_t cuts[40], k;
  (void)user;
  fill(y, 40, 20, 5);
  return cut_by(a, y, 40, false, 10, 5, cuts, &k, &cost) ? 0 : PL_ENOMEM;
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
      cmocka_unit_test(no_place_is_dropped_too_early),
      cmocka_unit_test(long_ones_too),
      cmocka_unit_test(the_end_may_be_short),
      cmocka_unit_test(memory_runs_out),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
