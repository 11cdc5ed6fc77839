/* Watches: fed second by second, they judge over all, over windows, and by scope. */
#include "query/watch.h"

#include <math.h>

#include "query/watched.h"

enum { S = 1000 };

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

static void measure(pl_watch *w, const char *scenario, int64_t from_ms, int64_t to_ms, int64_t drained_ms)
{
  pl_part part = {.from_ms = from_ms, .to_ms = to_ms, .drained_ms = drained_ms};
  (void)pl_copy(part.scenario, sizeof part.scenario, pl_str_of(scenario));
  assert_int_equal(pl_watch_part(w, &part, NULL), 0);
}

/* Requests of scenario "a" that were fine until second t, n a second. */
static void requests(pl_watch *w, int slot, int t, double *total, double n)
{
  *total += n;
  pl_watch_sample(w, slot, t * S, *total);
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

static void a_quantile_needs_ten_samples_beyond_it(void **state)
{
  static const struct {
    const char *objective;
    uint64_t needed;
  } cases[] = {{"p50(latency) < 1s", 20},     {"p90(latency) < 1s", 100},     {"p95(latency) < 1s", 200},       {"p97(latency) < 1s", 334},
               {"p99(latency) < 1s", 1000},   {"p99.5(latency) < 1s", 2000},  {"p99.9(latency) < 1s", 10000},   {"p99.99(latency) < 1s", 100000},
               {"p100(latency) < 1s", 1},     {"p0(latency) < 1s", 10},       {"p99.999(latency) < 1s", 1000000}};
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    pl_watch *w = watch(cases[i].objective);
    assert_int_equal(pl_watch_needed(w), cases[i].needed);
    pl_watch_free(w);
  }
}

/* Of a name that is nobody's only its series tell whether they are distributions. */
static void a_full_name_is_what_its_first_series_is(void **state)
{
  pl_watch_result r;
  (void)state;
  pl_watch *w = watch("p99(rpc_seconds{outcome='ok'}) < 100ms over any 5s");
  assert_true(add_series(w, "rpc_seconds", PL_SERIES_DIST, "a", "failed") < 0);
  int slot = add_series(w, "rpc_seconds", PL_SERIES_DIST, "a", "ok");
  assert_true(slot >= 0);
  assert_true(add_series(w, "rpc_seconds", PL_SERIES_GAUGE, "a", "ok") < 0);
  for (int t = 0; t < 20; t++) {
    latencies(w, slot, t, 1000, t < 10 ? 10 : 200);
    (void)pl_watch_second(w, t * S);
  }
  pl_watch_judge(w, &r);
  assert_int_equal(r.verdict, PL_VERDICT_FAIL);
  assert_true(r.value > 0.199 && r.value < 0.201);
  pl_watch_free(w);
  w = watch("p99(rpc_seconds) < 100ms");
  assert_true(add_series(w, "rpc_seconds", PL_SERIES_GAUGE, "a", "ok") >= 0);
  assert_true(add_series(w, "rpc_seconds", PL_SERIES_DIST, "a", "ok") < 0);
  pl_watch_free(w);
  w = watch("last(rpc_seconds) < 100ms");
  assert_true(add_series(w, "rpc_seconds", PL_SERIES_DIST, "a", "ok") < 0);
  pl_watch_free(w);
}

