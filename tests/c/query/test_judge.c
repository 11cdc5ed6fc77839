/* Verdicts: what makes them inconclusive, what an interval may say. */
#include "query/watch.h"

#include <string.h>

#include "query/watched.h"

enum { S = 1000 };

typedef struct bench {
  pl_watch *watch;
  int latency, ok, timeout, started, dropped;
} bench;

static int add_of(pl_watch *w, const char *name, enum pl_series_kind kind, const char *outcome, const char *scenario)
{
  pl_label labels[] = {{PL_STR("outcome"), pl_str_of(outcome)}, {PL_STR("scenario"), pl_str_of(scenario)}};
  pl_series_info info = {.id = 1, .kind = kind, .name = pl_str_of(name), .unit = PL_STR(""), .labels = labels, .n_labels = outcome[0] ? 2 : 1};
  if (!outcome[0])
    info.labels = &labels[1];
  return pl_watch_series(w, &info);
}

static int add(pl_watch *w, const char *name, enum pl_series_kind kind, const char *outcome)
{
  return add_of(w, name, kind, outcome, "a");
}

static bench open_bench(const char *text)
{
  bench b = {.watch = watch(text)};
  b.latency = add(b.watch, "load_latency_seconds", PL_SERIES_DIST, "");
  b.ok = add(b.watch, "load_requests_total", PL_SERIES_COUNTER, "ok");
  b.timeout = add(b.watch, "load_requests_total", PL_SERIES_COUNTER, "timeout");
  b.started = add(b.watch, "load_starts_total", PL_SERIES_COUNTER, "started");
  b.dropped = add(b.watch, "load_starts_total", PL_SERIES_COUNTER, "dropped");
  return b;
}

static void total(const bench *b, int slot, int t, double value)
{
  if (slot >= 0)
    pl_watch_sample(b->watch, slot, t * S, value);
}

/* Ten seconds with `answers` of 1 to 10 ms each, timeouts of 30 s and dropped starts. */
static pl_watch_result judged(const char *text, unsigned answers, unsigned timeouts, unsigned dropped)
{
  pl_watch_result r;
  bench b = open_bench(text);
  for (int t = -1; t < 10; t++) {
    pl_hist h;
    pl_hist_init(&h, &pl_alloc_default);
    for (unsigned ms = 1; ms <= 10 && t >= 0; ms++)
      pl_hist_record_n(&h, UINT64_C(1000000) * ms + UINT64_C(1000) * (unsigned)t, answers / 10);
    if (t >= 0)
      pl_hist_record_n(&h, UINT64_C(30000000000), timeouts);
    if (h.count && b.latency >= 0)
      pl_watch_dist(b.watch, b.latency, t * S, &h);
    pl_hist_fini(&h);
    total(&b, b.ok, t, (t + 1) * (double)answers);
    total(&b, b.timeout, t, (t + 1) * (double)timeouts);
    total(&b, b.started, t, (t + 1) * (double)(answers + timeouts));
    total(&b, b.dropped, t, (t + 1) * (double)dropped);
    (void)pl_watch_second(b.watch, t * S);
  }
  pl_watch_judge(b.watch, &r);
  pl_watch_free(b.watch);
  return r;
}

static void lost_starts_make_latencies_inconclusive(void **state)
{
  (void)state;
  pl_watch_result r = judged("p50(latency) < 1s", 1000, 0, 2);
  assert_int_equal(r.verdict, PL_VERDICT_INCONCLUSIVE);
  assert_non_null(strstr(r.why, "0.2 % of the planned starts were dropped or cancelled"));
  assert_int_equal(judged("p50(latency) < 1s", 1000, 0, 1).verdict, PL_VERDICT_PASS);
  assert_int_equal(judged("p50(latency) < 1ms", 1000, 0, 2).verdict, PL_VERDICT_INCONCLUSIVE);
  assert_int_equal(judged("error_ratio < 1%", 1000, 0, 100).verdict, PL_VERDICT_PASS);
}

