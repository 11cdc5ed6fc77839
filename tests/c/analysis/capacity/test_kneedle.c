#include "analysis/capacity/kneedle.h"

#include <math.h>

#include "support/failing.h"

enum { N = 10 };

static pl_knee knee_of(const double *x, const double *y, size_t n, bool convex, bool decreasing)
{
  pl_knee k;
  assert_int_equal(pl_kneedle(&pl_alloc_default, &(pl_curve){x, y, n, convex, decreasing, 1}, &k, NULL, NULL), 0);
  return k;
}

/* The paper's figure 2: y = 5 - 10 / (10 x + 1) has its knee at .22, where y is 1.9. */
static void the_paper(void **state)
{
  double x[N], y[N];
  (void)state;
  for (int i = 0; i < N; i++) {
    x[i] = i / 9.0;
    y[i] = 5 - 1 / (x[i] + 0.1);
  }
  pl_knee k = knee_of(x, y, N, false, false);
  assert_true(k.found && fabs(k.x - 0.22) < 0.011 && fabs(k.y - 1.897) < 0.057);
}

/* The same corner in its four orientations, and its points in any order. */
static void four_orientations(void **state)
{
  double x[N], up[N], mirrored[N], down[N], flipped[N], backwards[N], other[N];
  const double y[N] = {0, 60, 80, 85, 90, 95, 96, 97, 98, 99};
  (void)state;
  for (int i = 0; i < N; i++) {
    x[i] = i;
    up[i] = y[i];
    mirrored[i] = y[N - 1 - i];
    down[i] = 100 - y[i];
    flipped[i] = 100 - y[N - 1 - i];
    backwards[i] = N - 1 - i;
    other[i] = y[N - 1 - i];
  }
  assert_true(knee_of(x, up, N, false, false).x == 2);
  assert_true(knee_of(x, mirrored, N, false, true).x == 7);
  assert_true(knee_of(x, down, N, true, true).x == 2);
  assert_true(knee_of(x, flipped, N, true, false).x == 7);
  assert_true(knee_of(backwards, other, N, false, false).x == 2);
}

static void no_knee(void **state)
{
  const double x[N] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9}, same[N] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
  (void)state;
  assert_true(!knee_of(x, x, 2, false, false).found && !knee_of(x, x, 1, false, false).found);
  assert_true(!knee_of(x, same, N, false, false).found && !knee_of(same, x, N, false, false).found);
  assert_true(!knee_of(x, x, N, false, false).found);
  assert_non_null(knee_of(x, same, N, false, false).why);
}

static void bad_input(void **state)
{
  const double x[3] = {0, 1, 2}, nan[3] = {0, NAN, 2};
  pl_knee k;
  (void)state;
  assert_int_equal(pl_kneedle(&pl_alloc_default, &(pl_curve){x, nan, 3, false, false, 1}, &k, NULL, NULL), PL_EINVAL);
  assert_int_equal(pl_kneedle(&pl_alloc_default, &(pl_curve){x, x, 0, false, false, 1}, &k, NULL, NULL), PL_EINVAL);
  assert_int_equal(pl_kneedle(&pl_alloc_default, &(pl_curve){x, x, 3, false, false, -1}, &k, NULL, NULL), PL_EINVAL);
}

static int find(const pl_allocator *a, void *user)
{
  const double x[4] = {0, 1, 2, 3}, y[4] = {0, 8, 9, 10};
  pl_knee k;
  (void)user;
  return pl_kneedle(a, &(pl_curve){x, y, 4, false, false, 1}, &k, NULL, NULL);
}

static void without_memory(void **state)
{
  (void)state;
  failing_every(find, NULL, 5);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(the_paper), cmocka_unit_test(four_orientations), cmocka_unit_test(no_knee), cmocka_unit_test(bad_input),
                                     cmocka_unit_test(without_memory)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
