/* The final judgement from stored series: order, gaps, parts, and runs that have nothing. */
#include "query/replay.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "query/watched.h"
#include "store/store.h"

typedef struct fixture {
  pl_store *store;
  pl_reader *reader;
  int64_t source;
} fixture;

enum { RUN = 1 };

static int open_fixture(void **state)
{
  static fixture f;
  pl_store_options o = {.alloc = &pl_alloc_default, .clock = &pl_clock_system};
  assert_int_equal(pl_store_open(&o, &f.store, NULL), PL_OK);
  assert_int_equal(pl_store_source(f.store, PL_STR("load"), PL_STR("here"), PL_STR("generator"), PL_STR("synthetic"), &f.source, NULL), PL_OK);
  assert_int_equal(pl_reader_of(f.store, &f.reader, NULL), PL_OK);
  *state = &f;
  return 0;
}

static int close_fixture(void **state)
{
  fixture *f = *state;
  pl_reader_close(f->reader);
  pl_store_close(f->store);
  return 0;
}

/* A series with a label. */
static int64_t make_labelled(fixture *f, const char *name, enum pl_series_kind kind, const char *label, const char *value)
{
  int64_t id;
  pl_label labels = {pl_str_of(label), pl_str_of(value)};
  pl_series_spec spec = {.source = f->source, .name = pl_str_of(name), .labels = &labels, .n_labels = 1, .kind = kind};
  assert_int_equal(pl_store_series(f->store, &spec, &id, NULL), PL_OK);
  return id;
}

static int64_t make_series(fixture *f, const char *name, enum pl_series_kind kind)
{
  return make_labelled(f, name, kind, "scenario", "a");
}

static void put(fixture *f, int64_t series, int64_t second, double value)
{
  assert_int_equal(pl_store_sample(f->store, series, RUN, second * (int64_t)PL_S_NS, value), PL_OK);
}

static pl_watch_result judge(fixture *f, const char *text, int64_t run, const pl_parts *parts)
{
  pl_watch_result r;
  pl_error err = {0};
  pl_watch *w = watch(text);
  assert_int_equal(pl_store_commit(f->store, NULL), PL_OK);
  if (pl_replay(&pl_alloc_default, f->reader, run, parts, false, w, &err))
    fail_msg("%s", err.message);
  pl_watch_judge(w, &r);
  pl_watch_free(w);
  return r;
}

static void data_come_in_order_of_time(void **state)
{
  fixture *f = *state;
  int64_t load = make_series(f, "node_load1", PL_SERIES_GAUGE);
  for (int64_t t = 5; t >= 1; t--)
    put(f, load, 1000 + t, (double)t);
  pl_watch_result last = judge(f, "last(node_load1) < 3", RUN, NULL), mean = judge(f, "mean(node_load1) <= 3", RUN, NULL);
  assert_true(last.value == 5 && last.verdict == PL_VERDICT_FAIL);
  assert_true(mean.value == 3 && mean.verdict == PL_VERDICT_PASS);
}

static void another_run_is_not_looked_at(void **state)
{
  fixture *f = *state;
  put(f, make_series(f, "node_load1", PL_SERIES_GAUGE), 1000, 5);
  pl_watch_result r = judge(f, "max(node_load1) < 3", RUN + 1, NULL);
  assert_true(!r.known && r.verdict == PL_VERDICT_INCONCLUSIVE);
}

static void histograms_twice_for_an_interval(void **state)
{
  fixture *f = *state;
  pl_hist h;
  int64_t latency = make_series(f, "load_latency_seconds", PL_SERIES_DIST);
  pl_hist_init(&h, &pl_alloc_default);
  pl_hist_record_n(&h, 10 * PL_MS_NS, 990);
  pl_hist_record_n(&h, 300 * PL_MS_NS, 10);
  for (int64_t t = 0; t < 30; t++)
    assert_int_equal(pl_store_dist(f->store, latency, RUN, (1000 + t) * 1000, 1, &h), PL_OK);
  pl_hist_fini(&h);
  pl_watch_result r = judge(f, "p95(latency) < 100ms", RUN, NULL);
  assert_true(r.verdict == PL_VERDICT_PASS && r.samples == 30000 && r.seconds == 30); /* not counted twice */
  assert_true(r.has_interval && r.lo <= r.value && r.value <= r.hi && fabs(r.value - 0.010) < 1e-4);
}

