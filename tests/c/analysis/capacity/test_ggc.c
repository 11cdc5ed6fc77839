#include "analysis/capacity/ggc.h"

#include <math.h>

#include "support/failing.h"

static void near_to(double value, double expected)
{
  if (!(fabs(value - expected) <= 1e-12 * fabs(expected)))
    fail_msg("%.17g, not %.17g", value, expected);
}

/* Pollaczek and Khinchine: Wq = rho S (1 + cs2) / (2 (1 - rho)). */
static void one_server(void **state)
{
  pl_queue q;
  (void)state;
  assert_int_equal(pl_mg1(8, 0.1, 0, &q, NULL), 0);
  near_to(q.wq, 0.2);
  near_to(q.w, 0.3);
  assert_int_equal(pl_mg1(8, 0.1, 4, &q, NULL), 0);
  near_to(q.wq, 1);
  near_to(q.l, 8.8);
  assert_int_equal(pl_mg1(10, 0.1, 1, &q, NULL), 0);
  assert_true(!q.stable && isinf(q.wq));
}

static void many_servers(void **state)
{
  pl_queue q, m;
  (void)state;
  assert_int_equal(pl_mmc(8, 1, 10, &m, NULL), 0);
  assert_int_equal(pl_ggc(8, 1, 10, 1, 1, &q, NULL), 0);
  near_to(q.wq, m.wq);
  assert_int_equal(pl_ggc(8, 1, 10, 0.5, 0.1, &q, NULL), 0);
  near_to(q.wq, m.wq * 0.3);
  near_to(q.l, 8 * (m.wq * 0.3 + 1));
}

static void bad_input(void **state)
{
  pl_queue q;
  (void)state;
  assert_int_equal(pl_mg1(1, 0, 1, &q, NULL), PL_EINVAL);
  assert_int_equal(pl_mg1(1, 1e-320, 1, &q, NULL), PL_EINVAL);
  assert_int_equal(pl_mg1(1, 0.1, -1, &q, NULL), PL_EINVAL);
  assert_int_equal(pl_ggc(1, 2, 1, NAN, 1, &q, NULL), PL_EINVAL);
  assert_int_equal(pl_ggc(1, 2, 0, 1, 1, &q, NULL), PL_EINVAL);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(one_server), cmocka_unit_test(many_servers), cmocka_unit_test(bad_input)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
