/* Every routine of the folder on series that break what was not thought through (odd_series.h), and at the ends of what it takes: no crash under sanitisers,
 * and no number that is none. */
#include <float.h>

#include "analysis/odd_series.h"
#include "analysis/rightsize/predictive.h"
#include "analysis/rightsize/replicas.h"
#include "analysis/rightsize/scaling_trace.h"
#include "analysis/rightsize/vpa.h"
#include "support/failing.h"

#define A &pl_alloc_default

static const double ends[] = {0, -1, 1e-300, 0.5, 1, 7, 1e15, 1e300, DBL_MAX, NAN, INFINITY, -INFINITY};
enum { ENDS = sizeof ends / sizeof *ends };

static void use_of_any_kind(void **state)
{
  static const size_t lengths[] = {0, 1, 2, 3, 4, 5, 20, ODD_MOST};
  const pl_need_options o = pl_need_defaults();
  (void)state;
  for (int which = 0; which < ODD_SERIES; which++) {
    for (size_t l = 0; l < sizeof lengths / sizeof *lengths; l++) {
      size_t n = lengths[l];
      double y[ODD_MOST], cost;
      bool kept;
      pl_need need;
      odd_fill((odd_series)which, y, n);
      assert_int_equal(pl_need_of(A, y, n, &o, &need, NULL), PL_OK);
      assert_true(isfinite(need.size) && need.size >= 0 && need.idle >= 0 && need.idle <= 1 && need.violations >= 0 && need.violations <= 1 && need.known == (need.n > 0));
      if (which == ODD_NEGATIVE || which == ODD_ALL_NAN || n == 0)
        assert_false(need.known);
      if (which == ODD_CONSTANT && n > 0)
        assert_true(need.size == 3 && need.violations == 0);
      int code = pl_need_alone(A, y, n, 0.05, &o, &need, &kept, NULL);
      assert_true(code == PL_OK || code == PL_EINVAL);
      assert_true(code || (isfinite(need.size) && need.violations >= 0 && need.violations <= 1));
      const pl_use group[] = {{y, n}};
      code = pl_need_cost_for(A, group, 1, 0.05, &o, NULL, NULL, &cost, &kept, NULL);
      assert_true(code == PL_OK ? cost > 0 && isfinite(cost) : code == PL_EINVAL);
    }
  }
}

static void containers_of_any_kind(void **state)
{
  (void)state;
  for (int which = 0; which < ODD_SERIES; which++) {
    static pl_vpa v;
    pl_vpa_init(&v, NULL);
    pl_vpa_amounts none = pl_vpa_cpu(&v);
    assert_true(!none.known && none.target == 0);
    assert_true(pl_vpa_confidence(&v) == 0);
    for (size_t i = 0; i < ODD_MOST; i++) {
      double x = odd_value((odd_series)which, i);
      bool fine = isfinite(x) && x >= 0;
      assert_true(pl_vpa_add_cpu(&v, (double)i * 60, x) == fine);
      assert_true(pl_vpa_add_memory(&v, (double)i * 60, x) == fine);
      assert_false(pl_vpa_add_cpu(&v, NAN, 1));
    }
    pl_vpa_amounts cpu = pl_vpa_cpu(&v), memory = pl_vpa_memory(&v);
    assert_true(cpu.lower <= cpu.target && cpu.target <= cpu.upper && memory.lower <= memory.target && memory.target <= memory.upper && cpu.lower >= 0 && memory.lower >= 0);
    assert_true(cpu.upper <= PL_VPA_MOST && memory.upper <= PL_VPA_MOST);
    (void)pl_vpa_add_oom(&v, ODD_MOST * 60.0, odd_value((odd_series)which, 3));
    assert_true(pl_vpa_memory(&v).upper <= PL_VPA_MOST);
  }
  assert_true(pl_vpa_scale(PL_VPA_MOST, 1, 1, 0) >= 0);
}

static void histograms_at_their_ends(void **state)
{
  static pl_decaying_hist h;
  (void)state;
  for (size_t i = 0; i < ENDS; i++) {
    assert_true(pl_decaying_init(&h, 100, 1, 1.05, 1e-4, ends[i]) == (ends[i] > 0));
    assert_false(pl_decaying_init(&h, ends[i] < 1e15 ? NAN : ends[i], 1, 1, 1e-4, 60));
  }
  assert_true(pl_decaying_init(&h, 100, 1, 1.05, 1e-4, 60));
  assert_true(pl_decaying_empty(&h) && pl_decaying_percentile(&h, 0.9) == 0);
  for (size_t i = 0; i < ENDS; i++) {
    assert_true(pl_decaying_bucket(&h, ends[i]) < h.n);
    pl_decaying_add(&h, ends[i], 1, (double)i * 1e4);
    assert_true(isfinite(pl_decaying_percentile(&h, 0.5)));
  }
}