/* Through a gap longer than any window nothing slides: it costs no time, and what lay before it is forgotten by the window. */
static void a_gap_of_years_between_two_samples(void **state)
{
  fixture *f = *state;
  int64_t load = make_series(f, "node_load1", PL_SERIES_GAUGE);
  put(f, load, 1000, 8);
  put(f, load, 1000000000, 2);
  assert_true(judge(f, "max(node_load1) < 9", RUN, NULL).value == 8);
  assert_true(judge(f, "max(node_load1) < 9 over last 2s", RUN, NULL).value == 2);
}

static void only_measured_parts_count(void **state)
{
  fixture *f = *state;
  static const pl_parts parts = {.list = {{.scenario = "a", .from_ms = 1002000, .to_ms = 1004000, .drained_ms = 1004000}}, .n = 1};
  int64_t load = make_series(f, "node_load1", PL_SERIES_GAUGE);
  for (int64_t t = 0; t < 6; t++)
    put(f, load, 1000 + t, (double)t);
  assert_true(judge(f, "max(node_load1) < 9", RUN, &parts).value == 3);
  assert_true(judge(f, "max(node_load1) < 9", RUN, NULL).value == 5);
}

static void what_is_no_number_is_no_sample(void **state)
{
  fixture *f = *state;
  int64_t load = make_series(f, "node_load1", PL_SERIES_GAUGE);
  put(f, load, 1000, 4);
  put(f, load, 1001, NAN);
  pl_watch_result r = judge(f, "mean(node_load1) < 5", RUN, NULL);
  assert_true(r.value == 4 && r.seconds == 1);
}

/* The first scope of an expression over from <= t < to. */
static pl_watch_result over_ms(fixture *f, const char *text, int64_t from, int64_t to)
{
  pl_watch_result r;
  pl_error err = {0};
  pl_watch *w = watch(text);
  assert_int_equal(pl_store_commit(f->store, NULL), PL_OK);
  if (pl_replay_range(&pl_alloc_default, f->reader, RUN, from, to, w, &err))
    fail_msg("%s", err.message);
  assert_int_equal(pl_watch_scopes(w), 1);
  pl_watch_judge_scope(w, 0, &r);
  assert_string_equal(r.scope, "scenario=a");
  r.scope = "";
  pl_watch_free(w);
  return r;
}

static pl_watch_result over(fixture *f, const char *text, int64_t from, int64_t to)
{
  return over_ms(f, text, from * 1000, to * 1000);
}

static void a_range_is_looked_at_whatever_was_measured(void **state)
{
  fixture *f = *state;
  int64_t users = make_series(f, "load_users", PL_SERIES_GAUGE);
  for (int64_t t = 0; t < 10; t++)
    put(f, users, 1000 + t, (double)t);
  assert_true(over(f, "max(users) < 99", 1002, 1005).value == 4);
  assert_true(over(f, "min(users) < 99", 1002, 1005).value == 2);
  assert_false(over(f, "max(users) < 99", 2000, 2005).known);
}

static void a_counter_grows_from_its_last_sample_before_the_range(void **state)
{
  fixture *f = *state;
  int64_t requests = make_series(f, "load_requests_total", PL_SERIES_COUNTER);
  for (int64_t t = 0; t < 10; t++)
    put(f, requests, 1000 + t, (double)(100 * t));
  assert_true(over(f, "sum(requests) < 1", 1002, 1005).value == 300);
  assert_true(over(f, "rate(requests) < 1/s", 1002, 1005).value == 100);
  assert_true(over(f, "sum(requests) < 1", 1000, 1005).value == 500);
  assert_true(over(f, "sum(requests) < 1", 999, 1005).value == 500); /* nothing is known of what was before */
  assert_true(over(f, "sum(requests) < 1", 1008, 1020).value == 100);
}

