/* The feed: what is measured reaches the store and the live objectives; and the replay says the same at the end. */
#include "query/feed.h"

#include <stdio.h>

#include "query/replay.h"
#include "query/watched.h"

enum { S = 1000, SECONDS = 30 };

static void write_seconds(pl_feed *f, uint32_t series)
{
  for (int t = 1; t <= SECONDS; t++) {
    pl_hist h;
    pl_hist_init(&h, &pl_alloc_default);
    pl_hist_record_n(&h, UINT64_C(10000000) + (uint64_t)t * 100000, 200);
    assert_int_equal(pl_feed_dist(f, series, 7, t * S, 1, &h), PL_OK);
    pl_feed_second(f, t * S);
    pl_hist_fini(&h);
  }
}

static void live_and_at_the_end_agree(void **state)
{
  pl_store_options o = {.alloc = &pl_alloc_default, .clock = &pl_clock_system};
  pl_store *s;
  pl_reader *r;
  pl_error err = {0};
  uint32_t source, series, number;
  pl_label scenario = {PL_STR("scenario"), PL_STR("a")};
  pl_watch_result live, end;
  (void)state;
  assert_int_equal(pl_store_open(&o, &s, &err), PL_OK);
  pl_feed *f = pl_feed_new(&pl_alloc_default, s);
  assert_int_equal(pl_feed_watch(f, watch("p90(latency) < 20ms"), &number, &err), PL_OK);
  pl_feed_source where = {PL_STR("load"), PL_STR("here"), PL_STR("generator"), PL_STR("synthetic")};
  assert_int_equal(pl_feed_source_get(f, &where, &source, &err), PL_OK);
  pl_series_spec spec = {.name = PL_STR("load_latency_seconds"), .labels = &scenario, .n_labels = 1, .kind = PL_SERIES_DIST, .unit = PL_STR("seconds")};
  assert_int_equal(pl_feed_series(f, source, &spec, &series, &err), PL_OK);
  write_seconds(f, series);
  pl_watch_judge(pl_feed_watch_at(f, number), &live);
  assert_int_equal(pl_store_commit(s, &err), PL_OK);
  assert_int_equal(pl_reader_of(s, &r, &err), PL_OK);
  pl_watch *w = watch("p90(latency) < 20ms");
  assert_int_equal(pl_replay(&pl_alloc_default, r, 7, NULL, false, w, &err), PL_OK);
  pl_watch_judge(w, &end);
  assert_true(live.value == end.value && live.samples == end.samples && end.samples == 200 * SECONDS);
  assert_int_equal(end.verdict, PL_VERDICT_PASS);
  assert_true(end.has_interval && end.lo <= end.value && end.value <= end.hi);
  pl_watch_free(w);
  pl_reader_close(r);
  pl_feed_free(f);
  pl_store_close(s);
}

/* A load's counter: 0 at the begin, a total at the end of each second, the last one cut short. In each second t there are 10 t requests. */
static void write_requests(pl_feed *f, uint32_t series, int64_t begin_ms)
{
  double total = 0;
  assert_int_equal(pl_feed_sample(f, series, 7, begin_ms * (int64_t)PL_MS_NS, 0), PL_OK);
  for (int t = 0; t < SECONDS; t++) {
    int64_t end_ms = begin_ms + (t == SECONDS - 1 ? t * S + 40 : (t + 1) * S);
    total += 10 * t;
    assert_int_equal(pl_feed_sample(f, series, 7, end_ms * (int64_t)PL_MS_NS, total), PL_OK);
    pl_feed_second(f, begin_ms + t * S);
  }
}

