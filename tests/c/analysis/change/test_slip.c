/* Seasons that slip are found at their place; those that do not, and noise, have one stretch. */
#include "analysis/change/slip.h"

#include <math.h>

#include "support/failing.h"
#include "support/stream.h"

enum { N = 180 };

/* A season of m values that runs `by` places ahead from value `at` on, with noise. */
static void fill(double *y, size_t m, size_t at, size_t by, double noise)
{
  uint64_t s = 17;
  for (size_t i = 0; i < N; i++) {
    size_t place = (i + (i >= at ? by : 0)) % m;
    y[i] = 9 + (double)(place * place % 5) + noise * stream_normal(&s);
  }
}

/* How far the second stretch is ahead of the first. */
static size_t ahead(const pl_slip *slips, size_t m)
{
  return (slips[1].by + m - slips[0].by) % m;
}

static void a_slip_is_found(void **state)
{
  double y[N], scratch[3 * N];
  pl_slip slips[PL_SLIPS_MOST + 1];
  (void)state;
  for (size_t m = 3; m <= 12; m += 3) {
    for (size_t at = 30; at < N - 30; at += 17) {
      fill(y, m, at, m - 1, 0);
      assert_int_equal(pl_slips_find(y, N, m, scratch, slips), 2);
      assert_int_equal(ahead(slips, m), m - 1);
      assert_true(slips[1].at + 2 >= at && slips[1].at <= at + 2);
    }
  }
  fill(y, 6, 91, 1, 0.1);
  assert_int_equal(pl_slips_find(y, N, 6, scratch, slips), 2);
  assert_true(ahead(slips, 6) == 1 && slips[1].at >= 89 && slips[1].at <= 93);
}

static void two_slips_and_a_level(void **state)
{
  double y[N], scratch[3 * N];
  pl_slip slips[PL_SLIPS_MOST + 1];
  (void)state;
  for (size_t i = 0; i < N; i++)
    y[i] = (double)((i + (i >= 60 ? 1 : 0) + (i >= 120 ? 1 : 0)) % 3) + (i >= 90 ? 5 : 0);
  assert_int_equal(pl_slips_find(y, N, 3, scratch, slips), 3);
  assert_int_equal(ahead(slips, 3), 1);
  assert_int_equal(ahead(slips + 1, 3), 1);
}

static void what_does_not_slip(void **state)
{
  double y[N], scratch[3 * N];
  pl_slip slips[PL_SLIPS_MOST + 1];
  uint64_t s = 3;
  (void)state;
  for (int k = 0; k < 5; k++) {
    fill(y, 6, N, 0, k == 1 ? 0.5 : 0);
    for (size_t i = 0; i < N; i++)
      y[i] = k == 2 ? 7 : k == 3 ? stream_normal(&s) : k == 4 ? 1e300 * (y[i] - 11) : y[i] + (i >= 70 ? 30 : 0);
    assert_int_equal(pl_slips_find(y, N, 6, scratch, slips), 1);
    assert_true(slips[0].at == 0 && slips[0].by == 0);
  }
  fill(y, 3, 5, 1, 0);
  for (size_t n = 9; n < 12; n++)
    assert_int_equal(pl_slips_find(y, n, 3, scratch, slips), 1);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(a_slip_is_found), cmocka_unit_test(two_slips_and_a_level), cmocka_unit_test(what_does_not_slip)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
