#include "analysis/experience/affected.h"

#include <math.h>

#include "support/failing.h"

/* Wilson's interval of 2 of 10 at 95 %: .0567 to .5098 (Newcombe 1998). */
static void a_share(void **state)
{
  const double bad[] = {0, 0, 3, 0, 0, 0, 1, 0, 0, 0};
  pl_affected a;
  (void)state;
  assert_int_equal(pl_affected_users(bad, 10, 1, 1.959964, &a, NULL), 0);
  assert_true(a.affected == 2 && a.users == 10 && fabs(a.share - 0.2) < 1e-12);
  assert_true(fabs(a.lo - 0.0567) < 1e-4 && fabs(a.hi - 0.5098) < 1e-4);
  assert_int_equal(pl_affected_users(bad, 10, 2, 1.959964, &a, NULL), 0);
  assert_int_equal(a.affected, 1);
}

static void edges(void **state)
{
  pl_affected a;
  (void)state;
  assert_int_equal(pl_affected_users(NULL, 0, 1, 1.96, &a, NULL), 0);
  assert_true(isnan(a.share) && a.users == 0);
  assert_int_equal(pl_affected_users((double[]){0, 0}, 2, 1, 1.96, &a, NULL), 0);
  assert_true(a.share == 0 && a.lo == 0 && a.hi > 0.5 && a.hi < 1);
  assert_int_equal(pl_affected_users((double[]){NAN}, 1, 1, 1.96, &a, NULL), PL_EINVAL);
  assert_int_equal(pl_affected_users((double[]){1}, 1, 0, 1.96, &a, NULL), PL_EINVAL);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(a_share), cmocka_unit_test(edges)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