/* Two loads, each measured for its seconds 5 to 7: there were 50 + 60 + 70 requests. */
static void counters_of_loads_agree_and_count_in_their_second(void **state)
{
  static const char *const texts[] = {"sum(requests) < 361", "rate(requests) < 61/s", "rate(requests) < 71/s over any 1s", "rate(requests) > 49/s over any 1s"};
  static const double values[] = {360, 60, 70, 50};
  enum { TEXTS = 4 };
  pl_store_options o = {.alloc = &pl_alloc_default, .clock = &pl_clock_system};
  pl_store *s;
  pl_reader *r;
  pl_error err = {0};
  uint32_t source, series, numbers[TEXTS];
  pl_parts parts = {0};
  pl_label labels[] = {{PL_STR("outcome"), PL_STR("ok")}, {PL_STR("scenario"), PL_STR("a")}};
  (void)state;
  assert_int_equal(pl_store_open(&o, &s, &err), PL_OK);
  pl_feed *f = pl_feed_new(&pl_alloc_default, s);
  for (int i = 0; i < TEXTS; i++)
    assert_int_equal(pl_feed_watch(f, watch(texts[i]), &numbers[i], &err), PL_OK);
  for (int64_t begin = 100494; begin < 300000; begin += 100000) {
    pl_part part = {.scenario = "a", .from_ms = begin + 5 * S, .to_ms = begin + 8 * S, .drained_ms = begin + 8 * S};
    assert_int_equal(pl_feed_part(f, &part, &err), PL_OK);
    assert_int_equal(pl_parts_add(&parts, &part, &err), PL_OK);
  }
  pl_feed_source where = {PL_STR("load"), PL_STR("here"), PL_STR("generator"), PL_STR("synthetic")};
  assert_int_equal(pl_feed_source_get(f, &where, &source, &err), PL_OK);
  pl_series_spec spec = {.name = PL_STR("load_requests_total"), .labels = labels, .n_labels = 2, .kind = PL_SERIES_COUNTER};
  assert_int_equal(pl_feed_series(f, source, &spec, &series, &err), PL_OK);
  write_requests(f, series, 100494);
  write_requests(f, series, 200494);
  assert_int_equal(pl_store_commit(s, &err), PL_OK);
  assert_int_equal(pl_reader_of(s, &r, &err), PL_OK);
  for (int i = 0; i < TEXTS; i++) {
    pl_watch_result live, end;
    pl_watch *w = watch(texts[i]);
    pl_watch_judge(pl_feed_watch_at(f, numbers[i]), &live);
    assert_int_equal(pl_replay(&pl_alloc_default, r, 7, &parts, false, w, &err), PL_OK);
    pl_watch_judge(w, &end);
    assert_float_equal(live.value, values[i], 1e-9);
    assert_float_equal(end.value, values[i], 1e-9);
    assert_true(live.seconds == end.seconds && live.samples == end.samples);
    assert_int_equal(live.verdict, PL_VERDICT_PASS);
    assert_int_equal(end.verdict, PL_VERDICT_PASS);
    pl_watch_free(w);
  }
  pl_reader_close(r);
  pl_feed_free(f);
  pl_store_close(s);
}

/* A sampler made its series before the objective came, and never asks for them again. */
static void a_late_watch_sees_known_series(void **state)
{
  pl_store_options o = {.alloc = &pl_alloc_default, .clock = &pl_clock_system};
  pl_store *s;
  pl_error err = {0};
  uint32_t source, series[3], number;
  (void)state;
  assert_int_equal(pl_store_open(&o, &s, &err), PL_OK);
  pl_feed *f = pl_feed_new(&pl_alloc_default, s);
  pl_feed_source where = {PL_STR("host"), PL_STR("here"), PL_STR("target"), PL_STR("synthetic")};
  assert_int_equal(pl_feed_source_get(f, &where, &source, &err), PL_OK);
  for (int i = 0; i < 3; i++) {
    pl_label label = {PL_STR("room"), i ? PL_STR("hall") : PL_STR("yard")};
    pl_series_spec spec = {.name = i == 2 ? PL_STR("chairs") : PL_STR("lamps"), .labels = &label, .n_labels = 1};
    assert_int_equal(pl_feed_series(f, source, &spec, &series[i], &err), PL_OK);
  }
  assert_int_equal(pl_feed_watch(f, watch("last(lamps{room='hall',role='target'}) < 5"), &number, &err), PL_OK);
  for (int t = 1; t <= 5; t++) {
    for (int i = 0; i < 3; i++)
      assert_int_equal(pl_feed_sample(f, series[i], 1, t * S, i == 1 ? 3 : 9), PL_OK);
    pl_feed_second(f, t * S);
  }
  pl_watch_result r;
  pl_watch_judge(pl_feed_watch_at(f, number), &r);
  assert_true(r.known && r.value == 3);
  pl_feed_free(f);
  pl_store_close(s);
}

