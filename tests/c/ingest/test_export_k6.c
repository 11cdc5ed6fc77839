/* A run's load under k6's names: every request a point, what fails and what is checked as 0 and 1, counters by what they grew. */
#include "ingest/export_k6.h"

#include "ingest/reading_fixture.h"

#define S INT64_C(1000000000)

typedef reading fixture;

static int set_up(void **state)
{
  static fixture f;
  reading_open(&f);
  *state = &f;
  return 0;
}

static int tear_down(void **state)
{
  reading_close(*state);
  return 0;
}

static int64_t series_of(fixture *f, const char *name, enum pl_series_kind kind, const char *label, const char *value)
{
  int64_t series;
  const pl_label labels[] = {{PL_STR("scenario"), PL_STR("s")}, {pl_str_of(label), pl_str_of(value)}};
  pl_series_spec spec = {.source = stored_source(f->store, "here"), .name = pl_str_of(name), .labels = labels, .n_labels = 2, .kind = kind};
  assert_int_equal(pl_store_series(f->store, &spec, &series, NULL), PL_OK);
  return series;
}

static void put_dist(fixture *f, const char *name, const char *label, const char *value, const uint64_t *values, size_t n)
{
  pl_hist h;
  pl_hist_init(&h, &pl_alloc_default);
  for (size_t i = 0; i < n; i++)
    pl_hist_record(&h, values[i]);
  assert_int_equal(pl_store_dist(f->store, series_of(f, name, PL_SERIES_DIST, label, value), 7, 4000, 1, &h), PL_OK);
  pl_hist_fini(&h);
  stored_commit(f->store);
}

static void put_counter(fixture *f, const char *name, const char *label, const char *value, double first, double second)
{
  int64_t series = series_of(f, name, PL_SERIES_COUNTER, label, value);
  stored_put(f->store, series, 7, 5 * S, first);
  stored_put(f->store, series, 7, 6 * S, second);
  stored_commit(f->store);
}

static int on_text(void *user, pl_str text)
{
  return pl_buf_add(user, text.data, text.len);
}

static const char *exported(fixture *f, pl_export_counts *counts)
{
  const pl_export_options o = {.format = "k6-json", .run = 7};
  pl_error err = {0};
  pl_buf_clear(&f->text);
  if (pl_export(&pl_alloc_default, f->reader, &o, on_text, &f->text, counts, &err))
    fail_msg("%s", err.message);
  return pl_buf_cstr(&f->text);
}

#define METRIC(name, type, contains) \
  "{\"type\":\"Metric\",\"data\":{\"name\":\"" name "\",\"type\":\"" type "\",\"contains\":\"" contains "\",\"thresholds\":[],\"submetrics\":null},\"metric\":\"" name "\"}\n"
#define POINT(name, second, value, tags) \
  "{\"type\":\"Point\",\"data\":{\"time\":\"1970-01-01T00:00:0" second ".000Z\",\"value\":" value ",\"tags\":{" tags "}},\"metric\":\"" name "\"}\n"

static void every_request_is_a_point(void **state)
{
  fixture *f = *state;
  pl_export_counts counts;
  const uint64_t values[] = {1500000, 1500000, 1};
  put_dist(f, "load_service_seconds", "name", "GET \"/\"", values, 3);
  assert_string_equal(exported(f, &counts), METRIC("http_req_duration", "trend", "time")
                      POINT("http_req_duration", "5", "1e-06", "\"name\":\"GET \\\"/\\\"\",\"scenario\":\"s\"")
                      POINT("http_req_duration", "5", "1.5", "\"name\":\"GET \\\"/\\\"\",\"scenario\":\"s\"")
                      POINT("http_req_duration", "5", "1.5", "\"name\":\"GET \\\"/\\\"\",\"scenario\":\"s\""));
  assert_true(counts.samples == 3 && counts.series == 1 && counts.other == 0);
}

static void phases_and_iterations_are_metrics_of_their_own(void **state)
{
  fixture *f = *state;
  pl_export_counts counts;
  const uint64_t value = 2000000;
  put_dist(f, "load_phase_seconds", "phase", "wait", &value, 1);
  put_dist(f, "load_phase_seconds", "phase", "dns", &value, 1);
  put_dist(f, "load_iteration_seconds", "none", "", &value, 1);
  const char *text = exported(f, &counts);
  assert_non_null(strstr(text, METRIC("http_req_waiting", "trend", "time") POINT("http_req_waiting", "5", "2", "\"scenario\":\"s\"")));
  assert_non_null(strstr(text, METRIC("iterations", "counter", "default") POINT("iterations", "5", "1", "\"scenario\":\"s\"")));
  assert_true(counts.series == 2 && counts.other == 1);
}

static void counters_are_what_they_grew(void **state)
{
  fixture *f = *state;
  pl_export_counts counts;
  put_counter(f, "load_requests_total", "outcome", "ok", 2, 2);
  put_counter(f, "load_requests_total", "outcome", "timeout", 0, 1);
  put_counter(f, "load_bytes_total", "direction", "sent", 10, 4); /* which began anew */
  put_counter(f, "load_checks_total", "ok", "false", 1, 1);
  const char *text = exported(f, &counts);
  assert_non_null(strstr(text, POINT("http_reqs", "5", "2", "\"scenario\":\"s\",\"expected_response\":\"true\"")));
  assert_non_null(strstr(text, POINT("http_reqs", "6", "1", "\"scenario\":\"s\",\"expected_response\":\"false\"")));
  assert_non_null(strstr(text, METRIC("http_req_failed", "rate", "default") POINT("http_req_failed", "5", "0", "\"scenario\":\"s\",\"expected_response\":\"true\"")
                         POINT("http_req_failed", "5", "0", "\"scenario\":\"s\",\"expected_response\":\"true\"")));
  assert_non_null(strstr(text, POINT("http_req_failed", "6", "1", "\"scenario\":\"s\",\"expected_response\":\"false\"")));
  assert_non_null(strstr(text, POINT("data_sent", "5", "10", "\"scenario\":\"s\"") POINT("data_sent", "6", "4", "\"scenario\":\"s\"")));
  assert_non_null(strstr(text, METRIC("checks", "rate", "default") POINT("checks", "5", "0", "\"scenario\":\"s\"")));
  const char *declared = strstr(text, METRIC("http_req_failed", "rate", "default"));
  assert_null(strstr(declared + 1, METRIC("http_req_failed", "rate", "default")));
}

static int export_with(const pl_allocator *a, void *user)
{
  fixture *f = user;
  const pl_export_options o = {.format = "k6-json", .run = 7};
  pl_export_counts counts;
  pl_buf_clear(&f->text);
  return pl_export(a, f->reader, &o, on_text, &f->text, &counts, NULL);
}

static void memory_that_fails_leaks_nothing(void **state)
{
  fixture *f = *state;
  put_counter(f, "load_requests_total", "outcome", "ok", 2, 2);
  failing_every(export_with, f, 100);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(every_request_is_a_point, set_up, tear_down),
      cmocka_unit_test_setup_teardown(phases_and_iterations_are_metrics_of_their_own, set_up, tear_down),
      cmocka_unit_test_setup_teardown(counters_are_what_they_grew, set_up, tear_down),
      cmocka_unit_test_setup_teardown(memory_that_fails_leaks_nothing, set_up, tear_down),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
