#include "analysis/rightsize/hpa.h"

#include "support/failing.h"

enum { MOST = 10 };

/* Pods of one request, those with a value first. */
static size_t pods_of(pl_hpa_pod *pods, size_t n, int64_t request, const int64_t *values, size_t n_values)
{
  for (size_t i = 0; i < n; i++)
    pods[i] = (pl_hpa_pod){.has_request = true, .request = request, .has_value = i < n_values, .value = i < n_values ? values[i] : 0};
  return n;
}

static void is(enum pl_hpa_failure failure, pl_hpa_answer a, int32_t replicas, int64_t utilisation)
{
  assert_int_equal(failure, PL_HPA_OK);
  assert_int_equal(a.replicas, replicas);
  assert_int_equal(a.utilisation, utilisation);
}

/* 300, 500 and 700 of 1,000 each against 30 %. */
static void replicas_follow_utilisation(void **state)
{
  const int64_t values[] = {300, 500, 700};
  pl_hpa_pod pods[MOST];
  pl_hpa_answer a = {0};
  pl_hpa_tolerance t = pl_hpa_tolerance_default();
  size_t n = pods_of(pods, 3, 1000, values, 3);
  (void)state;
  is(pl_hpa_of_utilisation(pods, n, 3, 30, t, &a), a, 5, 50);
  is(pl_hpa_of_utilisation(pods, n, 3, 55, t, &a), a, 3, 50);
  is(pl_hpa_of_utilisation(pods, n, 3, 100, t, &a), a, 2, 50);
  pods[0].state = PL_POD_UNREADY; /* left out, then counted as idle */
  is(pl_hpa_of_utilisation(pods, n, 3, 30, t, &a), a, 4, 60);
  pods[0].state = PL_POD_GONE;
  is(pl_hpa_of_utilisation(pods, n, 2, 30, t, &a), a, 4, 60);
  pods[0].state = PL_POD_UNKNOWN; /* a metric without a pod */
  is(pl_hpa_of_utilisation(pods, n, 2, 30, t, &a), a, 4, 60);
}

/* A target of 150 %: a pod without a metric counts with 150 % where fewer would follow. */
static void missing_metrics_hold_back(void **state)
{
  const int64_t low[] = {600}, high[] = {3000};
  pl_hpa_pod pods[MOST];
  pl_hpa_answer a = {0};
  pl_hpa_tolerance t = pl_hpa_tolerance_default();
  (void)state;
  size_t n = pods_of(pods, 2, 1000, low, 1);
  is(pl_hpa_of_utilisation(pods, n, 2, 100, t, &a), a, 2, 60);
  is(pl_hpa_of_utilisation(pods, n, 2, 150, t, &a), a, 2, 60);
  n = pods_of(pods, 4, 1000, low, 1);
  is(pl_hpa_of_utilisation(pods, n, 4, 150, t, &a), a, 4, 60);
  n = pods_of(pods, 2, 1000, high, 1);
  is(pl_hpa_of_utilisation(pods, n, 2, 50, t, &a), a, 6, 300);
  is(pl_hpa_of_utilisation(pods, n, 2, 200, t, &a), a, 2, 300); /* 1.5 turns to 0.75: nothing */
}

/* Exactly at a tolerance's end nothing changes, and each direction has its own. */
static void each_direction_has_its_tolerance(void **state)
{
  const int64_t values[] = {1100}, fewer[] = {900};
  pl_hpa_pod pods[MOST];
  pl_hpa_answer a = {0};
  size_t n = pods_of(pods, 1, 1000, values, 1);
  (void)state;
  is(pl_hpa_of_utilisation(pods, n, 1, 100, (pl_hpa_tolerance){0.1, 0.1}, &a), a, 1, 110);
  is(pl_hpa_of_utilisation(pods, n, 1, 100, (pl_hpa_tolerance){0.5, 0.05}, &a), a, 2, 110);
  n = pods_of(pods, 1, 1000, fewer, 1);
  is(pl_hpa_of_utilisation(pods, n, 1, 100, (pl_hpa_tolerance){0.1, 0}, &a), a, 1, 90);
}

static void failures_are_told(void **state)
{
  const int64_t values[] = {200};
  pl_hpa_pod pods[MOST];
  pl_hpa_answer a = {7, 7};
  pl_hpa_tolerance t = pl_hpa_tolerance_default();
  size_t n = pods_of(pods, 1, 1000, values, 1);
  (void)state;
  assert_int_equal(pl_hpa_of_utilisation(pods, 0, 1, 50, t, &a), PL_HPA_NO_PODS);
  assert_int_equal(pl_hpa_of_utilisation(pods, n, 1, 0, t, &a), PL_HPA_BAD_TARGET);
  pods[0].has_request = false;
  assert_int_equal(pl_hpa_of_utilisation(pods, n, 1, 50, t, &a), PL_HPA_NO_REQUEST);
  pods[0] = (pl_hpa_pod){.has_request = true, .has_value = true, .value = 5};
  assert_int_equal(pl_hpa_of_utilisation(pods, n, 1, 50, t, &a), PL_HPA_NO_REQUEST);
  n = pods_of(pods, 2, 1000, values, 0);
  assert_int_equal(pl_hpa_of_utilisation(pods, n, 2, 50, t, &a), PL_HPA_NO_METRICS);
  assert_int_equal(pl_hpa_of_value(1, 1, 1, 0, t, &a), PL_HPA_BAD_TARGET);
  assert_int_equal(a.replicas, 7);
  assert_string_equal(pl_hpa_failure_text(PL_HPA_NO_METRICS), "no metrics");
}

static void metrics_of_pods_and_of_others(void **state)
{
  const int64_t values[] = {50000, 15000, 30000};
  pl_hpa_pod pods[MOST];
  pl_hpa_answer a = {0};
  pl_hpa_tolerance t = pl_hpa_tolerance_default();
  size_t n = pods_of(pods, 3, 0, values, 3);
  (void)state;
  is(pl_hpa_of_pods(pods, n, 3, 15000, t, &a), a, 7, 31666);
  is(pl_hpa_of_value(12000, 5, 5, 20000, t, &a), a, 3, 12000);
  is(pl_hpa_of_value(20666, 3, 3, 20000, t, &a), a, 3, 20666);
  is(pl_hpa_of_value(20000, 0, 0, 9000, t, &a), a, 3, 20000);
  is(pl_hpa_of_value(0, 0, 0, 9000, t, &a), a, 0, 0);
  is(pl_hpa_of_value_per_pod(8600, 3, 2150, t, &a), a, 4, 2867);
  is(pl_hpa_of_value_per_pod(8600, 5, 2867, t, &a), a, 3, 1720);
  is(pl_hpa_of_value_per_pod(8600, 4, 2150, t, &a), a, 4, 2150);
  is(pl_hpa_of_value_per_pod(8600, 0, 2150, t, &a), a, 4, 8600);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(replicas_follow_utilisation), cmocka_unit_test(missing_metrics_hold_back),
                                     cmocka_unit_test(each_direction_has_its_tolerance), cmocka_unit_test(failures_are_told),
                                     cmocka_unit_test(metrics_of_pods_and_of_others)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
