#include "analysis/capacity/mmc.h"

#include <math.h>

#include "support/failing.h"

static void near_to(double value, double expected)
{
  if (!(fabs(value - expected) <= 1e-12 * fabs(expected)))
    fail_msg("%.17g, not %.17g", value, expected);
}

/* Erlang B of small systems by the formula of factorials, as fractions. */
static void erlang_b(void **state)
{
  (void)state;
  near_to(pl_erlang_b(1, 1), 1.0 / 2);
  near_to(pl_erlang_b(2, 2), 2.0 / 5);
  near_to(pl_erlang_b(3, 3), 9.0 / 26);
  assert_true(pl_erlang_b(0, 5) == 0 && pl_erlang_b(4, 0) == 1 && isnan(pl_erlang_b(-1, 2)) && isnan(pl_erlang_b(NAN, 2)));
  /* For c = a the loss falls as sqrt(2 / (pi c)) (Jagerman 1974): within 1 % at a million servers, and nothing overflows. */
  assert_true(fabs(pl_erlang_b(1e6, 1000000) / sqrt(2 / (acos(-1) * 1e6)) - 1) < 0.01);
}

static void one_and_two_servers(void **state)
{
  pl_queue q;
  (void)state;
  assert_int_equal(pl_mmc(9, 10, 1, &q, NULL), 0);
  near_to(q.w, 1);
  near_to(q.lq, 8.1);
  near_to(q.erlang_c, 0.9);
  assert_int_equal(pl_mmc(3, 2, 2, &q, NULL), 0); /* C = 9 / 14 */
  near_to(q.erlang_c, 9.0 / 14);
  near_to(q.wq, 9.0 / 14);
  assert_int_equal(pl_mmc(0, 2, 2, &q, NULL), 0);
  assert_true(q.stable && q.wq == 0 && q.l == 0);
  near_to(q.w, 0.5);
}

/* M/M/1: the time in the system is exponential with the rate mu - lambda; elsewhere the pole at c mu - lambda = mu is crossed smoothly, and
 * the tail's integral is the mean. */
static void how_long_it_takes(void **state)
{
  pl_queue q;
  (void)state;
  assert_int_equal(pl_mmc(9, 10, 1, &q, NULL), 0);
  near_to(pl_mmc_takes_longer(&q, 9, 10, 1, 2), exp(-2));
  near_to(pl_mmc_waits_longer(&q, 9, 10, 1, 2), 0.9 * exp(-2));
  assert_true(fabs(pl_mmc_quantile(&q, 9, 10, 1, 0.99, true) - log(100)) < 1e-9);
  assert_true(fabs(pl_mmc_quantile(&q, 9, 10, 1, 0.99, false) - log(90)) < 1e-9);
  assert_true(pl_mmc_quantile(&q, 9, 10, 1, 0.05, false) == 0);
  assert_int_equal(pl_mmc(0.999, 1, 1, &q, NULL), 0); /* nearly full, and long */
  near_to(pl_mmc_takes_longer(&q, 0.999, 1, 1, 1024), exp(-0.001 * 1024));
  assert_true(fabs(pl_mmc_quantile(&q, 0.999, 1, 1, 0.99, true) / (log(100) / 0.001) - 1) < 1e-9);
  const double lambdas[] = {2, 2.0001, 2.7};
  for (int i = 0; i < 3; i++) {
    double sum = 0, step = 1e-3;
    assert_int_equal(pl_mmc(lambdas[i], 1, 3, &q, NULL), 0);
    for (double t = step / 2; t < 100; t += step)
      sum += step * pl_mmc_takes_longer(&q, lambdas[i], 1, 3, t);
    assert_true(fabs(sum / q.w - 1) < 1e-6);
  }
}

static void more_than_it_can_do(void **state)
{
  pl_queue q;
  (void)state;
  assert_int_equal(pl_mmc(10, 1, 10, &q, NULL), 0);
  assert_true(!q.stable && isinf(q.w) && isinf(q.l) && q.erlang_c == 1 && q.rho == 1);
  assert_true(pl_mmc_waits_longer(&q, 10, 1, 10, 5) == 1 && isinf(pl_mmc_quantile(&q, 10, 1, 10, 0.5, true)));
}

/* So much load that its ratio to the service rate is infinite: all are lost, all wait, nothing is NaN. */
static void infinite_load(void **state)
{
  pl_queue q;
  (void)state;
  assert_true(pl_erlang_b(INFINITY, 3) == 1);
  assert_int_equal(pl_mmc(1e300, 1e-300, 2, &q, NULL), 0);
  assert_true(!q.stable && q.erlang_b == 1 && q.erlang_c == 1 && isinf(q.rho) && isinf(q.wq));
}

static void bad_input(void **state)
{
  pl_queue q;
  (void)state;
  assert_int_equal(pl_mmc(-1, 1, 1, &q, NULL), PL_EINVAL);
  assert_int_equal(pl_mmc(NAN, 1, 1, &q, NULL), PL_EINVAL);
  assert_int_equal(pl_mmc(1, 0, 1, &q, NULL), PL_EINVAL);
  assert_int_equal(pl_mmc(1, INFINITY, 1, &q, NULL), PL_EINVAL);
  assert_int_equal(pl_mmc(1, 1, 0, &q, NULL), PL_EINVAL);
  assert_int_equal(pl_mmc(1, 1, PL_SERVERS_MAX + 1, &q, NULL), PL_EINVAL);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(erlang_b), cmocka_unit_test(one_and_two_servers), cmocka_unit_test(how_long_it_takes),
                                     cmocka_unit_test(more_than_it_can_do), cmocka_unit_test(infinite_load), cmocka_unit_test(bad_input)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
