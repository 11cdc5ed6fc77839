/* Watches: fed second by second, they judge over all, over windows, and by scope. */
#include "query/watch.h"

#include "support/failing.h"

enum { S = 1000 };

static pl_watch *watch(const char *text)
{
  pl_objective *o;
  pl_watch *w;
  pl_error err = {0};
  pl_watch_options options = {0};
  assert_int_equal(pl_objective_parse(&pl_alloc_default, pl_str_of(text), &o, &err), PL_OK);
  assert_int_equal(pl_watch_new(&pl_alloc_default, o, &options, &w, &err), PL_OK);
  return w;
}

static int add_series(pl_watch *w, const char *name, enum pl_series_kind kind, const char *scenario, const char *outcome)
{
  pl_label labels[] = {{PL_STR("outcome"), pl_str_of(outcome)}, {PL_STR("scenario"), pl_str_of(scenario)}};
  pl_series_info info = {.id = 1, .kind = kind, .name = pl_str_of(name), .unit = PL_STR(""), .labels = labels, .n_labels = 2};
  return pl_watch_series(w, &info);
}

/* n values of ms milliseconds each in second t. */
static void latencies(pl_watch *w, int slot, int t, unsigned n, unsigned ms)
{
  pl_hist h;
  pl_hist_init(&h, &pl_alloc_default);
  pl_hist_record_n(&h, UINT64_C(1000000) * ms, n);
  pl_watch_dist(w, slot, t * S, &h);
  pl_hist_fini(&h);
}

static void a_quantile_over_all(void **state)
{
  pl_watch_result r;
  (void)state;
  pl_watch *w = watch("p99(latency) < 100ms");
  int slot = add_series(w, "load_latency_seconds", PL_SERIES_DIST, "a", "");
  assert_true(slot >= 0);
  assert_true(add_series(w, "node_load1", PL_SERIES_GAUGE, "a", "") < 0);
  for (int t = 0; t < 20; t++) {
    latencies(w, slot, t, 995, 10);
    latencies(w, slot, t, 5, 500);
    (void)pl_watch_second(w, t * S);
  }
  pl_watch_judge(w, &r);
  assert_int_equal(r.verdict, PL_VERDICT_PASS);
  assert_true(r.value > 0.0099 && r.value < 0.0101);
  assert_int_equal(r.samples, 20000);
  pl_watch_free(w);
}

static void too_few_samples_are_inconclusive(void **state)
{
  pl_watch_result r;
  (void)state;
  pl_watch *w = watch("p99(latency) < 100ms");
  int slot = add_series(w, "load_latency_seconds", PL_SERIES_DIST, "a", "");
  latencies(w, slot, 1, 500, 10);
  (void)pl_watch_second(w, 1 * S);
  pl_watch_judge(w, &r);
  assert_int_equal(r.verdict, PL_VERDICT_INCONCLUSIVE);
  assert_true(r.why[0] != '\0');
  pl_watch_free(w);
}

static void a_window_breaks_and_heals(void **state)
{
  (void)state;
  pl_watch *w = watch("error_ratio < 10% over last 2s");
  int good = add_series(w, "load_requests_total", PL_SERIES_COUNTER, "a", "ok");
  int bad = add_series(w, "load_requests_total", PL_SERIES_COUNTER, "a", "timeout");
  double ok = 0, failed = 0;
  static const bool broken[] = {false, false, false, true, true, true, false, false};
  pl_watch_sample(w, good, -1 * S, 0);
  pl_watch_sample(w, bad, -1 * S, 0);
  (void)pl_watch_second(w, -1 * S);
  for (int t = 0; t < 8; t++) {
    bool trouble = t == 3 || t == 4;
    ok += trouble ? 50 : 100;
    failed += trouble ? 50 : 0;
    pl_watch_sample(w, good, t * S, ok);
    pl_watch_sample(w, bad, t * S, failed);
    assert_int_equal(pl_watch_second(w, t * S), broken[t]);
  }
  pl_watch_free(w);
}

static void the_worst_scenario_decides(void **state)
{
  pl_watch_result r;
  (void)state;
  pl_watch *w = watch("p50(latency) < 100ms");
  int fast = add_series(w, "load_latency_seconds", PL_SERIES_DIST, "fast", ""), slow = add_series(w, "load_latency_seconds", PL_SERIES_DIST, "slow", "");
  for (int t = 0; t < 5; t++) {
    latencies(w, fast, t, 1000, 10);
    latencies(w, slow, t, 100, 300);
    (void)pl_watch_second(w, t * S);
  }
  pl_watch_judge(w, &r);
  assert_int_equal(r.verdict, PL_VERDICT_FAIL);
  assert_string_equal(r.scope, "scenario=slow");
  pl_watch_free(w);
}

static void only_measured_parts_count(void **state)
{
  pl_watch_result r;
  (void)state;
  pl_watch *w = watch("p50(latency) < 100ms");
  int slot = add_series(w, "load_latency_seconds", PL_SERIES_DIST, "a", "");
  pl_watch_range(w, PL_STR("a"), 5 * S, 10 * S);
  for (int t = 0; t < 12; t++) {
    latencies(w, slot, t, 100, t < 5 ? 900 : 10);
    (void)pl_watch_second(w, t * S);
  }
  pl_watch_judge(w, &r);
  assert_int_equal(r.verdict, PL_VERDICT_PASS);
  assert_int_equal(r.samples, 700); /* two seconds of answers after the end belong to starts of the part */
  pl_watch_free(w);
}

static void timeouts_after_the_end_count_but_not_for_a_rate(void **state)
{
  static const char *const texts[] = {"error_ratio < 10%", "rate(requests) > 40/s"};
  (void)state;
  for (int i = 0; i < 2; i++) {
    pl_watch_result r;
    pl_watch *w = watch(texts[i]);
    int good = add_series(w, "load_requests_total", PL_SERIES_COUNTER, "a", "ok");
    int bad = add_series(w, "load_requests_total", PL_SERIES_COUNTER, "a", "timeout");
    pl_watch_range(w, PL_STR("a"), 0, 4 * S);
    for (int t = -1; t < 8; t++) {
      pl_watch_sample(w, good, t * S, t < 0 ? 0 : 50 * (t < 4 ? t + 1 : 4));
      pl_watch_sample(w, bad, t * S, t < 4 ? 0 : 25 * (t - 3));
      (void)pl_watch_second(w, t * S);
    }
    pl_watch_judge(w, &r);
    double expected = i == 0 ? 100.0 / 300 : 50;
    assert_true(r.value > expected - 1e-9 && r.value < expected + 1e-9);
    pl_watch_free(w);
  }
}

static void gauges(void **state)
{
  pl_watch_result r;
  (void)state;
  pl_watch *w = watch("max(node_load1) < 4");
  int slot = add_series(w, "node_load1", PL_SERIES_GAUGE, "", "");
  for (int t = 0; t < 5; t++) {
    pl_watch_sample(w, slot, t * S, t);
    (void)pl_watch_second(w, t * S);
  }
  pl_watch_judge(w, &r);
  assert_int_equal(r.verdict, PL_VERDICT_FAIL);
  assert_true(r.value == 4);
  pl_watch_free(w);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(a_quantile_over_all), cmocka_unit_test(too_few_samples_are_inconclusive),
                                     cmocka_unit_test(a_window_breaks_and_heals), cmocka_unit_test(the_worst_scenario_decides),
                                     cmocka_unit_test(only_measured_parts_count),
                                     cmocka_unit_test(timeouts_after_the_end_count_but_not_for_a_rate), cmocka_unit_test(gauges)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
