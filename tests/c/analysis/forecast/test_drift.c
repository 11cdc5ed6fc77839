#include "analysis/forecast/drift.h"

#include <math.h>

#include "support/failing.h"

#define A &pl_alloc_default

enum { N = 300, H = 20, TRIALS = 200 };

static double x[(N + H) * 3];

static void columns(void)
{
  for (int i = 0; i < N + H; i++) {
    x[i * 3] = 1;
    x[i * 3 + 1] = i;
    x[i * 3 + 2] = i % 50 == 10; /* an event */
  }
}

/* A line, an event and noise: alpha is small, coefficients within four standard errors: noise 2, slope 2 sqrt(12 / n^3) = 1.3e-3, event 2 / sqrt(6) */
static void a_line_with_events(void **state)
{
  double y[N];
  pl_rng r;
  pl_drift d;
  (void)state;
  columns();
  pl_rng_init(&r, 8, 0, 0, 0);
  for (int i = 0; i < N; i++)
    y[i] = i % 41 == 7 ? NAN : 50 + 0.5 * i + 30 * x[i * 3 + 2] + pl_rng_normal(&r, 0, 2);
  assert_int_equal(pl_drift_fit(A, y, x, N, 3, &d), PL_OK);
  assert_true(d.alpha <= 0.1);
  assert_true(fabs(d.fit.coefficient[1] - 0.5) < 4 * 1.3e-3 * (1 + 30 * d.alpha));
  assert_true(fabs(d.fit.coefficient[2] - 30) < 4 * 0.9);
  double mean[H], variance[H];
  pl_drift_ahead(&d, x + N * 3, H, mean, variance);
  assert_true(fabs(mean[10] - (50 + 0.5 * (N + 10) + 30)) < 5);
  assert_true(variance[0] > 3 && variance[0] < 6.5);
  pl_drift_free(A, &d);
}

/* A random walk: alpha near 1, and 80 % of what comes after 10 steps lies within the paths' middle 80 % (three standard errors: 8.5 %). */
static void paths_of_a_walk_cover_it(void **state)
{
  int inside = 0;
  (void)state;
  columns();
  for (uint64_t t = 0; t < TRIALS; t++) {
    double y[N + H], at = 0, path[H], rows[(N + H) * 2];
    pl_rng r;
    pl_drift d;
    int below = 0;
    pl_rng_init(&r, t, 2, 0, 0);
    for (int i = 0; i < N + H; i++) {
      y[i] = at += pl_rng_normal(&r, 0.3, 1);
      rows[i * 2] = 1;
      rows[i * 2 + 1] = i;
    }
    assert_int_equal(pl_drift_fit(A, y, rows, 60, 2, &d), PL_OK);
    assert_true(d.alpha >= 0.3);
    for (int j = 0; j < 200; j++) {
      pl_drift_path(&d, rows + 120, 10, 1, &r, path);
      below += path[9] < y[69];
    }
    inside += below >= 20 && below <= 180;
    pl_drift_free(A, &d);
  }
  assert_true(fabs((double)inside / TRIALS - 0.8) < 0.085 + 0.05);
}

static void a_constant_and_nothing(void **state)
{
  const double same[5] = {4, 4, 4, 4, 4}, none[2] = {NAN, NAN}, one[5] = {1, 1, 1, 1, 1};
  double mean[2], variance[2];
  pl_drift d;
  (void)state;
  assert_int_equal(pl_drift_fit(A, same, one, 5, 1, &d), PL_OK);
  pl_drift_ahead(&d, one, 2, mean, variance);
  assert_true(mean[0] == 4 && mean[1] == 4 && variance[1] == 0);
  pl_drift_free(A, &d);
  assert_int_equal(pl_drift_fit(A, none, one, 2, 1, &d), PL_EINVAL);
  assert_int_equal(pl_drift_fit(A, same, one, 5, 0, &d), PL_EINVAL);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(a_line_with_events), cmocka_unit_test(paths_of_a_walk_cover_it), cmocka_unit_test(a_constant_and_nothing)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
