/* Outlets: everything of a run goes once, in the order of time, in parcels of a stated size, however late its series begin. */
#include "ingest/outlet.h"

#include "ingest/parcel_fixture.h"
#include "ingest/reading_fixture.h"

#define S INT64_C(1000000000)
#define T0 (INT64_C(1700000000) * S)

typedef struct fixture {
  reading r;
  pl_outlet *outlet;
} fixture;

static int set_up(void **state)
{
  static fixture f;
  f.outlet = NULL;
  reading_open(&f.r);
  *state = &f;
  return 0;
}

static int tear_down(void **state)
{
  fixture *f = *state;
  pl_outlet_free(f->outlet);
  reading_close(&f->r);
  return 0;
}

static void open_as(fixture *f, const char *format, size_t samples_max, const pl_label *labels, size_t n)
{
  const pl_outlet_options o = {.format = format, .run = 7, .from_ns = T0, .samples_max = samples_max, .labels = labels, .n_labels = n};
  assert_int_equal(pl_outlet_new(&pl_alloc_default, &o, &f->outlet, NULL), PL_OK);
}

static void open_outlet(fixture *f, size_t samples_max, const pl_label *labels, size_t n)
{
  open_as(f, "remote_write", samples_max, labels, n);
}

static int64_t put(fixture *f, const char *name, const char *zone, int64_t from_s, int64_t to_s)
{
  int64_t series;
  const pl_label labels[] = {{PL_STR("zone-a"), pl_str_of(zone)}, {PL_STR("empty"), PL_STR("")}};
  pl_series_spec spec = {.source = stored_source(f->r.store, "m1"), .name = pl_str_of(name), .labels = labels, .n_labels = 2, .kind = PL_SERIES_COUNTER, .unit = PL_STR("bytes")};
  assert_int_equal(pl_store_series(f->r.store, &spec, &series, NULL), PL_OK);
  for (int64_t s = from_s; s < to_s; s++)
    stored_put(f->r.store, series, 7, T0 + s * S, (double)s);
  stored_commit(f->r.store);
  return series;
}

/* The next parcel as text; "" at the end. */
static const char *next(fixture *f, int64_t to_s)
{
  const pl_parcel *p;
  pl_error err = {0};
  pl_buf_clear(&f->r.text);
  int code = pl_outlet_next(f->outlet, f->r.reader, T0 + to_s * S, &p, &err);
  if (code < 0)
    fail_msg("%s", err.message);
  if (code)
    parcel_text(p, &f->r.text);
  return pl_buf_cstr(&f->r.text);
}

static uint64_t left(fixture *f, int64_t to_s)
{
  uint64_t n = 99;
  assert_int_equal(pl_outlet_left(f->outlet, f->r.reader, T0 + to_s * S, &n, NULL), PL_OK);
  return n;
}

#define LABELS "instance=m1,origin=synthetic,role=target,source=host,zone_a="

static void parcels_are_cut_within_a_series(void **state)
{
  fixture *f = *state;
  (void)put(f, "a", "1", 0, 3);
  (void)put(f, "a", "2", 0, 1);
  open_outlet(f, 2, NULL, 0);
  assert_true(left(f, 10) == 4);
  assert_string_equal(next(f, 10), "<1 a bytes>{__name__=a," LABELS "1} 0@1700000000000 1@1700000001000");
  assert_true(left(f, 10) == 2);
  assert_string_equal(next(f, 10), "{__name__=a," LABELS "1} 2@1700000002000{__name__=a," LABELS "2} 0@1700000000000");
  assert_string_equal(next(f, 10), "");
  assert_true(pl_outlet_done(f->outlet) == T0 + 10 * S);
  assert_true(left(f, 10) == 0);
}

/* What is stored afterwards goes next, also of a series that begins late; what is older than what went of its series stays. */
static void later_samples_follow(void **state)
{
  fixture *f = *state;
  int64_t a = put(f, "a", "1", 5, 6);
  open_outlet(f, 0, NULL, 0);
  assert_string_equal(next(f, 10), "<1 a bytes>{__name__=a," LABELS "1} 5@1700000005000");
  assert_string_equal(next(f, 10), "");
  (void)put(f, "b", "1", 2, 3);
  stored_put(f->r.store, a, 7, T0 + 8 * S, 8);
  stored_put(f->r.store, a, 7, T0 + 4 * S, 4);
  stored_put(f->r.store, a, 8, T0 + 9 * S, 9);
  stored_put(f->r.store, a, 7, T0 + 30 * S, 30);
  stored_commit(f->r.store);
  assert_string_equal(next(f, 20), "{__name__=a," LABELS "1} 8@1700000008000<1 b bytes>{__name__=b," LABELS "1} 2@1700000002000");
  assert_string_equal(next(f, 20), "");
  assert_true(left(f, 20) == 1);
  assert_string_equal(next(f, 40), "{__name__=a," LABELS "1} 30@1700000030000");
}

