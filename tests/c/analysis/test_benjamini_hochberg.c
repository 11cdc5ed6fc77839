/* The example of Benjamini and Hochberg (1995), section 3.2: four of fifteen at 5 %. */
#include "analysis/benjamini_hochberg.h"

#include <math.h>

#include "support/failing.h"

static void the_papers_example(void **state)
{
  static const double p[] = {0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.0};
  double q[15];
  int found = 0;
  (void)state;
  pl_benjamini_hochberg(p, 15, q);
  for (int i = 0; i < 15; i++) {
    found += q[i] <= 0.05;
    assert_true(q[i] >= p[i] && q[i] <= 1 && (i == 0 || q[i] >= q[i - 1]));
  }
  assert_int_equal(found, 4);
  assert_true(fabs(q[0] - 0.0015) < 1e-12 && fabs(q[6] - 0.0298 * 15 / 7) < 1e-12 && fabs(q[5] - q[6]) < 1e-12);
}

static void any_order_ties_and_nan(void **state)
{
  static const double p[] = {0.04, NAN, 0.01, 0.04, -1};
  double q[5];
  (void)state;
  pl_benjamini_hochberg(p, 5, q);
  assert_true(q[4] == 0 && q[1] == 1 && fabs(q[2] - 0.025) < 1e-12 && fabs(q[0] - 0.05) < 1e-12 && q[0] == q[3]);
  pl_benjamini_hochberg(p, 0, q);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(the_papers_example), cmocka_unit_test(any_order_ties_and_nan)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