static void what_a_load_broke_is_not_the_next_ones(void **state)
{
  pl_store_options o = {.alloc = &pl_alloc_default, .clock = &pl_clock_system};
  pl_store *s;
  pl_error err = {0};
  uint32_t source, series, number;
  (void)state;
  assert_int_equal(pl_store_open(&o, &s, &err), PL_OK);
  pl_feed *f = pl_feed_new(&pl_alloc_default, s);
  pl_feed_source where = {PL_STR("host"), PL_STR("here"), PL_STR("target"), PL_STR("synthetic")};
  assert_int_equal(pl_feed_source_get(f, &where, &source, &err), PL_OK);
  assert_int_equal(pl_feed_series(f, source, &(pl_series_spec){.name = PL_STR("lamps")}, &series, &err), PL_OK);
  assert_int_equal(pl_feed_watch(f, watch("last(lamps) < 5 over last 1s"), &number, &err), PL_OK);
  assert_int_equal(pl_feed_sample(f, series, 1, S, 9), PL_OK);
  pl_feed_second(f, S);
  assert_true(pl_feed_watch_broken(f, number));
  pl_feed_begin_load(f);
  assert_false(pl_feed_watch_broken(f, number));
  pl_feed_free(f);
  pl_store_close(s);
}

/* A matcher may name the last label of as many as the store takes. */
static void all_labels_of_a_series_are_looked_at(void **state)
{
  enum { LABELS = 40 };
  pl_store_options o = {.alloc = &pl_alloc_default, .clock = &pl_clock_system};
  pl_store *s;
  pl_error err = {0};
  uint32_t source, series, numbers[2];
  pl_label labels[LABELS + 1];
  char names[LABELS + 1][8];
  (void)state;
  assert_int_equal(pl_store_open(&o, &s, &err), PL_OK);
  pl_feed *f = pl_feed_new(&pl_alloc_default, s);
  pl_feed_source where = {PL_STR("host"), PL_STR("here"), PL_STR("target"), PL_STR("synthetic")};
  assert_int_equal(pl_feed_source_get(f, &where, &source, &err), PL_OK);
  for (int i = 0; i <= LABELS; i++) {
    (void)snprintf(names[i], sizeof names[i], "l%02d", i);
    labels[i] = (pl_label){pl_str_of(names[i]), PL_STR("x")};
  }
  pl_series_spec spec = {.name = PL_STR("lamps"), .labels = labels, .n_labels = LABELS};
  assert_int_equal(pl_feed_watch(f, watch("last(lamps{l39='x'}) < 5"), &numbers[0], &err), PL_OK);
  assert_int_equal(pl_feed_series(f, source, &spec, &series, &err), PL_OK);
  assert_int_equal(pl_feed_watch(f, watch("last(lamps{l39='x',role='target'}) < 5"), &numbers[1], &err), PL_OK);
  assert_int_equal(pl_feed_sample(f, series, 1, 1 * S, 3), PL_OK);
  for (int i = 0; i < 2; i++)
    assert_int_equal(pl_watch_scopes(pl_feed_watch_at(f, numbers[i])), 1);
  spec.n_labels = LABELS + 1;
  assert_int_equal(pl_feed_series(f, source, &spec, &series, NULL), PL_ELIMIT);
  pl_feed_free(f);
  pl_store_close(s);
}

static void more_parts_than_can_be_kept_are_an_error(void **state)
{
  pl_store_options o = {.alloc = &pl_alloc_default, .clock = &pl_clock_system};
  pl_store *s;
  pl_error err = {0};
  (void)state;
  assert_int_equal(pl_store_open(&o, &s, &err), PL_OK);
  pl_feed *f = pl_feed_new(&pl_alloc_default, s);
  for (int i = 0; i < PL_PARTS_MAX; i++) {
    pl_part part = {.scenario = "a", .from_ms = i, .to_ms = i + 1, .drained_ms = i + 1};
    assert_int_equal(pl_feed_part(f, &part, &err), PL_OK);
  }
  pl_part more = {.scenario = "a", .from_ms = 1000, .to_ms = 1001, .drained_ms = 1001};
  assert_int_equal(pl_feed_part(f, &more, &err), PL_ELIMIT);
  pl_feed_free(f);
  pl_store_close(s);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(live_and_at_the_end_agree), cmocka_unit_test(counters_of_loads_agree_and_count_in_their_second), cmocka_unit_test(a_late_watch_sees_known_series),
                                     cmocka_unit_test(what_a_load_broke_is_not_the_next_ones), cmocka_unit_test(all_labels_of_a_series_are_looked_at),
                                     cmocka_unit_test(more_parts_than_can_be_kept_are_an_error)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