/* Receivers refuse what is far behind: no series runs ahead of the others by more than a minute. */
static void a_pass_is_a_minute(void **state)
{
  fixture *f = *state;
  (void)put(f, "a", "1", 0, 100);
  (void)put(f, "b", "1", 0, 100);
  open_outlet(f, 0, NULL, 0);
  const char *text = next(f, 3600);
  assert_non_null(strstr(text, "59@1700000059000<1 b bytes>{"));
  assert_null(strstr(text, "60@1700000060000"));
  assert_true(pl_outlet_done(f->outlet) == T0 + 60 * S);
  assert_non_null(strstr(next(f, 3600), "99@1700000099000{"));
  assert_string_equal(next(f, 3600), "");
  assert_true(pl_outlet_done(f->outlet) == T0 + 3600 * S);
}

static void all_series_get_the_same_labels(void **state)
{
  fixture *f = *state;
  const pl_label labels[] = {{PL_STR("run"), PL_STR("x")}, {PL_STR("zone-a"), PL_STR("own")}, {PL_STR("instance"), PL_STR("here")}};
  (void)put(f, "a", "1", 0, 1);
  open_outlet(f, 0, labels, 3);
  assert_string_equal(next(f, 10), "<1 a bytes>{__name__=a,instance=here,origin=synthetic,role=target,run=x,source=host,zone_a=own} 0@1700000000000");
}

/* Of the samples within a millisecond the first one goes. */
static void times_are_those_of_the_format(void **state)
{
  fixture *f = *state;
  int64_t a = stored_series(f->r.store, "a", PL_SERIES_GAUGE);
  for (int i = 0; i < 4; i++)
    stored_put(f->r.store, a, 7, T0 + i * 600000, i);
  stored_commit(f->r.store);
  open_outlet(f, 0, NULL, 0);
  assert_non_null(strstr(next(f, 10), "} 0@1700000000000 2@1700000000001"));
  assert_true(left(f, 10) == 0);
}

/* A time without samples is passed over at once, and a begin need not be known. */
static void gaps_are_passed_over(void **state)
{
  enum { YEAR_S = 365 * 86400 };
  fixture *f = *state;
  int64_t a = put(f, "a", "1", 0, 2);
  stored_put(f->r.store, a, 7, T0 + (int64_t)YEAR_S * S, 5);
  stored_commit(f->r.store);
  const pl_outlet_options o = {.format = "remote_write", .run = 7, .from_ns = PL_OUTLET_ALL};
  assert_int_equal(pl_outlet_new(&pl_alloc_default, &o, &f->outlet, NULL), PL_OK);
  assert_non_null(strstr(next(f, 2 * YEAR_S), "} 0@1700000000000 1@1700000001000"));
  assert_true(pl_outlet_done(f->outlet) == T0 + 60 * S);
  assert_non_null(strstr(next(f, 2 * YEAR_S), "} 5@1731536000000"));
  assert_string_equal(next(f, 2 * YEAR_S), "");
  assert_true(pl_outlet_done(f->outlet) == T0 + (int64_t)2 * YEAR_S * S);
  assert_true(left(f, 2 * YEAR_S) == 0);
}

/* The first sample of a series goes also where it shares a step with the outlet's begin. */
static void the_first_sample_goes(void **state)
{
  fixture *f = *state;
  const pl_parcel *p;
  int64_t a = stored_series(f->r.store, "a", PL_SERIES_GAUGE);
  for (int i = 0; i < 4; i++)
    stored_put(f->r.store, a, 7, T0 + S / 2 + i * S / 3, i);
  stored_commit(f->r.store);
  const pl_outlet_options o = {.format = "graphite", .run = 7, .from_ns = T0 + S / 4};
  assert_int_equal(pl_outlet_new(&pl_alloc_default, &o, &f->outlet, NULL), PL_OK);
  assert_int_equal(pl_outlet_next(f->outlet, f->r.reader, T0 + 10 * S, &p, NULL), 1);
  (void)pl_buf_add(&f->r.text, p->body.data, p->body.len);
  assert_string_equal(pl_buf_cstr(&f->r.text), "a;instance=here;origin=synthetic;role=target;source=host 0 1700000000\n"
                                             "a;instance=here;origin=synthetic;role=target;source=host 2 1700000001\n");
  assert_true(pl_outlet_passed_over(f->outlet) == 2);
}

static void put_second(fixture *f, int64_t series, int64_t at_s, uint64_t value_ns, uint64_t count)
{
  pl_hist h;
  pl_hist_init(&h, &pl_alloc_default);
  pl_hist_record_n(&h, value_ns, count);
  assert_int_equal(pl_store_dist(f->r.store, series, 7, T0 / 1000000 + at_s * 1000, 1, &h), PL_OK);
  pl_hist_fini(&h);
  stored_commit(f->r.store);
}