/* Two scenarios that one objective takes together, and a third that it leaves out: who loses starts decides. */
static enum pl_verdict_kind judged_together(const char *text, unsigned lost_b, unsigned lost_c)
{
  static const char *const scenarios[] = {"a", "b", "c"};
  const unsigned lost[] = {0, lost_b, lost_c};
  pl_watch *w = watch(text);
  pl_watch_result r;
  pl_hist h;
  pl_hist_init(&h, &pl_alloc_default);
  pl_hist_record_n(&h, UINT64_C(10000000), 1000);
  for (size_t i = 0; i < 3; i++) {
    int latency = add_of(w, "load_latency_seconds", PL_SERIES_DIST, "", scenarios[i]);
    int started = add_of(w, "load_starts_total", PL_SERIES_COUNTER, "started", scenarios[i]), dropped = add_of(w, "load_starts_total", PL_SERIES_COUNTER, "dropped", scenarios[i]);
    for (int t = 0; t < 2 && started >= 0; t++) {
      pl_watch_sample(w, started, t * S, 1000 * t);
      pl_watch_sample(w, dropped, t * S, lost[i] * (double)t);
    }
    if (latency >= 0)
      pl_watch_dist(w, latency, 1 * S, &h);
  }
  pl_hist_fini(&h);
  (void)pl_watch_second(w, 1 * S);
  pl_watch_judge(w, &r);
  pl_watch_free(w);
  return r.verdict;
}

static void lost_starts_are_those_of_the_scenarios_that_are_judged(void **state)
{
  (void)state;
  assert_int_equal(judged_together("p50(latency{scenario!='c'}) < 1s", 0, 0), PL_VERDICT_PASS);
  assert_int_equal(judged_together("p50(latency{scenario!='c'}) < 1s", 100, 0), PL_VERDICT_INCONCLUSIVE);
  assert_int_equal(judged_together("p50(latency{scenario!='c'}) < 1s", 0, 100), PL_VERDICT_PASS);
  assert_int_equal(judged_together("p50(latency{scenario='b'}) < 1s", 0, 100), PL_VERDICT_PASS);
  assert_int_equal(judged_together("p50(latency{scenario='b'}) < 1s", 100, 0), PL_VERDICT_INCONCLUSIVE);
  assert_int_equal(judged_together("p50(latency{scenario!='c'}) by (scenario) < 1s", 100, 0), PL_VERDICT_INCONCLUSIVE);
  assert_int_equal(judged_together("p50(latency) < 1s", 0, 100), PL_VERDICT_INCONCLUSIVE);
}

static void dropped_counts_and_its_ratio_is_another_name(void **state)
{
  (void)state;
  assert_float_equal(judged("dropped < 10", 100, 0, 400).value, 4000, 0);
  assert_int_equal(judged("dropped < 10", 100, 0, 400).verdict, PL_VERDICT_FAIL);
  assert_float_equal(judged("dropped_ratio < 10%", 100, 0, 400).value, 0.8, 1e-9);
}

static void a_quantile_among_timeouts_is_a_lower_bound(void **state)
{
  (void)state;
  pl_watch_result r = judged("p95(latency) < 250ms", 900, 100, 0);
  assert_true(r.beyond);
  assert_float_equal(r.value, 30, 0.05);
  assert_int_equal(r.verdict, PL_VERDICT_FAIL);
  assert_false(judged("p50(latency) < 250ms", 900, 100, 0).beyond);
  assert_true(judged("max(latency) < 250ms", 900, 1, 0).beyond);
  r = judged("p95(latency) < 60s", 900, 100, 0);
  assert_int_equal(r.verdict, PL_VERDICT_INCONCLUSIVE);
  assert_non_null(strstr(r.why, "timeouts"));
}

