#include "analysis/capacity/mmck.h"

#include <math.h>

#include "analysis/capacity/mmc.h"
#include "support/failing.h"

static void near_to(double value, double expected)
{
  if (!(fabs(value - expected) <= 1e-11 * fabs(expected)))
    fail_msg("%.17g, not %.17g", value, expected);
}

static void formulas(void **state)
{
  pl_bounded_queue q;
  (void)state;
  assert_int_equal(pl_mmck(1, 1, 1, 10, &q, NULL), 0); /* all 11 states are as likely */
  near_to(q.p_block, 1.0 / 11);
  near_to(q.l, 5);
  near_to(q.w, 5.5);
  assert_int_equal(pl_mmck(2, 1, 1, 5, &q, NULL), 0); /* 32 / 63 */
  near_to(q.p_block, 32.0 / 63);
  near_to(q.l, 258.0 / 63);
  near_to(q.lq, (258.0 - 62) / 63);
  assert_int_equal(pl_mmck(3, 1, 3, 3, &q, NULL), 0); /* no room to wait: Erlang B */
  near_to(q.p_block, pl_erlang_b(3, 3));
  assert_true(q.lq == 0 && q.wq == 0);
}

/* Loads and rooms of which the states' weights would overflow, or vanish. */
static void nothing_overflows(void **state)
{
  pl_bounded_queue q;
  pl_queue m;
  (void)state;
  assert_int_equal(pl_mmck(1e9, 1, 10, 100000, &q, NULL), 0);
  near_to(q.throughput, 10);
  assert_true(fabs(q.l - 100000) < 1e-3 && q.p_block < 1);
  assert_int_equal(pl_mmck(980, 1, 1000, 100000, &q, NULL), 0);
  assert_int_equal(pl_mmc(980, 1, 1000, &m, NULL), 0);
  near_to(q.l, m.l);
  near_to(q.lq, m.lq);
  assert_int_equal(pl_mmck(1e-200, 1, 2, 1000, &q, NULL), 0);
  near_to(q.throughput, 1e-200);
  assert_int_equal(pl_mmck(0, 2, 2, 5, &q, NULL), 0);
  assert_true(q.l == 0 && q.p_block == 0 && q.wq == 0);
  near_to(q.w, 0.5);
}

/* Whatever the load: full, and serving as fast as it can. */
static void endless_load(void **state)
{
  static const double lambdas[] = {1e99, 1e120, 1e300, 1.7e308}, mus[] = {1, 1e-300, 1e-8};
  (void)state;
  for (size_t i = 0; i < sizeof lambdas / sizeof *lambdas; i++) {
    for (size_t k = 0; k < sizeof mus / sizeof *mus; k++) {
      pl_bounded_queue q;
      assert_int_equal(pl_mmck(lambdas[i], mus[k], 2, 5, &q, NULL), 0);
      assert_true(fabs(q.throughput - 2 * mus[k]) <= 1e-9 * mus[k] && fabs(q.l - 5) < 1e-9 && fabs(q.lq - 3) < 1e-9 && q.p_block <= 1 && q.p_block > 0.999);
      assert_true(fabs(q.rho - 1) < 1e-9 && isfinite(q.w) && isfinite(q.wq));
    }
  }
}

static void bad_input(void **state)
{
  pl_bounded_queue q;
  (void)state;
  assert_int_equal(pl_mmck(NAN, 1, 1, 1, &q, NULL), PL_EINVAL);
  assert_int_equal(pl_mmck(1, -1, 1, 1, &q, NULL), PL_EINVAL);
  assert_int_equal(pl_mmck(1, 1, 0, 1, &q, NULL), PL_EINVAL);
  assert_int_equal(pl_mmck(1, 1, 2, 1, &q, NULL), PL_EINVAL);
  assert_int_equal(pl_mmck(1, 1, 1, (int64_t)PL_SERVERS_MAX + 1, &q, NULL), PL_EINVAL);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(formulas), cmocka_unit_test(nothing_overflows), cmocka_unit_test(endless_load), cmocka_unit_test(bad_input)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
