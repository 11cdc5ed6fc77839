/* What is told of runs: families together, the newest values, totals of distributions; a run is read on from where it was. */
#include "ingest/exposition.h"

#include <math.h>

#include "store/stored.h"

#define S INT64_C(1000000000)

typedef struct fixture {
  pl_store *store;
  pl_reader *reader;
  pl_exposition *x;
  pl_buf out;
} fixture;

static int set_up(void **state)
{
  static fixture f;
  f = (fixture){.store = stored_open(NULL, NULL, 0), .x = pl_exposition_new(&pl_alloc_default)};
  pl_buf_init(&f.out, &pl_alloc_default, PL_EXPOSITION_BODY);
  *state = &f;
  return pl_reader_of(f.store, &f.reader, NULL);
}

static int tear_down(void **state)
{
  fixture *f = *state;
  pl_exposition_free(f->x);
  pl_reader_close(f->reader);
  pl_store_close(f->store);
  pl_buf_fini(&f->out);
  return 0;
}

/* A series without labels of a source but these. */
static int64_t series_of(fixture *f, const char *name, enum pl_series_kind kind, const char *unit, const char *zone)
{
  int64_t source, series;
  const pl_label label = {PL_STR("zone"), pl_str_of(zone)};
  assert_int_equal(pl_store_source(f->store, PL_STR("k"), PL_STR("i"), PL_STR("r"), PL_STR("o"), &source, NULL), PL_OK);
  pl_series_spec spec = {.source = source, .name = pl_str_of(name), .labels = &label, .n_labels = 1, .kind = kind, .unit = pl_str_of(unit)};
  assert_int_equal(pl_store_series(f->store, &spec, &series, NULL), PL_OK);
  return series;
}

static void put_values(fixture *f, int64_t series, int64_t run, const uint64_t *values, size_t n, int64_t second)
{
  pl_hist h;
  pl_hist_init(&h, &pl_alloc_default);
  for (size_t i = 0; i < n; i++)
    pl_hist_record(&h, values[i]);
  assert_int_equal(pl_store_dist(f->store, series, run, second * 1000, 1, &h), PL_OK);
  pl_hist_fini(&h);
  stored_commit(f->store);
}

static const char *page(fixture *f, const int64_t *runs, size_t n, int64_t settled_s, enum pl_exposition_format format)
{
  pl_exposition_run list[PL_EXPOSITION_RUNS];
  pl_error err = {0};
  for (size_t i = 0; i < n; i++)
    list[i] = (pl_exposition_run){runs[i], settled_s * S, 0};
  pl_buf_clear(&f->out);
  if (pl_exposition_write(f->x, f->reader, list, n, format, &f->out, &err))
    fail_msg("%s", err.message);
  return pl_buf_cstr(&f->out);
}

#define OF(zone) "{instance=\"i\",origin=\"o\",role=\"r\",source=\"k\",zone=\"" zone "\"} "

static void families_stand_together(void **state)
{
  fixture *f = *state;
  const int64_t run = 7;
  stored_put(f->store, series_of(f, "b_seconds_total", PL_SERIES_COUNTER, "seconds", "x"), 7, 1 * S, 1.5);
  stored_put(f->store, series_of(f, "a", PL_SERIES_GAUGE, "", "q\"\\\n"), 7, 1 * S, -2);
  stored_put(f->store, series_of(f, "b_seconds_total", PL_SERIES_COUNTER, "seconds", "w"), 7, 1 * S, 3);
  stored_put(f->store, series_of(f, "hits", PL_SERIES_COUNTER, "", "x"), 7, 1 * S, 4);
  stored_commit(f->store);
  assert_string_equal(page(f, &run, 1, 9, PL_EXPOSITION_OPENMETRICS),
                      "# TYPE a gauge\na" OF("q\\\"\\\\\\n") "-2\n"
                      "# TYPE b_seconds counter\n# UNIT b_seconds seconds\nb_seconds_total" OF("w") "3\nb_seconds_total" OF("x") "1.5\n"
                      "# TYPE hits unknown\nhits" OF("x") "4\n# EOF\n");
  assert_string_equal(page(f, &run, 1, 9, PL_EXPOSITION_TEXT),
                      "# TYPE a gauge\na" OF("q\\\"\\\\\\n") "-2\n"
                      "# TYPE b_seconds_total counter\nb_seconds_total" OF("w") "3\nb_seconds_total" OF("x") "1.5\n"
                      "# TYPE hits counter\nhits" OF("x") "4\n");
}

