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

/* A single station of many servers: one user alone, and more than it can serve. */
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

/* X(1 ... users) of the network by the definition: the number of ways that `users` share the stations and thinking, each weighed (Gordon and
 * Newell 1967); plain sums, for few users. */
static double ways(const pl_station *s, size_t n, double think, int64_t users)
{
  double sum = 0, weight = 1;
  if (n == 0) {
    for (int64_t j = 1; j <= users; j++)
      weight *= think / (double)j;
    return weight;
  }
  for (int64_t j = 0; j <= users; j++) {
    weight *= j > 0 ? s->demand / (double)(j < s->servers ? j : s->servers) : 1;
    sum += weight * ways(s + 1, n - 1, think, users - j);
  }
  return sum;
}

/* Two users of two servers never meet; and networks of several such stations are what the definition says. */
static void several_servers_are_exact(void **state)
{
  const pl_station two[] = {{0.2, 2}}, mixed[] = {{0.4, 3}, {0.1, 1}, {0.3, 2}, {0.05, 1}};
  double u[4], q[4], xs[12];
  pl_network net;
  (void)state;
  assert_int_equal(pl_mva(&pl_alloc_default, two, 1, 0, 2, &net, u, q, NULL, NULL, NULL), 0);
  near_to(net.r, 0.2);
  near_to(net.x, 10);
  near_to(q[0], 2);
  for (int with = 0; with < 2; with++) {
    double think = with ? 0.7 : 0, sum = 0;
    assert_int_equal(pl_mva(&pl_alloc_default, mixed, 4, think, 12, &net, u, q, xs, NULL, NULL), 0);
    assert_true(net.exact);
    for (int64_t k = 1; k <= 12; k++)
      near_to(xs[k - 1], ways(mixed, 4, think, k - 1) / ways(mixed, 4, think, k));
    for (int i = 0; i < 4; i++)
      sum += q[i];
    near_to(sum + think * net.x, 12);
    near_to(u[0], net.x * 0.4 / 3);
  }
}

/* Where probabilities of idle stations would have lost every digit: 64 cores, far beyond their limit. */
static void saturated_stations_keep_their_digits(void **state)
{
  const pl_station s[] = {{1, 64}, {0.001, 1}};
  double u[2], q[2], xs[2000];
  pl_network net;
  (void)state;
  assert_int_equal(pl_mva(&pl_alloc_default, s, 2, 5, 2000, &net, u, q, xs, NULL, NULL), 0);
  for (int i = 1; i < 2000; i++)
    assert_true(xs[i] >= xs[i - 1] * (1 - 1e-12) && xs[i] <= 64 * (1 + 1e-12));
  assert_true(fabs(net.x - 64) < 1e-9 && fabs(q[0] + q[1] + 5 * net.x - 2000) < 1e-6);
  assert_int_equal(pl_mva(&pl_alloc_default, s, 2, 5, PL_MVA_EXACT_MAX / 64 + 1, &net, u, q, NULL, NULL, NULL), 0);
  assert_false(net.exact);
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

static int solve_shared(const pl_allocator *a, void *user)
{
  const pl_station s[] = {{1, 4}, {0.1, 1}};
  pl_network net;
  (void)user;
  return pl_mva(a, s, 2, 1, 10, &net, NULL, NULL, NULL, NULL, NULL);
}

static void without_memory(void **state)
{
  (void)state;
  failing_every(solve_shared, NULL, 4);
  failing_every(solve, NULL, 3);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(balanced), cmocka_unit_test(laws_hold), cmocka_unit_test(many_servers), cmocka_unit_test(several_servers_are_exact),
                                     cmocka_unit_test(saturated_stations_keep_their_digits), cmocka_unit_test(bad_input),
                                     cmocka_unit_test(without_memory)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