static void an_interval_holds_the_value_and_extremes_have_none(void **state)
{
  static const char *const quantiles[] = {"p1(latency) < 1s", "p50(latency) < 1s", "p90(latency) < 1s", "p99(latency) < 1s"};
  (void)state;
  for (size_t i = 0; i < sizeof quantiles / sizeof *quantiles; i++) {
    pl_watch *w = watch(quantiles[i]);
    pl_watch_result r;
    int slot = add(w, "load_latency_seconds", PL_SERIES_DIST, "");
    for (int pass = 0; pass < 2; pass++) {
      for (int t = 0; t < 20; t++) {
        pl_hist h;
        pl_hist_init(&h, &pl_alloc_default);
        for (unsigned n = 0; n < 200; n++)
          pl_hist_record_n(&h, UINT64_C(1000000) * (1 + (n * 7 + (unsigned)t * 13) % 97), 1);
        pl_watch_dist(w, slot, t * S, &h);
        pl_hist_fini(&h);
        (void)pl_watch_second(w, t * S);
      }
      if (pass == 0)
        pl_watch_second_pass(w);
    }
    pl_watch_judge(w, &r);
    assert_true(r.has_interval);
    assert_true(r.lo <= r.value && r.value <= r.hi);
    pl_watch_free(w);
  }
  pl_watch_result once = judged("p50(latency) < 1s", 1000, 0, 0); /* without the second pass */
  assert_true(once.few_seconds && !once.has_interval);
  assert_false(judged("mean(latency) < 1s", 1000, 0, 0).few_seconds);
  assert_false(judged("p100(latency) < 1s", 100, 0, 0).has_interval);
  assert_false(judged("max(latency) < 1s", 100, 0, 0).has_interval);
  assert_false(judged("error_ratio < 1%", 100, 0, 0).has_interval); /* none failed: the seconds say nothing of how rare it is */
}

/* Steps of a search or of a comparison of two are no measured parts: beside a load their scenarios leave its verdict alone. */
static void a_scenario_of_no_load_is_not_judged(void **state)
{
  (void)state;
  for (int loads = 0; loads <= 1; loads++) {
    pl_watch_result r;
    pl_watch *w = watch("error_ratio < 1%");
    int a = add_of(w, "load_requests_total", PL_SERIES_COUNTER, "ok", "a"), b = add_of(w, "load_requests_total", PL_SERIES_COUNTER, "ok", "b");
    pl_part part = {.scenario = "a", .from_ms = 0, .to_ms = 10 * S, .drained_ms = 10 * S};
    pl_part other = {.scenario = "b", .from_ms = 30 * S, .to_ms = 40 * S, .drained_ms = 40 * S};
    assert_int_equal(pl_watch_part(w, &part, NULL), 0);
    if (loads)
      assert_int_equal(pl_watch_part(w, &other, NULL), 0);
    for (int t = -1; t < 20; t++) {
      pl_watch_sample(w, t < 10 ? a : b, t * S, 100 * (t + 1));
      (void)pl_watch_second(w, t * S);
    }
    pl_watch_judge(w, &r);
    assert_int_equal(r.verdict, loads ? PL_VERDICT_INCONCLUSIVE : PL_VERDICT_PASS);
    assert_string_equal(r.scope, loads ? "scenario=b" : "");
    pl_watch_judge_scope(w, 1, &r);
    assert_false(r.known);
    assert_string_equal(r.scope, "scenario=b");
    assert_string_equal(r.why, loads ? "no data" : "no load of its scenario was measured");
    pl_watch_free(w);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(lost_starts_make_latencies_inconclusive),
                                     cmocka_unit_test(lost_starts_are_those_of_the_scenarios_that_are_judged),
                                     cmocka_unit_test(dropped_counts_and_its_ratio_is_another_name),
                                     cmocka_unit_test(a_quantile_among_timeouts_is_a_lower_bound),
                                     cmocka_unit_test(a_scenario_of_no_load_is_not_judged),
                                     cmocka_unit_test(an_interval_holds_the_value_and_extremes_have_none)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
