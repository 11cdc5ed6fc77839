/* Changes of variance are found where they are; one variance, heavy tails and memory are none. */
#include "analysis/change/spread.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>

#include "support/failing.h"
#include "support/stream.h"

enum { N = 400 };

static size_t find(const double *r, size_t n, pl_spread_change *out)
{
  size_t found;
  assert_true(pl_spread_changes(&pl_alloc_default, r, n, out, &found));
  return found;
}

static void variances_are_found(void **state)
{
  double r[N];
  pl_spread_change out[N / PL_SPREAD_LEAST];
  uint64_t s = 5;
  (void)state;
  for (size_t i = 0; i < N; i++)
    r[i] = (stream_uniform(&s) - 0.5) * (i < 150 ? 1 : i < 300 ? 4 : 1);
  assert_int_equal(find(r, N, out), 2);
  assert_true(labs((long)out[0].index - 150) < 8 && labs((long)out[1].index - 300) < 8);
  assert_true(out[0].p <= 0.001 && out[1].p <= 0.001);
}

static void one_variance_has_none(void **state)
{
  double r[N], e = 0;
  pl_spread_change out[N / PL_SPREAD_LEAST];
  uint64_t s = 6;
  size_t false_ones = 0;
  (void)state;
  for (int run = 0; run < 200; run++) {
    for (size_t i = 0; i < N; i++) {
      e = 0.7 * e + stream_uniform(&s) - 0.5;
      double u = stream_uniform(&s) - 0.5;
      r[i] = run % 2 ? e : u * u * u; /* memory; heavy tails */
    }
    false_ones += find(r, N, out) > 0;
  }
  assert_true(false_ones <= 4);
}

static void little_and_nothing(void **state)
{
  double r[N] = {0};
  pl_spread_change out[N / PL_SPREAD_LEAST];
  (void)state;
  for (size_t n = 0; n <= N; n += 10)
    assert_int_equal(find(r, n, out), 0);
  for (size_t i = 0; i < N; i++)
    r[i] = i % 2 ? 1 : -1;
  assert_int_equal(find(r, N, out), 0);
}

static int find_with(const pl_allocator *a, void *user)
{
  pl_spread_change out[N / PL_SPREAD_LEAST];
  size_t n;
  return pl_spread_changes(a, user, N, out, &n) ? 0 : PL_ENOMEM;
}

static void memory_runs_out(void **state)
{
  double r[N] = {0};
  (void)state;
  failing_every(find_with, r, 10);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(variances_are_found), cmocka_unit_test(one_variance_has_none), cmocka_unit_test(little_and_nothing),
                                     cmocka_unit_test(memory_runs_out)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
