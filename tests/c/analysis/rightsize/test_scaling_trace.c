#include "analysis/rightsize/scaling_trace.h"

#include <math.h>

#include "support/failing.h"

enum { N = 240 };

static pl_scaling_policy policy(void)
{
  return (pl_scaling_policy){.step_s = 60, .per_replica = 10, .utilisation = 0.5, .start = 2, .tolerance = {0.1, 0.1}, .behaviour = pl_hpa_behaviour_default(1, 1000)};
}

static pl_scaling_result play(const double *demand, size_t n, const pl_scaling_policy *p, int32_t *replicas)
{
  pl_scaling_result r = {0};
  assert_int_equal(pl_scaling_play(&pl_alloc_default, demand, n, p, replicas, &r, NULL), 0);
  return r;
}

static void a_steady_demand_changes_nothing(void **state)
{
  double demand[N];
  pl_scaling_policy p = policy();
  (void)state;
  for (int i = 0; i < N; i++)
    demand[i] = 10;
  pl_scaling_result r = play(demand, N, &p, NULL);
  assert_true(r.changes == 0 && r.violations == 0 && r.unserved == 0 && r.least == 2 && r.most == 2);
  assert_true(fabs(r.replica_hours - 8) < 1e-9);
  assert_true(fabs(r.idle - 0.5) < 1e-12);
}

/* From 10 to 100: twenty are wanted, five minutes pass until the first that were started serve. */
static void a_step_is_met_after_the_delay(void **state)
{
  double demand[N];
  int32_t replicas[N];
  pl_scaling_policy p = policy();
  (void)state;
  for (int i = 0; i < N; i++)
    demand[i] = i < 100 ? 10 : 100;
  p.behaviour.up.n = 0;
  p.ready_s = 300;
  pl_scaling_result r = play(demand, N, &p, replicas);
  assert_int_equal(replicas[104], 2);
  assert_int_equal(replicas[105], 20);
  assert_int_equal(r.most, 20);
  assert_true(fabs(r.violations - 5.0 / N) < 1e-12);
  assert_true(fabs(r.unserved - 5 * 80.0 / (100 * 10 + 140 * 100)) < 1e-12);
  p.ahead = demand; /* who knows it starts in time */
  r = play(demand, N, &p, replicas);
  assert_true(r.violations == 0);
  assert_int_equal(replicas[100], 20);
  p.fixed = true;
  assert_int_equal(play(demand, N, &p, NULL).changes, 0);
}

/* Down waits, and what does not serve yet goes first. */
static void down_is_stabilised(void **state)
{
  double demand[N];
  int32_t replicas[N];
  pl_scaling_policy p = policy();
  (void)state;
  for (int i = 0; i < N; i++)
    demand[i] = i < 10 ? 100 : 10;
  p.start = 20;
  (void)play(demand, N, &p, replicas);
  assert_int_equal(replicas[14], 20);
  assert_int_equal(replicas[15], 2);
  p.behaviour.down.window_s = 0;
  p.ready_s = 600;
  p.start = 2;
  p.behaviour.up.n = 0;
  (void)play(demand, N, &p, replicas);
  for (int i = 0; i < N; i++)
    assert_int_equal(replicas[i], i < 10 ? 2 : replicas[i]);
  assert_int_equal(replicas[N - 1], 2);
}

static void odd_traces(void **state)
{
  const double odd[] = {NAN, -5, INFINITY, 0};
  pl_scaling_policy p = policy();
  pl_scaling_result r;
  (void)state;
  assert_true(play(odd, 4, &p, NULL).violations == 0);
  const double huge[] = {1e300, 1e300};
  assert_int_equal(play(huge, 2, &p, NULL).most, 12);
  assert_int_equal(pl_scaling_play(&pl_alloc_default, odd, 0, &p, NULL, &r, NULL), PL_EINVAL);
  p.utilisation = 0;
  assert_int_equal(pl_scaling_play(&pl_alloc_default, odd, 4, &p, NULL, &r, NULL), PL_EINVAL);
  p = policy();
  p.step_s = NAN;
  assert_int_equal(pl_scaling_play(&pl_alloc_default, odd, 4, &p, NULL, &r, NULL), PL_EINVAL);
  p = policy();
  p.ready_s = 1e9;
  assert_int_equal(pl_scaling_play(&pl_alloc_default, odd, 4, &p, NULL, &r, NULL), PL_ELIMIT);
  p = policy();
  p.behaviour.down.window_s = p.step_s * (PL_HPA_MEMORY + 1); /* more than is remembered */
  assert_int_equal(pl_scaling_play(&pl_alloc_default, odd, 4, &p, NULL, &r, NULL), PL_ELIMIT);
  p = policy();
  p.behaviour.up.policies[1].period_s = p.step_s * (PL_HPA_MEMORY + 1);
  assert_int_equal(pl_scaling_play(&pl_alloc_default, odd, 4, &p, NULL, &r, NULL), PL_ELIMIT);
}

static bool at_once(void *user)
{
  (void)user;
  return true;
}

static void it_can_be_stopped(void **state)
{
  double demand[4] = {1, 2, 3, 4};
  pl_scaling_policy p = {.step_s = 60, .per_replica = 1, .utilisation = 0.7, .start = 1, .fixed = true, .stop = at_once};
  pl_scaling_result r;
  (void)state;
  assert_int_equal(pl_scaling_play(&pl_alloc_default, demand, 4, &p, NULL, &r, NULL), PL_ECANCELED);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(it_can_be_stopped), cmocka_unit_test(a_steady_demand_changes_nothing), cmocka_unit_test(a_step_is_met_after_the_delay),
                                     cmocka_unit_test(down_is_stabilised), cmocka_unit_test(odd_traces)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