static void the_newest_value_of_the_first_run_is_told(void **state)
{
  fixture *f = *state;
  const int64_t both[] = {8, 7}, one = 7;
  int64_t a = series_of(f, "a", PL_SERIES_GAUGE, "", "x"), b = series_of(f, "b", PL_SERIES_GAUGE, "", "x");
  stored_put(f->store, a, 7, 1 * S, 1);
  stored_put(f->store, a, 8, 2 * S, 2);
  stored_put(f->store, b, 7, 1 * S, 5);
  stored_commit(f->store);
  assert_string_equal(page(f, both, 2, 9, PL_EXPOSITION_TEXT), "# TYPE a gauge\na" OF("x") "2\n# TYPE b gauge\nb" OF("x") "5\n");
  stored_put(f->store, a, 8, 3 * S, 3);
  stored_commit(f->store);
  assert_string_equal(page(f, both, 2, 9, PL_EXPOSITION_TEXT), "# TYPE a gauge\na" OF("x") "3\n# TYPE b gauge\nb" OF("x") "5\n");
  assert_string_equal(page(f, &one, 1, 9, PL_EXPOSITION_TEXT), "# TYPE a gauge\na" OF("x") "1\n# TYPE b gauge\nb" OF("x") "5\n");
}

static double stale(void)
{
  uint64_t bits = UINT64_C(0x7ff0000000000002);
  double v;
  memcpy(&v, &bits, sizeof v);
  return v;
}

static void what_is_no_value_is_left_out(void **state)
{
  fixture *f = *state;
  const int64_t run = 7;
  stored_put(f->store, series_of(f, "gone", PL_SERIES_GAUGE, "", "x"), 7, 1 * S, stale());
  stored_put(f->store, series_of(f, "nan", PL_SERIES_GAUGE, "", "x"), 7, 1 * S, NAN);
  stored_put(f->store, series_of(f, "export_delivered_seconds", PL_SERIES_GAUGE, "", "x"), 7, 1 * S, 1);
  stored_put(f->store, series_of(f, "c_total", PL_SERIES_COUNTER, "", "x"), 7, 1 * S, NAN);
  stored_commit(f->store);
  assert_string_equal(page(f, &run, 1, 9, PL_EXPOSITION_OPENMETRICS), "# TYPE c counter\n# TYPE nan gauge\nnan" OF("x") "NaN\n# EOF\n");
}

static void distributions_add_up(void **state)
{
  fixture *f = *state;
  const int64_t run = 7;
  const uint64_t first[] = {100000, 100001, 999000000, 2000000000000}, second[] = {1}, late[] = {5};
  int64_t d = series_of(f, "d_seconds", PL_SERIES_DIST, "seconds", "x");
  put_values(f, d, 7, first, 4, 1);
  put_values(f, d, 7, second, 1, 2);
  put_values(f, d, 7, late, 1, 5);
  const char *text = page(f, &run, 1, 5, PL_EXPOSITION_OPENMETRICS);
  assert_true(strncmp(text, "# TYPE d_seconds histogram\n# UNIT d_seconds seconds\nd_seconds_bucket{instance=\"i\"", 80) == 0);
  static const char *const lines[] = {"zone=\"x\",le=\"0.0001\"} 3\n", "le=\"0.5\"} 3\n", "le=\"1.0\"} 4\n", "le=\"1000.0\"} 4\n", "le=\"+Inf\"} 5\n", "d_seconds_count" OF("x") "5\n", "d_seconds_sum" OF("x") "2000.999200002\n# EOF\n"};
  for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
    assert_non_null(strstr(text, lines[i]));
  assert_non_null(strstr(page(f, &run, 1, 6, PL_EXPOSITION_OPENMETRICS), "d_seconds_count" OF("x") "6\n"));
  assert_non_null(strstr(page(f, &run, 1, 9, PL_EXPOSITION_OPENMETRICS), "d_seconds_count" OF("x") "6\n"));
}

/* A metric may have the name of a histogram's part: the histogram, which comes first, stays. */
static void names_that_clash_are_told_once(void **state)
{
  fixture *f = *state;
  const int64_t run = 7;
  const uint64_t value = 1;
  put_values(f, series_of(f, "d", PL_SERIES_DIST, "", "x"), 7, &value, 1, 1);
  stored_put(f->store, series_of(f, "d_count", PL_SERIES_COUNTER, "", "y"), 7, 1 * S, 77);
  stored_put(f->store, series_of(f, "e", PL_SERIES_GAUGE, "", "x"), 7, 1 * S, 78);
  stored_put(f->store, series_of(f, "e_total", PL_SERIES_COUNTER, "", "x"), 7, 1 * S, 79);
  stored_commit(f->store);
  const char *text = page(f, &run, 1, 9, PL_EXPOSITION_OPENMETRICS);
  assert_null(strstr(text, "77"));
  assert_non_null(strstr(text, "# TYPE e gauge\ne" OF("x") "78\n# EOF\n"));
}