/* Seconds go once they are over, at their end: quantiles of each, totals of all. */
static void distributions_are_summaries(void **state)
{
  fixture *f = *state;
  int64_t d = stored_series(f->r.store, "d", PL_SERIES_DIST);
  put_second(f, d, 0, 1000000000, 3);
  put_second(f, d, 1, 500000000, 1);
  open_outlet(f, 0, NULL, 0);
  assert_true(left(f, 2) == (uint64_t)2 * PL_PARCEL_PARTS);
  const char *text = next(f, 1);
  assert_true(left(f, 2) == PL_PARCEL_PARTS);
  assert_non_null(strstr(text, "<5 d >{__name__=d,instance=here,origin=synthetic,quantile=0.5,role=target,source=host} 1"));
  assert_non_null(strstr(text, "{__name__=d_sum,instance=here,origin=synthetic,role=target,source=host} 3@1700000001000{__name__=d_count,"));
  assert_non_null(strstr(text, "} 3@1700000001000"));
  assert_null(strstr(text, "@1700000002000"));
  text = next(f, 2);
  assert_non_null(strstr(text, "_sum,instance=here,origin=synthetic,role=target,source=host} 3.5@1700000002000"));
  assert_non_null(strstr(text, "_count,instance=here,origin=synthetic,role=target,source=host} 4@1700000002000"));
  assert_string_equal(next(f, 2), "");
  assert_true(left(f, 2) == 0);
}

/* How far it has come is a series of the run, which does not go itself. */
static void the_cursor_stays(void **state)
{
  fixture *f = *state;
  (void)put(f, PL_OUTLET_CURSOR, "1", 0, 3);
  open_outlet(f, 0, NULL, 0);
  assert_string_equal(next(f, 10), "");
  assert_true(left(f, 10) == 0);
}

/* A state is whole: also the series that stood still, in one parcel, with the families told anew; where nothing moved there is none. */
static void a_state_is_the_last_of_all_series(void **state)
{
  fixture *f = *state;
  const pl_parcel *p;
  int64_t a = put(f, "a", "1", 0, 100), d = stored_series(f->r.store, "d", PL_SERIES_DIST);
  (void)put(f, "b", "1", 0, 3);
  put_second(f, d, 0, 1000000000, 3);
  open_as(f, "push", 2, NULL, 0);
  for (int i = 0; i < 2; i++) {
    assert_int_equal(pl_outlet_next(f->outlet, f->r.reader, T0 + (300 + i * 100) * S, &p, NULL), 1);
    (void)pl_buf_addc(&f->r.text, '\n');
    (void)pl_buf_add(&f->r.text, p->body.data, p->body.len);
    const char *text = pl_buf_cstr(&f->r.text);
    assert_non_null(strstr(text, "\n# TYPE a counter\na{"));
    assert_non_null(strstr(text, i ? "zone_a=\"1\"} 350\n" : "zone_a=\"1\"} 99\n"));
    assert_non_null(strstr(text, "zone_a=\"1\"} 2\n"));
    assert_non_null(strstr(text, "d_count{instance=\"here\",origin=\"synthetic\",role=\"target\",source=\"host\"} 3\n"));
    assert_int_equal(pl_outlet_next(f->outlet, f->r.reader, T0 + (300 + i * 100) * S, &p, NULL), 0);
    pl_buf_clear(&f->r.text);
    stored_put(f->r.store, a, 7, T0 + 350 * S, 350);
    stored_commit(f->r.store);
  }
  assert_true(left(f, 400) == 0);
}

static void what_is_wrong_is_said(void **state)
{
  fixture *f = *state;
  pl_error err = {0};
  pl_outlet_options o = {.format = "remote", .run = 7};
  assert_int_equal(pl_outlet_new(&pl_alloc_default, &o, &f->outlet, &err), PL_EINVAL);
  assert_non_null(strstr(err.message, "remote_write"));
  o = (pl_outlet_options){.format = "remote_write", .n_labels = PL_OUTLET_LABELS + 1};
  assert_int_equal(pl_outlet_new(&pl_alloc_default, &o, &f->outlet, &err), PL_ELIMIT);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(parcels_are_cut_within_a_series, set_up, tear_down),
      cmocka_unit_test_setup_teardown(later_samples_follow, set_up, tear_down),
      cmocka_unit_test_setup_teardown(a_pass_is_a_minute, set_up, tear_down),
      cmocka_unit_test_setup_teardown(all_series_get_the_same_labels, set_up, tear_down),
      cmocka_unit_test_setup_teardown(times_are_those_of_the_format, set_up, tear_down),
      cmocka_unit_test_setup_teardown(gaps_are_passed_over, set_up, tear_down),
      cmocka_unit_test_setup_teardown(the_first_sample_goes, set_up, tear_down),
      cmocka_unit_test_setup_teardown(distributions_are_summaries, set_up, tear_down),
      cmocka_unit_test_setup_teardown(the_cursor_stays, set_up, tear_down),
      cmocka_unit_test_setup_teardown(a_state_is_the_last_of_all_series, set_up, tear_down),
      cmocka_unit_test_setup_teardown(what_is_wrong_is_said, set_up, tear_down),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
