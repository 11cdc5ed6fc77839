/* Figures of a load under the names and labels of the timeline. */
#include "engine/figures.h"

#include "engine/desk.h"

static desk_fixture f;
static pl_figures *figures;
static const pl_load_sink *sink;

static int open_figures(void **state)
{
  (void)state;
  desk_open(&f, NULL);
  figures = pl_figures_new(&f.desk);
  assert_non_null(figures);
  sink = pl_figures_sink(figures);
  return 0;
}

static int close_figures(void **state)
{
  (void)state;
  pl_figures_free(figures);
  desk_close(&f);
  return 0;
}

static const pl_load_key checkout = {.scenario = {"browse", 6}, .name = {"checkout", 8}, .method = {"POST", 4}};

static void distributions_by_name(void **state)
{
  pl_hist h;
  (void)state;
  pl_hist_init(&h, &pl_alloc_default);
  pl_hist_record_n(&h, 1000, 5);
  sink->dist(sink->user, &checkout, PL_DIST_LATENCY, 5000, 1, &h);
  sink->dist(sink->user, &checkout, (enum pl_dist)(PL_DIST_PHASE + PL_PHASE_WAIT), 5000, 1, &h);
  pl_hist_fini(&h);
  assert_string_equal(desk_select(f.desk.store, "SELECT s.name, s.labels, s.unit, h.run_id, h.ts_ms, h.count FROM histograms h JOIN series s ON s.id = h.series_id ORDER BY 1"),
                      "load_latency_seconds {\"method\":\"POST\",\"name\":\"checkout\",\"scenario\":\"browse\"} seconds 3 5000 5\n"
                      "load_phase_seconds {\"method\":\"POST\",\"name\":\"checkout\",\"phase\":\"wait\",\"scenario\":\"browse\"} seconds 3 5000 5");
  assert_string_equal(desk_select(f.desk.store, "SELECT kind, instance, role, origin FROM sources"), "load here generator synthetic");
}

/* Tags stand behind the name, separated by a mark that no name has. */
static void tags_become_labels(void **state)
{
  char name[64];
  (void)state;
  (void)snprintf(name, sizeof name, "checkout%ckind=big%cvip=yes", PL_TAG_MARK, PL_TAG_MARK);
  pl_load_key key = {.scenario = PL_STR("browse"), .name = pl_str_of(name)};
  sink->count(sink->user, "load_requests_total", &key, "outcome", PL_STR("ok"), "status", PL_STR("200"), 7000, 12);
  assert_string_equal(desk_select(f.desk.store, "SELECT s.name, s.labels, s.kind, p.ts_ns, p.value FROM points p JOIN series s ON s.id = p.series_id"),
                      "load_requests_total {\"kind\":\"big\",\"name\":\"checkout\",\"outcome\":\"ok\",\"scenario\":\"browse\",\"status\":\"200\",\"vip\":\"yes\"}"
                      " 1 7000000000 12");
}

static void gauges_of_the_whole_load(void **state)
{
  const pl_load_key none = {.scenario = {NULL, 0}};
  (void)state;
  sink->gauge(sink->user, "load_users", &none, 8000, 3.5);
  assert_string_equal(desk_select(f.desk.store, "SELECT s.name, s.labels, s.kind, p.value FROM points p JOIN series s ON s.id = p.series_id"), "load_users {} 0 3.5");
}

/* A metric that cannot be stored is counted, and the first reason kept. */
static void what_cannot_be_stored_is_counted(void **state)
{
  (void)state;
  sink->gauge(sink->user, "not a name", &checkout, 8000, 1);
  sink->gauge(sink->user, "nor this", &checkout, 8000, 1);
  assert_int_equal(f.desk.lost, 2);
  assert_int_equal(f.desk.why_lost.code, PL_EINVAL);
  assert_non_null(strstr(f.desk.why_lost.message, "not a name"));
}

/* Of slow requests 500 are kept in ten seconds of many names; the next second begins anew. */
static void examples_have_a_limit(void **state)
{
  pl_example_list list = {.n = PL_EXAMPLES};
  (void)state;
  for (int i = 0; i < 120; i++)
    sink->examples(sink->user, &checkout, &list, 0, 0);
  assert_string_equal(desk_select(f.desk.store, "SELECT count(*) FROM events WHERE kind = 'slow'"), "500");
  sink->second(sink->user, 9000);
  sink->examples(sink->user, &checkout, &list, 0, 0);
  assert_string_equal(desk_select(f.desk.store, "SELECT count(*) FROM events WHERE kind = 'slow'"), "505");
}

/* Of requests that were chosen 200 are kept in a second. */
static void requests_have_a_limit(void **state)
{
  pl_kept_list list = {.n = PL_KEPT};
  (void)state;
  for (int i = 0; i < 10; i++)
    sink->kept(sink->user, &checkout, &list, 0, 0);
  assert_string_equal(desk_select(f.desk.store, "SELECT count(*) FROM events WHERE kind = 'request'"), "200");
  sink->second(sink->user, 9000);
  sink->kept(sink->user, &checkout, &list, 0, 0);
  assert_string_equal(desk_select(f.desk.store, "SELECT count(*) FROM events WHERE kind = 'request'"), "232");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_figures, close_figures)
  const struct CMUnitTest tests[] = {TEST(distributions_by_name), TEST(tags_become_labels), TEST(gauges_of_the_whole_load),
                                     TEST(what_cannot_be_stored_is_counted), TEST(examples_have_a_limit),
                                     TEST(requests_have_a_limit)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
