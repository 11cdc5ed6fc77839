/* The normal distribution against its table. */
#include "analysis/normal.h"

#include <math.h>

#include "support/failing.h"

static void points_are_those_of_the_table(void **state)
{
  (void)state;
  assert_true(fabs(pl_normal_inverse(0.975) - 1.959963984540054) < 1e-13);
  assert_true(fabs(pl_normal_inverse(1e-10) + 6.361340902404056) < 1e-12);
  assert_true(fabs(pl_normal_inverse(0.9) - 1.2815515655446) < 1e-12 && fabs(pl_normal_inverse(0.999) - 3.0902323061678) < 1e-12);
  assert_true(fabs(pl_normal_inverse(1e-12) + 7.0344838253) < 1e-9);
  assert_true(fabs(pl_normal_cdf(1) - 0.8413447460685429) < 1e-15);
  assert_true(pl_normal_inverse(0.5) == 0);
}

static void ends_are_infinite(void **state)
{
  (void)state;
  assert_true(isinf(pl_normal_inverse(0)) && isinf(pl_normal_inverse(1)) && pl_normal_inverse(2) > 0 && pl_normal_inverse(-1) < 0);
  assert_true(isnan(pl_normal_cdf(NAN)));
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(points_are_those_of_the_table), cmocka_unit_test(ends_are_infinite)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
