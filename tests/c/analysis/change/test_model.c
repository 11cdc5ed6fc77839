/* Levels, lines and noise with memory are told apart; what has no noise about levels is a shape; somebody may stop it. */
#include "analysis/change/model.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>

#include "support/failing.h"
#include "support/stream.h"

enum { N = 300 };

typedef enum law { STEP, BEND, LINE, NOISE, WALK } law;

static void fill(double *y, size_t n, law what)
{
  uint64_t s = 21;
  double walk = 0;
  for (size_t i = 0; i < n; i++) {
    double u = (stream_uniform(&s) - 0.5) * sqrt(12), t = (double)i, half = (double)n / 2;
    walk += u;
    y[i] = what == WALK ? walk : u + (what == STEP ? (t < half ? 0 : 5) : what == BEND ? (t < half ? 0.2 * t : 0.2 * (double)n - 0.2 * t) : what == LINE ? 0.1 * t : 0);
  }
}

static int choose_with(const pl_allocator *a, const double *y, size_t n, const pl_change_ask *ask, pl_change_model *m, size_t *cuts)
{
  static double rest[20000];
  *m = (pl_change_model){.cuts = cuts};
  return pl_change_choose(y, n, 1, a, ask, rest, m);
}

static pl_change_model choose(law what, size_t n)
{
  static double y[20000];
  static size_t cuts[20000];
  pl_change_model m;
  fill(y, n, what);
  assert_int_equal(choose_with(&pl_alloc_default, y, n, NULL, &m, cuts), 0);
  return m;
}

static void levels_and_lines(void **state)
{
  (void)state;
  pl_change_model m = choose(STEP, N);
  assert_true(m.n == 1 && !m.lines && !m.shape && labs((long)m.cuts[0] - N / 2) <= 1);
  m = choose(BEND, N);
  assert_true(m.n == 1 && m.lines && labs((long)m.cuts[0] - N / 2) <= 10);
  m = choose(LINE, N);
  assert_true(m.n == 0 && m.lines);
  m = choose(NOISE, N);
  assert_true(m.n == 0 && !m.lines && !m.shape && fabs(m.noise.memory) < 0.3);
  m = choose(NOISE, 10);
  assert_int_equal(m.n, 0);
}

static void long_ones_too(void **state)
{
  (void)state;
  pl_change_model m = choose(STEP, 20000);
  assert_true(m.n == 1 && !m.lines && labs((long)m.cuts[0] - 10000) <= 2);
  m = choose(NOISE, 20000);
  assert_int_equal(m.n, 0);
}

static void a_walk_is_a_shape(void **state)
{
  (void)state;
  pl_change_model m = choose(WALK, N);
  assert_true(m.shape && m.n <= 9);
}

static bool at_once(void *of)
{
  ++*(int *)of;
  return true;
}

static void it_stops(void **state)
{
  double y[N];
  size_t cuts[N];
  int asked = 0;
  pl_change_model m;
  (void)state;
  fill(y, N, STEP);
  const pl_change_ask ask = {at_once, &asked};
  assert_int_equal(choose_with(&pl_alloc_default, y, N, &ask, &m, cuts), PL_ECANCELED);
  assert_int_equal(asked, 1);
}

static int fail_with(const pl_allocator *a, void *user)
{
  double y[N];
  size_t cuts[N];
  pl_change_model m;
  (void)user;
  fill(y, N, STEP);
  return choose_with(a, y, N, NULL, &m, cuts);
}

static void memory_runs_out(void **state)
{
  (void)state;
  failing_every(fail_with, NULL, 200);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(levels_and_lines), cmocka_unit_test(long_ones_too), cmocka_unit_test(a_walk_is_a_shape), cmocka_unit_test(it_stops),
                                     cmocka_unit_test(memory_runs_out)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
