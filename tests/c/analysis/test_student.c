/* Student's t against published tables. */
#include "analysis/student.h"

#include <math.h>

#include "support/failing.h"

static void quantiles_of_the_tables(void **state)
{
  static const struct {
    double p, df, t;
  } rows[] = {{0.975, 1, 12.7062}, {0.975, 2, 4.30265}, {0.975, 5, 2.57058}, {0.975, 10, 2.22814},
              {0.995, 10, 3.16927}, {0.95, 30, 1.69726}, {0.975, 1000, 1.96234}};
  (void)state;
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    assert_true(fabs(pl_student_quantile(rows[i].p, rows[i].df) - rows[i].t) < 1e-4 * rows[i].t);
    assert_true(fabs(pl_student_cdf(rows[i].t, rows[i].df) - rows[i].p) < 1e-5);
  }
}

static void symmetric(void **state)
{
  (void)state;
  assert_true(fabs(pl_student_cdf(0, 4) - 0.5) < 1e-12);
  assert_true(fabs(pl_student_cdf(-2.1, 7) + pl_student_cdf(2.1, 7) - 1) < 1e-12);
  assert_true(fabs(pl_student_quantile(0.1, 3) + pl_student_quantile(0.9, 3)) < 1e-9);
}

static void freedom_of_a_difference(void **state)
{
  (void)state;
  assert_true(fabs(pl_welch_freedom(4, 10, 4, 10) - 18) < 1e-12);
  assert_true(fabs(pl_welch_freedom(4, 10, 0, 50) - 9) < 1e-12); /* one side is known exactly */
  assert_true(fabs(pl_welch_freedom(3, 5, 8, 10) - 1.96 / (0.36 / 4 + 0.64 / 9)) < 1e-12);
  assert_true(pl_welch_freedom(0, 5, 0, 10) == 13);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(quantiles_of_the_tables), cmocka_unit_test(symmetric), cmocka_unit_test(freedom_of_a_difference)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
