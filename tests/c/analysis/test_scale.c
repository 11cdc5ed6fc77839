/* Qn and Hodges and Lehmann's shift against all pairs. */
#include "analysis/scale.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "analysis/order.h"
#include "statistics_fixture.h"
#include "support/failing.h"

static void they_are_those_of_all_pairs(void **state)
{
  double a[200], b[200];
  (void)state;
  for (size_t f = 0; f < FIXTURES; f++) {
    memcpy(a, fixtures[f].a, fixtures[f].n * sizeof *a);
    memcpy(b, fixtures[f].b, fixtures[f].m * sizeof *b);
    pl_sort(a, fixtures[f].n);
    pl_sort(b, fixtures[f].m);
    assert_true(fabs(pl_qn(a, fixtures[f].n) - fixtures[f].qn) < 1e-9 * fixtures[f].qn);
    assert_true(fabs(pl_shift(a, fixtures[f].n, b, fixtures[f].m) - fixtures[f].shift) < 1e-12);
  }
}

static void odd_input_gives_numbers(void **state)
{
  static const double same[] = {3, 3, 3, 3}, wide[] = {-DBL_MAX, 0, DBL_MAX};
  (void)state;
  assert_true(pl_qn(same, 4) == 0 && pl_qn(same, 1) == 0 && pl_qn(same, 0) == 0);
  assert_true(isfinite(pl_qn(wide, 3)) && isfinite(pl_shift(wide, 3, wide, 3)));
  assert_true(pl_nth_difference(wide, 3, wide, 3, 99) == DBL_MAX && pl_nth_difference(wide, 3, wide, 3, 0) == -DBL_MAX);
  assert_true(isnan(pl_nth_difference(same, 0, same, 4, 1)));
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(they_are_those_of_all_pairs), cmocka_unit_test(odd_input_gives_numbers)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