static void a_run_that_has_ended_is_read_once(void **state)
{
  fixture *f = *state;
  const int64_t run = 7;
  const uint64_t value = 1;
  int64_t d = series_of(f, "d", PL_SERIES_DIST, "", "x");
  put_values(f, d, 7, &value, 1, 1);
  assert_non_null(strstr(page(f, &run, 1, INT64_MAX / S, PL_EXPOSITION_TEXT), "d_count" OF("x") "1\n"));
  pl_exposition_run ended = {7, INT64_MAX, 0};
  for (int i = 0; i < 2; i++) {
    pl_buf_clear(&f->out);
    assert_int_equal(pl_exposition_write(f->x, f->reader, &ended, 1, PL_EXPOSITION_TEXT, &f->out, NULL), PL_OK);
    assert_non_null(strstr(pl_buf_cstr(&f->out), "d_count" OF("x") "1\n"));
    put_values(f, d, 7, &value, 1, 2 + i);
  }
}

static void what_is_not_of_now_is_left_out(void **state)
{
  fixture *f = *state;
  const uint64_t value = 1;
  const pl_exposition_run goes_on[] = {{8, 30 * S, 5 * S}, {7, 30 * S, 5 * S}}, ended = {7, INT64_MAX, 5 * S};
  int64_t a = series_of(f, "a", PL_SERIES_GAUGE, "", "x"), c = series_of(f, "c_total", PL_SERIES_COUNTER, "", "x");
  stored_put(f->store, a, 8, 4 * S, 1); /* old: that of the other run holds */
  stored_put(f->store, a, 7, 5 * S, 2);
  stored_put(f->store, c, 7, 6 * S, 3);
  stored_put(f->store, series_of(f, "b", PL_SERIES_GAUGE, "", "x"), 7, 4 * S, 4);
  stored_put(f->store, series_of(f, "e_total", PL_SERIES_COUNTER, "", "x"), 7, 4 * S, 5);
  put_values(f, series_of(f, "d", PL_SERIES_DIST, "", "x"), 7, &value, 1, 1);
  assert_int_equal(pl_exposition_write(f->x, f->reader, goes_on, 2, PL_EXPOSITION_OPENMETRICS, &f->out, NULL), PL_OK);
  const char *text = pl_buf_cstr(&f->out);
  assert_non_null(strstr(text, "# TYPE a gauge\na" OF("x") "2\n# TYPE c counter\nc_total" OF("x") "3\n# TYPE d histogram\n"));
  assert_non_null(strstr(text, "d_sum" OF("x") "1e-09\n# EOF\n"));
  pl_buf_clear(&f->out);
  assert_int_equal(pl_exposition_write(f->x, f->reader, &ended, 1, PL_EXPOSITION_OPENMETRICS, &f->out, NULL), PL_OK);
  assert_string_equal(pl_buf_cstr(&f->out), "# TYPE c counter\nc_total" OF("x") "3\n# EOF\n");
}

static int write_with(const pl_allocator *a, void *user)
{
  fixture *f = user;
  const pl_exposition_run run = {7, 9 * S, 0};
  pl_error err = {0};
  pl_buf_clear(&f->out);
  pl_exposition *x = pl_exposition_new(a);
  int code = x ? pl_exposition_write(x, f->reader, &run, 1, PL_EXPOSITION_TEXT, &f->out, &err) : PL_ENOMEM;
  assert_int_equal(code, x ? err.code : PL_ENOMEM);
  pl_exposition_free(x);
  return code;
}

static void memory_that_fails_leaks_nothing(void **state)
{
  fixture *f = *state;
  stored_put(f->store, series_of(f, "a", PL_SERIES_GAUGE, "", "x"), 7, 1 * S, 1);
  stored_commit(f->store);
  failing_every(write_with, f, 100);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(families_stand_together, set_up, tear_down),
      cmocka_unit_test_setup_teardown(the_newest_value_of_the_first_run_is_told, set_up, tear_down),
      cmocka_unit_test_setup_teardown(what_is_no_value_is_left_out, set_up, tear_down),
      cmocka_unit_test_setup_teardown(distributions_add_up, set_up, tear_down),
      cmocka_unit_test_setup_teardown(names_that_clash_are_told_once, set_up, tear_down),
      cmocka_unit_test_setup_teardown(a_run_that_has_ended_is_read_once, set_up, tear_down),
      cmocka_unit_test_setup_teardown(what_is_not_of_now_is_left_out, set_up, tear_down),
      cmocka_unit_test_setup_teardown(memory_that_fails_leaks_nothing, set_up, tear_down),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
