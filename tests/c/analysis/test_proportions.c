/* Shares against SciPy, and their intervals. */
#include "analysis/proportions.h"

#include <math.h>

#include "statistics_fixture.h"
#include "support/failing.h"

static void they_are_those_of_scipy(void **state)
{
  (void)state;
  for (size_t i = 0; i < TABLES; i++) {
    pl_proportions r;
    assert_true(fabs(pl_fisher_p(tables[i].a, tables[i].n, tables[i].b, tables[i].m) - tables[i].fisher_p) < 1e-7 * tables[i].fisher_p + 1e-12);
    assert_true(pl_proportions_test(tables[i].a, tables[i].n, tables[i].b, tables[i].m, &r));
    assert_true(fabs(r.p - (r.exact ? tables[i].fisher_p : tables[i].z_p)) < 1e-7 * r.p + 1e-12);
    assert_true(r.lo <= r.difference && r.difference <= r.hi);
  }
}

/* Newcombe (1998), table II: 56 of 70 against 48 of 80 differ by 0.2, 0.0524 to 0.3339. */
static void the_interval_is_that_of_the_paper(void **state)
{
  pl_proportions r;
  (void)state;
  assert_true(pl_proportions_test(48, 80, 56, 70, &r));
  assert_true(fabs(r.lo - 0.0524) < 5e-5 && fabs(r.hi - 0.3339) < 5e-5);
}

static void ends_are_numbers(void **state)
{
  pl_proportions r;
  (void)state;
  assert_true(pl_proportions_test(0, 1, 0, 1, &r) && r.p == 1);
  assert_true(pl_proportions_test(5, 5, 7, 7, &r) && r.p == 1);
  assert_true(pl_proportions_test(0, 1000000000000, 1, 1000000000000, &r) && fabs(r.p - 1) < 1e-6);
  assert_true(pl_fisher_p(1000000, 1000000000, 1010000, 1000000000) < 1e-8);
  assert_false(pl_proportions_test(0, 0, 1, 2, &r) || pl_proportions_test(3, 2, 1, 2, &r));
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(they_are_those_of_scipy), cmocka_unit_test(the_interval_is_that_of_the_paper), cmocka_unit_test(ends_are_numbers)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