/* Of older versions: totals at the begin of their second, the first 0 1 ms before it. */
static void a_second_of_older_versions_holds_the_same(void **state)
{
  fixture *f = *state;
  int64_t requests = make_series(f, "load_requests_total", PL_SERIES_COUNTER);
  assert_int_equal(pl_store_sample(f->store, requests, RUN, 1000 * (int64_t)PL_S_NS - (int64_t)PL_MS_NS, 0), PL_OK);
  for (int64_t t = 0; t < 10; t++)
    put(f, requests, 1000 + t, (double)((t + 1) * (t + 2)));
  assert_true(over(f, "sum(requests) < 1", 1000, 1001).value == 2);
  assert_true(over(f, "sum(requests) < 1", 1002, 1005).value == 6 + 8 + 10);
  assert_true(over(f, "sum(requests) < 1", 1009, 1020).value == 20);
}

static void a_rate_does_not_depend_on_where_a_range_begins(void **state)
{
  fixture *f = *state;
  int64_t requests = make_series(f, "load_requests_total", PL_SERIES_COUNTER);
  for (int64_t t = 0; t < 10; t++)
    assert_int_equal(pl_store_sample(f->store, requests, RUN, (1000 + t) * (int64_t)PL_S_NS + 860 * (int64_t)PL_MS_NS, (double)(100 * t)), PL_OK);
  for (int64_t from = 1002000; from < 1003000; from += 70) {
    assert_float_equal(over_ms(f, "rate(requests) < 1/s", from, from + 1000).value, 100, 1e-9);
    assert_float_equal(over_ms(f, "rate(requests) < 1/s", from, from + 2500).value, 100, 1e-9);
  }
}

static void every_series_counts(void **state)
{
  enum { MANY = 5000 };
  fixture *f = *state;
  char number[16];
  for (int i = 0; i < MANY; i++) {
    (void)snprintf(number, sizeof number, "%d", i);
    int64_t series = make_labelled(f, "jobs_total", PL_SERIES_COUNTER, "queue", number);
    put(f, series, 1000, 0);
    put(f, series, 1001, 1);
  }
  assert_true(judge(f, "sum(jobs_total) < 1", RUN, NULL).value == MANY);
}

static int replay_with(const pl_allocator *a, void *user)
{
  fixture *f = user;
  pl_error err = {0};
  pl_watch *w = watch("max(node_load1) < 9");
  int code = pl_replay(a, f->reader, RUN, NULL, false, w, &err);
  assert_int_equal(code, err.code);
  pl_watch_free(w);
  return code;
}

static void refused_memory_is_said_and_none_leaks(void **state)
{
  fixture *f = *state;
  put(f, make_series(f, "node_load1", PL_SERIES_GAUGE), 1000, 4);
  assert_int_equal(pl_store_commit(f->store, NULL), PL_OK);
  failing_every(replay_with, f, 10);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_fixture, close_fixture)
  const struct CMUnitTest tests[] = {TEST(data_come_in_order_of_time), TEST(another_run_is_not_looked_at), TEST(histograms_twice_for_an_interval),
                                     TEST(a_gap_of_years_between_two_samples), TEST(only_measured_parts_count),
                                     TEST(what_is_no_number_is_no_sample), TEST(a_range_is_looked_at_whatever_was_measured),
                                     TEST(a_counter_grows_from_its_last_sample_before_the_range), TEST(a_second_of_older_versions_holds_the_same),
                                     TEST(a_rate_does_not_depend_on_where_a_range_begins), TEST(every_series_counts), TEST(refused_memory_is_said_and_none_leaks)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
