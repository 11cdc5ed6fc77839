/* The two-sample test against SciPy's exact one. */
#include "analysis/kolmogorov_smirnov.h"

#include <math.h>
#include <string.h>

#include "analysis/order.h"
#include "statistics_fixture.h"
#include "support/failing.h"

static void it_is_that_of_scipy(void **state)
{
  double a[200], b[200];
  (void)state;
  for (size_t f = 0; f < FIXTURES; f++) {
    pl_kolmogorov_smirnov r;
    memcpy(a, fixtures[f].a, fixtures[f].n * sizeof *a);
    memcpy(b, fixtures[f].b, fixtures[f].m * sizeof *b);
    pl_sort(a, fixtures[f].n);
    pl_sort(b, fixtures[f].m);
    assert_int_equal(pl_kolmogorov_smirnov_test(&pl_alloc_default, a, fixtures[f].n, b, fixtures[f].m, &r), PL_OK);
    assert_true(r.exact && fabs(r.d - fixtures[f].ks) < 1e-12 && fabs(r.p - fixtures[f].ks_p) < 1e-9 * fixtures[f].ks_p);
  }
}

/* The chance of a distance is the test's for as many values, larger for fewer, and 1 where there is none. */
static void the_chance_of_a_distance(void **state)
{
  double p, fewer;
  (void)state;
  for (size_t f = 0; f < FIXTURES; f++) {
    assert_int_equal(pl_kolmogorov_smirnov_chance(&pl_alloc_default, fixtures[f].ks, fixtures[f].n, fixtures[f].m, &p), PL_OK);
    assert_true(fabs(p - fixtures[f].ks_p) < 1e-9 * fixtures[f].ks_p);
    assert_int_equal(pl_kolmogorov_smirnov_chance(&pl_alloc_default, fixtures[f].ks, fixtures[f].n / 4 + 1, fixtures[f].m / 4 + 1, &fewer), PL_OK);
    assert_true(fewer >= p && fewer <= 1);
  }
  assert_int_equal(pl_kolmogorov_smirnov_chance(&pl_alloc_default, 0.043, 2000, 2000, &p), PL_OK);
  assert_true(fabs(p - 0.05) < 0.005);
  assert_int_equal(pl_kolmogorov_smirnov_chance(&pl_alloc_default, 0, 5, 5, &p), PL_OK);
  assert_true(p == 1);
  assert_int_equal(pl_kolmogorov_smirnov_chance(&pl_alloc_default, 0.5, 0, 5, &p), PL_OK);
  assert_true(p == 1);
}

static void large_samples_take_the_limit_and_odd_input_is_refused(void **state)
{
  static double a[2000], b[2000];
  static const double same[] = {4, 4, 4}, bad[] = {1, NAN};
  pl_kolmogorov_smirnov r;
  (void)state;
  for (int i = 0; i < 2000; i++) {
    a[i] = i;
    b[i] = i + 86; /* D of 0.043: the 5 % point of 1.358 sqrt(2 / n) */
  }
  assert_int_equal(pl_kolmogorov_smirnov_test(&pl_alloc_default, a, 2000, b, 2000, &r), PL_OK);
  assert_true(!r.exact && fabs(r.p - 0.05) < 0.005);
  assert_int_equal(pl_kolmogorov_smirnov_test(&pl_alloc_default, same, 3, same, 1, &r), PL_OK);
  assert_true(r.d == 0 && r.p == 1);
  assert_int_equal(pl_kolmogorov_smirnov_test(&pl_alloc_default, same, 3, bad, 2, &r), PL_EINVAL);
  assert_int_equal(pl_kolmogorov_smirnov_test(&pl_alloc_default, same, 0, same, 2, &r), PL_EINVAL);
}

static int with(const pl_allocator *a, void *user)
{
  static const double x[] = {1, 2, 3}, y[] = {4, 5};
  pl_kolmogorov_smirnov r;
  (void)user;
  return pl_kolmogorov_smirnov_test(a, x, 3, y, 2, &r);
}

static void memory_may_fail(void **state)
{
  (void)state;
  failing_every(with, NULL, 10);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(it_is_that_of_scipy), cmocka_unit_test(large_samples_take_the_limit_and_odd_input_is_refused),
                                     cmocka_unit_test(the_chance_of_a_distance), cmocka_unit_test(memory_may_fail)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