static void replicas_at_their_ends(void **state)
{
  (void)state;
  for (size_t i = 0; i < ENDS; i++) {
    for (size_t k = 0; k < ENDS; k++) {
      pl_bounded demand = {ends[i], ends[i], ends[i], 0.95}, each = {ends[k], ends[k], ends[k], 0.95};
      pl_replicas r = pl_replicas_for(demand, each, 0.3, 1, 0.95);
      if (!isfinite(ends[i]) || !(ends[k] > 0 && isfinite(ends[k])))
        assert_false(r.known);
      assert_true(!r.known || (r.replicas >= 1 && r.needed >= 1 && r.replicas == r.needed + 1 && r.chance >= 0.95 && r.chance <= 1 && isfinite(r.demand) && isfinite(r.capacity)));
    }
  }
}

static void pods_at_their_ends(void **state)
{
  const pl_hpa_tolerance t = pl_hpa_tolerance_default();
  const pl_hpa_pod none[] = {{PL_POD_READY, false, true, 0, 100}}, most[] = {{PL_POD_READY, true, true, PL_HPA_VALUE_MAX, PL_HPA_VALUE_MAX}}, zero[] = {{PL_POD_READY, true, true, 0, 0}};
  pl_hpa_answer a;
  (void)state;
  assert_int_equal(pl_hpa_of_utilisation(NULL, 0, 3, 50, t, &a), PL_HPA_NO_PODS);
  assert_int_equal(pl_hpa_of_utilisation(none, 1, 3, 50, t, &a), PL_HPA_NO_METRICS);
  assert_int_equal(pl_hpa_of_utilisation(zero, 1, 3, 50, t, &a), PL_HPA_NO_REQUEST);
  assert_int_equal(pl_hpa_of_utilisation(most, 1, 3, 0, t, &a), PL_HPA_BAD_TARGET);
  assert_int_equal(pl_hpa_of_utilisation(most, 1, INT32_MAX, 1, t, &a), PL_HPA_OK);
  assert_true(a.replicas >= 0);
  assert_int_equal(pl_hpa_of_pods(NULL, 0, 3, 50, t, &a), PL_HPA_NO_PODS);
  assert_int_equal(pl_hpa_of_value(INT64_MAX, INT32_MAX, INT32_MAX, 1, t, &a), PL_HPA_OK);
  assert_true(a.replicas >= 0);
  assert_int_equal(pl_hpa_of_value(0, 0, 0, 1, t, &a), PL_HPA_OK);
  assert_int_equal(pl_hpa_of_value(5, 1, 1, -1, t, &a), PL_HPA_BAD_TARGET);
  assert_int_equal(pl_hpa_of_value_per_pod(INT64_MAX, INT32_MAX, 1, t, &a), PL_HPA_OK);
  assert_true(a.replicas >= 0);
  assert_int_equal(pl_hpa_of_value_per_pod(5, 0, 0, t, &a), PL_HPA_BAD_TARGET);
  static pl_hpa_memory memory;
  const pl_hpa_behaviour b = pl_hpa_behaviour_default(1, 10);
  assert_int_equal(pl_hpa_behave(&b, &memory, 0, 0, 0), 1);
  assert_int_equal(pl_hpa_behave(&b, &memory, 1e9, INT32_MAX, INT32_MAX), 10);
}

static void traces_of_any_kind(void **state)
{
  (void)state;
  for (int which = 0; which < ODD_SERIES; which++) {
    double y[ODD_MOST];
    pl_scaling_result r;
    int32_t replicas[ODD_MOST];
    pl_scaling_policy p = {.step_s = 60, .per_replica = 2, .utilisation = 0.6, .ready_s = 90, .start = 1, .tolerance = pl_hpa_tolerance_default(), .behaviour = pl_hpa_behaviour_default(1, 100)};
    odd_fill((odd_series)which, y, ODD_MOST);
    for (size_t i = 0; i < ODD_MOST; i++)
      y[i] = isinf(y[i]) ? NAN : y[i];
    int code = pl_scaling_play(A, y, ODD_MOST, &p, replicas, &r, NULL);
    assert_int_equal(code, PL_OK);
    assert_true(isfinite(r.replica_hours) && r.violations >= 0 && r.violations <= 1 && r.unserved >= 0 && r.unserved <= 1 && r.idle >= 0 && r.idle <= 1 && r.least >= 0 && r.most <= 100);
    assert_int_equal(pl_scaling_play(A, y, 0, &p, NULL, &r, NULL), PL_EINVAL);
    p.per_replica = NAN;
    assert_int_equal(pl_scaling_play(A, y, ODD_MOST, &p, NULL, &r, NULL), PL_EINVAL);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(use_of_any_kind), cmocka_unit_test(containers_of_any_kind), cmocka_unit_test(histograms_at_their_ends),
                                     cmocka_unit_test(replicas_at_their_ends), cmocka_unit_test(pods_at_their_ends), cmocka_unit_test(traces_of_any_kind)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
