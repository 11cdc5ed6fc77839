#include "analysis/capacity/mva.h"

#include <math.h>

#include "support/failing.h"

static void near_to(double value, double expected)
{
  if (!(fabs(value - expected) <= 1e-12 * fabs(expected)))
    fail_msg("%.17g, not %.17g", value, expected);
}

static const pl_station three[] = {{0.105, 1}, {0.18, 1}, {0.072, 1}};

/* Balanced stations without think time: X = N / (D (N + K - 1)). */
static void balanced(void **state)
{
  const pl_station two[] = {{0.1, 1}, {0.1, 1}};
  double u[2], q[2], xs[5], rs[5];
  pl_network net;
  (void)state;
  assert_int_equal(pl_mva(&pl_alloc_default, two, 2, 0, 5, &net, u, q, xs, rs, NULL), 0);
  for (int n = 1; n <= 5; n++) {
    near_to(xs[n - 1], n / (0.1 * (n + 1)));
    near_to(rs[n - 1], 0.1 * (n + 1));
  }
  near_to(q[0], 2.5);
  near_to(u[1], 5.0 / 6);
  near_to(net.x_max, 10);
  near_to(net.n_star, 2);
}

/* What the laws demand: N = X (R + Z), queues and thinkers are all users, X below its bounds. */
static void laws_hold(void **state)
{
  double u[3], q[3];
  pl_network net;
  (void)state;
  for (int64_t n = 1; n <= 200; n++) {
    assert_int_equal(pl_mva(&pl_alloc_default, three, 3, 15, n, &net, u, q, NULL, NULL, NULL), 0);
    near_to(net.x * (net.r + 15), (double)n);
    near_to(q[0] + q[1] + q[2] + net.x * 15, (double)n);
    assert_true(net.x <= net.x_max * (1 + 1e-12) && net.x <= (double)n / (0.357 + 15) * (1 + 1e-12));
    assert_int_equal(net.bottleneck, 1);
  }
}

/* A single station of many servers: too few users to meet see none of each other by the approximation either. */
static void many_servers(void **state)
{
  const pl_station one[] = {{1, 4}};
  double u, q;
  pl_network net;
  (void)state;
  assert_int_equal(pl_mva(&pl_alloc_default, one, 1, 0, 1, &net, &u, &q, NULL, NULL, NULL), 0);
  near_to(net.r, 1);
  near_to(q, 1);
  assert_int_equal(pl_mva(&pl_alloc_default, one, 1, 0, 1000, &net, &u, &q, NULL, NULL, NULL), 0);
  near_to(net.x_max, 4);
  assert_true(net.x > 3.99 && net.x <= 4 && fabs(q - 1000) < 1e-6);
}

static void bad_input(void **state)
{
  const pl_station minus[] = {{-1, 1}}, none[] = {{1, 0}}, nothing[] = {{0, 1}};
  pl_network net;
  (void)state;
  assert_int_equal(pl_mva(&pl_alloc_default, three, 0, 1, 1, &net, NULL, NULL, NULL, NULL, NULL), PL_EINVAL);
  assert_int_equal(pl_mva(&pl_alloc_default, minus, 1, 1, 1, &net, NULL, NULL, NULL, NULL, NULL), PL_EINVAL);
  assert_int_equal(pl_mva(&pl_alloc_default, none, 1, 1, 1, &net, NULL, NULL, NULL, NULL, NULL), PL_EINVAL);
  assert_int_equal(pl_mva(&pl_alloc_default, nothing, 1, 0, 1, &net, NULL, NULL, NULL, NULL, NULL), PL_EINVAL);
  assert_int_equal(pl_mva(&pl_alloc_default, three, 3, NAN, 1, &net, NULL, NULL, NULL, NULL, NULL), PL_EINVAL);
  assert_int_equal(pl_mva(&pl_alloc_default, three, 3, 1, -1, &net, NULL, NULL, NULL, NULL, NULL), PL_EINVAL);
  assert_int_equal(pl_mva(&pl_alloc_default, three, 3, 1, PL_USERS_MAX + 1, &net, NULL, NULL, NULL, NULL, NULL), PL_ELIMIT);
  assert_int_equal(pl_mva(&pl_alloc_default, three, 3, 1, 0, &net, NULL, NULL, NULL, NULL, NULL), 0);
  assert_true(net.x == 0 && net.r == 0);
  assert_int_equal(pl_mva(&pl_alloc_default, nothing, 1, 2, 4, &net, NULL, NULL, NULL, NULL, NULL), 0);
  assert_true(net.x == 2 && isinf(net.x_max));
}

static int solve(const pl_allocator *a, void *user)
{
  pl_network net;
  (void)user;
  return pl_mva(a, three, 3, 1, 10, &net, NULL, NULL, NULL, NULL, NULL);
}

static void without_memory(void **state)
{
  (void)state;
  failing_every(solve, NULL, 3);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(balanced), cmocka_unit_test(laws_hold), cmocka_unit_test(many_servers), cmocka_unit_test(bad_input),
                                     cmocka_unit_test(without_memory)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