static void a_window_that_never_was_full_is_inconclusive(void **state)
{
  pl_watch_result r;
  (void)state;
  pl_watch *w = watch("error_ratio < 10% over last 4s");
  int slot = add_series(w, "load_requests_total", PL_SERIES_COUNTER, "a", "ok");
  pl_watch_sample(w, slot, 0, 0);
  (void)pl_watch_second(w, 0);
  pl_watch_sample(w, slot, 1 * S, 5);
  (void)pl_watch_second(w, 1 * S);
  pl_watch_judge(w, &r);
  assert_int_equal(r.verdict, PL_VERDICT_INCONCLUSIVE);
  assert_string_equal(r.why, "no full window of 4 s with at least 1 sample");
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

static void long_values_of_a_label_are_told_apart(void **state)
{
  static const char *const names[] = {"GET /api/v1/organizations/{organization}/projects/{project}/members", "GET /api/v1/organizations/{organization}/projects/{project}/issues"};
  pl_watch_result r;
  (void)state;
  pl_watch *w = watch("p50(latency{scenario='a'}) by (name, method_of_the_request) < 100ms");
  for (size_t i = 0; i < 2; i++) {
    pl_label labels[] = {{PL_STR("name"), pl_str_of(names[i])}, {PL_STR("scenario"), PL_STR("a")}, {PL_STR("method_of_the_request"), PL_STR("GET")}};
    int slot = pl_watch_series(w, &(pl_series_info){.id = (int64_t)i, .kind = PL_SERIES_DIST, .name = PL_STR("load_latency_seconds"), .labels = labels, .n_labels = 3});
    latencies(w, slot, 0, 1000, i ? 300 : 10);
  }
  (void)pl_watch_second(w, 0);
  assert_int_equal(pl_watch_scopes(w), 2);
  pl_watch_judge(w, &r);
  assert_int_equal(r.verdict, PL_VERDICT_FAIL);
  assert_string_equal(r.scope, "name=GET /api/v1/organizations/{organization}/projects/{project}/issues,method_of_the_request=GET");
  pl_watch_free(w);
}

static void only_measured_parts_count(void **state)
{
  pl_watch_result r;
  (void)state;
  pl_watch *w = watch("p50(latency) < 100ms");
  int slot = add_series(w, "load_latency_seconds", PL_SERIES_DIST, "a", "");
  measure(w, "a", 5 * S, 10 * S, 10 * S);
  for (int t = 0; t < 12; t++) {
    latencies(w, slot, t, 100, t < 5 || t >= 10 ? 900 : 10);
    (void)pl_watch_second(w, t * S);
  }
  pl_watch_judge(w, &r);
  assert_int_equal(r.verdict, PL_VERDICT_PASS);
  assert_int_equal(r.samples, 500);
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
    measure(w, "a", 0, 4 * S, 8 * S);
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

/* A target that answers in time has no series of timeouts: there were none, which is known. */
static void requests_without_timeouts_have_none(void **state)
{
  (void)state;
  for (int with = 0; with < 2; with++) {
    pl_watch_result r;
    pl_watch *w = watch("timeouts < 5");
    int good = add_series(w, "load_requests_total", PL_SERIES_COUNTER, "a", "ok"), bad = -1;
    measure(w, "a", 0, 4 * S, 4 * S);
    for (int t = -1; t < 4; t++) {
      if (with && t == 1)
        bad = add_series(w, "load_requests_total", PL_SERIES_COUNTER, "a", "timeout");
      pl_watch_sample(w, good, t * S, 50 * (t + 1));
      if (bad >= 0)
        pl_watch_sample(w, bad, t * S, 3 * (t - 1));
      (void)pl_watch_second(w, t * S);
    }
    pl_watch_judge(w, &r);
    assert_int_equal(r.verdict, with ? PL_VERDICT_FAIL : PL_VERDICT_PASS);
    assert_true(r.known && r.value == (with ? 6 : 0));
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

static void answers_count_until_the_drain_is_over(void **state)
{
  pl_watch_result r;
  (void)state;
  pl_watch *w = watch("max(latency) < 500ms");
  int slot = add_series(w, "load_latency_seconds", PL_SERIES_DIST, "a", "");
  measure(w, "a", 0, 3 * S, 5 * S + 200);
  for (int t = 0; t < 8; t++) {
    latencies(w, slot, t, 100, t == 5 ? 2500 : t > 5 ? 9000 : 10);
    (void)pl_watch_second(w, t * S);
  }
  pl_watch_judge(w, &r);
  assert_int_equal(r.verdict, PL_VERDICT_FAIL);
  assert_float_equal(r.value, 2.5, 0.01);
  assert_int_equal(r.samples, 600);
  pl_watch_free(w);
}

static void rates_keep_the_duration(void **state)
{
  pl_watch_result r;
  (void)state;
  pl_watch *rate = watch("rate(requests) < 1000/s"), *errors = watch("error_ratio < 50%");
  int ok = add_series(rate, "load_requests_total", PL_SERIES_COUNTER, "a", "ok");
  int good = add_series(errors, "load_requests_total", PL_SERIES_COUNTER, "a", "ok");
  int bad = add_series(errors, "load_requests_total", PL_SERIES_COUNTER, "a", "timeout");
  double total = 0, counted = 0;
  pl_watch_sample(rate, ok, -1, 0);
  pl_watch_sample(errors, good, -1, 0);
  pl_watch_sample(errors, bad, -1, 0);
  measure(rate, "a", 0, 2500, 6 * S);
  measure(errors, "a", 0, 2500, 6 * S);
  for (int t = 0; t < 6; t++) {
    requests(rate, ok, t, &total, t == 2 ? 50 : t < 2 ? 100 : 0);
    requests(errors, good, t, &counted, t < 2 ? 100 : 0);
    pl_watch_sample(errors, bad, t * S, t == 5 ? 50 : 0);
    (void)pl_watch_second(rate, t * S);
    (void)pl_watch_second(errors, t * S);
  }
  pl_watch_judge(rate, &r);
  assert_float_equal(r.value, 100, 1e-9); /* 250 in 2.5 s, whatever the drain took */
  pl_watch_judge(errors, &r);
  assert_float_equal(r.value, 0.2, 1e-9); /* those that failed in the drain, too */
  pl_watch_free(rate);
  pl_watch_free(errors);
}

/* A target that stalls at the start: live the series is seen with its first answer, at the end from the start. */
static void a_stall_at_the_start_counts(void **state)
{
  pl_watch_result r;
  (void)state;
  for (int live = 0; live < 2; live++) {
    pl_watch *all = watch("rate(requests) >= 60/s"), *window = watch("rate(requests) >= 60/s over any 2s");
    double total = 0, counted = 0;
    int ok = -1, in_window = -1;
    measure(all, "a", 250, 10250, 11 * S);
    measure(window, "a", 250, 10250, 11 * S);
    for (int t = live ? 0 : 5; t < 10; t++) {
      if (t == 5) {
        ok = add_series(all, "load_requests_total", PL_SERIES_COUNTER, "a", "ok");
        in_window = add_series(window, "load_requests_total", PL_SERIES_COUNTER, "a", "ok");
        pl_watch_sample(all, ok, t * S + 249, 0);
        pl_watch_sample(window, in_window, t * S + 249, 0);
      }
      if (t >= 5) {
        pl_watch_sample(all, ok, t * S + 250, total += 100);
        pl_watch_sample(window, in_window, t * S + 250, counted += 100);
      }
      (void)pl_watch_second(all, t * S);
      (void)pl_watch_second(window, t * S);
    }
    pl_watch_judge(all, &r);
    assert_float_equal(r.value, 50, 1e-9); /* 500 in 10 s */
    assert_int_equal(r.verdict, PL_VERDICT_FAIL);
    pl_watch_judge(window, &r);
    assert_float_equal(r.value, 0, 1e-9); /* nothing in the first two */
    assert_int_equal(r.verdict, PL_VERDICT_FAIL);
    pl_watch_free(all);
    pl_watch_free(window);
  }
}

/* The second of one load that ends, and that of the next one, begin within the same second of the wall. */
static void two_loads_share_a_second_of_the_wall(void **state)
{
  pl_watch_result r;
  (void)state;
  pl_watch *w = watch("rate(requests) < 1/s");
  int ok = add_series(w, "load_requests_total", PL_SERIES_COUNTER, "a", "ok");
  measure(w, "a", 10100, 11600, 11600);
  measure(w, "a", 11700, 13200, 13200);
  static const struct {
    int64_t ts_ms;
    double total;
  } samples[] = {{10099, 0}, {10100, 100}, {11100, 150}, {11699, 0}, {11700, 100}, {12700, 150}};
  int64_t second = 10;
  for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
    for (; samples[i].ts_ms / 1000 > second; second++)
      (void)pl_watch_second(w, second * S);
    pl_watch_sample(w, ok, samples[i].ts_ms, samples[i].total);
  }
  (void)pl_watch_second(w, second * S);
  pl_watch_judge(w, &r);
  assert_float_equal(r.value, 100, 1e-9);
  pl_watch_free(w);
}

static void windows_do_not_slide_where_nothing_is_measured(void **state)
{
  (void)state;
  pl_watch *w = watch("rate(requests) >= 50/s over any 2s");
  int ok = add_series(w, "load_requests_total", PL_SERIES_COUNTER, "a", "ok");
  double total = 0;
  pl_watch_sample(w, ok, -1, 0);
  measure(w, "a", 0, 3 * S, 3 * S);
  measure(w, "a", 10 * S, 13 * S, 13 * S);
  for (int t = 0; t < 13; t++) {
    requests(w, ok, t, &total, t < 3 || t >= 10 ? 100 : 0);
    assert_false(pl_watch_second(w, t * S));
  }
  pl_watch_free(w);
}

static void a_condition_gates_the_seconds(void **state)
{
  pl_watch_result r;
  (void)state;
  pl_watch *w = watch("max(latency) < 100ms when rate(requests) >= 50/s");
  int slow = add_series(w, "load_latency_seconds", PL_SERIES_DIST, "a", ""), ok = add_series(w, "load_requests_total", PL_SERIES_COUNTER, "a", "ok");
  double total = 0;
  pl_watch_sample(w, ok, -1, 0);
  for (int t = 0; t < 6; t++) {
    requests(w, ok, t, &total, t < 3 ? 100 : 10);
    latencies(w, slow, t, t < 3 ? 100 : 10, t < 3 ? 20 : 900);
    assert_false(pl_watch_second(w, t * S));
  }
  pl_watch_judge(w, &r);
  assert_int_equal(r.verdict, PL_VERDICT_PASS);
  assert_int_equal(r.samples, 300);
  assert_int_equal(r.seconds, 3);
  pl_watch_free(w);
}

static void a_condition_that_never_held_is_said(void **state)
{
  pl_watch_result r;
  (void)state;
  pl_watch *w = watch("p50(latency) < 1us when rate(requests) > 100000/s");
  int slow = add_series(w, "load_latency_seconds", PL_SERIES_DIST, "a", ""), ok = add_series(w, "load_requests_total", PL_SERIES_COUNTER, "a", "ok");
  double total = 0;
  pl_watch_sample(w, ok, -1, 0);
  for (int t = 0; t < 4; t++) {
    requests(w, ok, t, &total, 100);
    latencies(w, slow, t, 100, 20);
    (void)pl_watch_second(w, t * S);
  }
  pl_watch_second_pass(w);
  for (int t = 0; t < 4; t++) {
    latencies(w, slow, t, 100, 20);
    (void)pl_watch_second(w, t * S);
  }
  pl_watch_judge(w, &r);
  assert_int_equal(r.verdict, PL_VERDICT_INCONCLUSIVE);
  assert_string_equal(r.why, "its condition never held in 4 s");
  pl_watch_free(w);
}

/* One CPU that is busy for 10 %, 20 % ... 100 % of ten seconds. */
static double busy_cpu(const char *text)
{
  pl_watch_result r;
  pl_watch *w = watch(text);
  pl_label idle[] = {{PL_STR("mode"), PL_STR("idle")}}, user[] = {{PL_STR("mode"), PL_STR("user")}};
  pl_series_info info = {.id = 1, .kind = PL_SERIES_COUNTER, .name = PL_STR("node_cpu_seconds_total"), .labels = idle, .n_labels = 1};
  int idles = pl_watch_series(w, &info);
  info.labels = user;
  int busy = pl_watch_series(w, &info);
  double worked = 0;
  for (int t = 0; t <= 10; t++) {
    worked += t / 10.0;
    pl_watch_sample(w, idles, t * S, t - worked);
    pl_watch_sample(w, busy, t * S, worked);
    (void)pl_watch_second(w, t * S);
  }
  pl_watch_judge(w, &r);
  assert_true(r.known);
  pl_watch_free(w);
  return r.value;
}

static void aggregates_of_shares_are_taken_over_seconds(void **state)
{
  (void)state;
  assert_float_equal(busy_cpu("cpu_utilization < 80%"), 0.55, 1e-9);
  assert_float_equal(busy_cpu("mean(cpu_utilization) < 80%"), 0.55, 1e-9);
  assert_float_equal(busy_cpu("max(cpu_utilization) < 80%"), 1, 1e-9);
  assert_float_equal(busy_cpu("min(cpu_utilization) < 80%"), 0.1, 1e-9);
  assert_float_equal(busy_cpu("p90(cpu_utilization) < 80%"), 0.9, 1e-9);
  assert_float_equal(busy_cpu("p50(cpu_utilization) < 80%"), 0.5, 1e-9);
  assert_float_equal(busy_cpu("last(cpu_utilization) < 80%"), 1, 1e-9);
  assert_float_equal(busy_cpu("min(cpu_utilization) < 80% over last 3s"), 0.8, 1e-9);
}

static void a_role_of_both_is_target_and_generator(void **state)
{
  static const struct {
    const char *text;
    bool wanted;
  } cases[] = {{"load1{role='target'} < 9", true}, {"load1{role='generator'} < 9", true}, {"load1{role='both'} < 9", true},
               {"load1{role='other'} < 9", false}, {"load1{role!='target'} < 9", false}, {"load1{role!='other'} < 9", true}};
  pl_label labels[] = {{PL_STR("role"), PL_STR("both")}};
  pl_series_info info = {.id = 1, .kind = PL_SERIES_GAUGE, .name = PL_STR("node_load1"), .labels = labels, .n_labels = 1};
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    pl_watch *w = watch(cases[i].text);
    assert_int_equal(pl_watch_series(w, &info) >= 0, cases[i].wanted);
    pl_watch_free(w);
  }
}

static void quantiles_of_gauges(void **state)
{
  pl_watch_result r;
  (void)state;
  pl_watch *w = watch("p90(node_load1) < 4");
  int slot = add_series(w, "node_load1", PL_SERIES_GAUGE, "", "");
  for (int t = 1; t <= 20; t++) {
    pl_watch_sample(w, slot, t * S, t);
    (void)pl_watch_second(w, t * S);
  }
  pl_watch_judge(w, &r);
  assert_float_equal(r.value, 18, 1e-9);
  pl_watch_free(w);
}

/* Burn rate over two windows: broken where the long window and the present second both are. */
static void a_condition_decides_when_a_window_is_judged(void **state)
{
  pl_watch_result r;
  static const bool broken[] = {false, false, false, false, true, true, false, false, false};
  (void)state;
  pl_watch *w = watch("error_ratio < 10% over last 4s when error_ratio > 20%");
  int good = add_series(w, "load_requests_total", PL_SERIES_COUNTER, "a", "ok"), bad = add_series(w, "load_requests_total", PL_SERIES_COUNTER, "a", "timeout");
  double ok = 0, failed = 0;
  pl_watch_sample(w, good, -1, 0);
  pl_watch_sample(w, bad, -1, 0);
  for (int t = 0; t < 9; t++) {
    double errors = t == 1 || t == 4 || t == 5 ? 50 : 0;
    failed += errors;
    ok += 100 - errors;
    pl_watch_sample(w, good, t * S, ok);
    pl_watch_sample(w, bad, t * S, failed);
    assert_int_equal(pl_watch_second(w, t * S), broken[t]);
  }
  pl_watch_judge(w, &r);
  assert_int_equal(r.verdict, PL_VERDICT_FAIL);
  assert_float_equal(r.value, 0.25, 1e-9);
  pl_watch_free(w);
}

static void a_window_of_too_few_samples_is_not_judged(void **state)
{
  pl_watch_result r;
  (void)state;
  pl_watch *w = watch("p90(latency) < 100ms over any 2s"), *all = watch("p90(latency) < 100ms");
  int slot = add_series(w, "load_latency_seconds", PL_SERIES_DIST, "a", ""), whole = add_series(all, "load_latency_seconds", PL_SERIES_DIST, "a", "");
  for (int t = 0; t < 8; t++) {
    unsigned n = t < 4 ? 20 : 60, ms = t == 1 ? 900 : 10;
    latencies(w, slot, t, n, ms);
    latencies(all, whole, t, n, t < 3 ? 900 : 10);
    assert_false(pl_watch_second(w, t * S));
    assert_int_equal(pl_watch_second(all, t * S), t >= 4); /* 100 samples, three fifths of them slow */
  }
  pl_watch_judge(w, &r);
  assert_int_equal(r.verdict, PL_VERDICT_PASS);
  pl_watch_free(w);
  pl_watch_free(all);
}

static void an_expression_may_have_a_window(void **state)
{
  pl_objective *o;
  pl_watch *w;
  pl_watch_result r;
  (void)state;
  assert_int_equal(pl_expression_parse(&pl_alloc_default, PL_STR("max(node_load1) over last 2s"), &o, NULL), PL_OK);
  assert_int_equal(pl_watch_new(&pl_alloc_default, o, NULL, &w, NULL), PL_OK);
  int slot = add_series(w, "node_load1", PL_SERIES_GAUGE, "", "");
  for (int t = 9; t >= 0; t--) {
    pl_watch_sample(w, slot, (10 - t) * S, t);
    assert_false(pl_watch_second(w, (10 - t) * S));
  }
  pl_watch_judge(w, &r);
  assert_true(r.known && r.value == 1);
  pl_watch_free(w);
}

/* 0 where the objective passed, so that nothing can have been missing. */
static int pass_with(const pl_allocator *a, void *user)
{
  pl_objective *o;
  pl_watch *w;
  pl_watch_result r;
  pl_error err = {0};
  (void)user;
  int code = pl_objective_parse(a, PL_STR("p50(latency) by (outcome) < 100ms over last 2s when rate(requests) > 1/s"), &o, &err);
  if (!code)
    code = pl_watch_new(a, o, NULL, &w, &err);
  if (code)
    return code;
  int slot = add_series(w, "load_latency_seconds", PL_SERIES_DIST, "a", "ok"), count = add_series(w, "load_requests_total", PL_SERIES_COUNTER, "a", "ok");
  for (int t = 0; t < 5; t++) {
    if (count >= 0)
      pl_watch_sample(w, count, t * S, 100 * t);
    if (slot >= 0)
      latencies(w, slot, t, 100, 10);
    (void)pl_watch_second(w, t * S);
  }
  pl_watch_judge(w, &r);
  assert_int_not_equal(r.verdict, PL_VERDICT_FAIL);
  pl_watch_free(w);
  return r.verdict == PL_VERDICT_PASS ? 0 : PL_ENOMEM;
}

static pl_watch *watch_that_stops(const char *text)
{
  pl_objective *o;
  pl_watch *w;
  assert_int_equal(pl_objective_parse(&pl_alloc_default, pl_str_of(text), &o, NULL), PL_OK);
  assert_int_equal(pl_watch_new(&pl_alloc_default, o, &(pl_watch_options){.stops = true}, &w, NULL), PL_OK);
  return w;
}

/* Three seconds of 100 good requests; then, in the open one, so many of either kind in its first quarter. */
static bool is_broken_ahead(pl_watch *w, double good, double bad, double *value)
{
  double total = 0;
  pl_watch_result r;
  measure(w, "a", 0, 100 * S, 100 * S);
  int ok = add_series(w, "load_requests_total", PL_SERIES_COUNTER, "a", "ok"), failed = add_series(w, "load_requests_total", PL_SERIES_COUNTER, "a", "status");
  pl_watch_sample(w, ok, 0, 0);
  for (int t = 0; t < 3; t++) {
    requests(w, ok, t, &total, 100);
    assert_false(pl_watch_second(w, t * S));
  }
  pl_watch_ahead(w, ok, 3 * S, total + good, false);
  pl_watch_ahead(w, failed, 3 * S, bad, true);
  bool broken = pl_watch_judge_ahead(w, 0.25);
  pl_watch_judge(w, &r);
  assert_true(!broken || (r.known && r.verdict == PL_VERDICT_FAIL));
  *value = r.value;
  pl_watch_sample(w, failed, 3 * S, 0);
  pl_watch_sample(w, failed, 3 * S, bad);
  requests(w, ok, 3, &total, good + 3 * (good + bad)); /* what it expected */
  bool at_end = pl_watch_second(w, 3 * S);
  assert_true(at_end || !broken);
  pl_watch_free(w);
  return broken;
}

/* What breaks a rule whatever comes until the second's end is told at once, and only that. */
static void a_share_that_stops_is_judged_ahead(void **state)
{
  static const struct {
    const char *objective;
    double good, bad;
    bool broken;
    double value;
  } cases[] = {{"error_ratio < 5%", 0, 25, true, 25.0 / 325},          {"error_ratio < 5%", 10, 15, false, 0},
               {"error_ratio < 5% over last 1s", 0, 25, true, 1},      {"error_ratio < 5% over last 1s", 190, 10, false, 0}, /* 10 of 800 at the end */
               {"error_ratio < 5% over any 4s", 0, 25, true, 25.0 / 325}, {"error_ratio < 5% over any 5s", 0, 25, false, 0}, /* not full by then */
               {"error_ratio < 5% over last 2s", 0, 9, false, 0}};     /* too few to be sure of */
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    double value;
    bool broken = is_broken_ahead(watch_that_stops(cases[i].objective), cases[i].good, cases[i].bad, &value);
    assert_int_equal(broken, cases[i].broken);
    if (broken)
      assert_true(fabs(value - cases[i].value) < 1e-9);
  }
}

static void not_every_rule_looks_ahead(void **state)
{
  static const char *const texts[] = {"error_ratio < 5% over last 3s for 2s", "error_ratio < 5% when rate(requests) > 1/s", "error_ratio > 5%",
                                      "p99(latency) < 1s", "rate(requests) > 5/s"};
  (void)state;
  pl_watch *w = watch_that_stops("error_ratio < 5% over last 3s"), *other = watch("error_ratio < 5%");
  assert_true(pl_watch_looks_ahead(w));
  assert_false(pl_watch_looks_ahead(other));
  pl_watch_free(w);
  pl_watch_free(other);
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
    w = watch_that_stops(texts[i]);
    assert_false(pl_watch_looks_ahead(w));
    pl_watch_free(w);
  }
}

static void nothing_passes_for_want_of_memory(void **state)
{
  (void)state;
  failing_every(pass_with, NULL, 200);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(a_quantile_over_all), cmocka_unit_test(a_quantile_needs_ten_samples_beyond_it),
                                     cmocka_unit_test(too_few_samples_are_inconclusive),
                                     cmocka_unit_test(a_full_name_is_what_its_first_series_is),
                                     cmocka_unit_test(a_window_that_never_was_full_is_inconclusive),
                                     cmocka_unit_test(a_window_breaks_and_heals), cmocka_unit_test(the_worst_scenario_decides),
                                     cmocka_unit_test(long_values_of_a_label_are_told_apart),
                                     cmocka_unit_test(only_measured_parts_count), cmocka_unit_test(timeouts_after_the_end_count_but_not_for_a_rate),
                                     cmocka_unit_test(requests_without_timeouts_have_none),
                                     cmocka_unit_test(gauges),
                                     cmocka_unit_test(answers_count_until_the_drain_is_over), cmocka_unit_test(rates_keep_the_duration), cmocka_unit_test(a_stall_at_the_start_counts),
                                     cmocka_unit_test(windows_do_not_slide_where_nothing_is_measured),
                                     cmocka_unit_test(two_loads_share_a_second_of_the_wall),
                                     cmocka_unit_test(a_condition_gates_the_seconds), cmocka_unit_test(a_condition_that_never_held_is_said),
                                     cmocka_unit_test(aggregates_of_shares_are_taken_over_seconds),
                                     cmocka_unit_test(a_role_of_both_is_target_and_generator), cmocka_unit_test(quantiles_of_gauges),
                                     cmocka_unit_test(a_condition_decides_when_a_window_is_judged),
                                     cmocka_unit_test(a_window_of_too_few_samples_is_not_judged), cmocka_unit_test(an_expression_may_have_a_window),
                                     cmocka_unit_test(a_share_that_stops_is_judged_ahead),
                                     cmocka_unit_test(not_every_rule_looks_ahead), cmocka_unit_test(nothing_passes_for_want_of_memory)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
