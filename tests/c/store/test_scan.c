/* Scans: one series and run in order of time, each time once, within a range; several at once. */
#include "store/scan.h"

#include "store/stored.h"

enum { SAMPLES = 50 };

typedef struct fixture {
  pl_store *store;
  int64_t gauge, other;
  pl_archive *archive;
} fixture;

/* Times 0 to 49, written backwards in two transactions; time 10 twice. Another series and another run beside it. */
static int open_fixture(void **state)
{
  static fixture f;
  f.store = stored_open(NULL, NULL, 0);
  f.gauge = stored_series(f.store, "lamps", PL_SERIES_GAUGE);
  f.other = stored_series(f.store, "doors", PL_SERIES_GAUGE);
  f.archive = &f.store->connection.archive;
  for (int i = SAMPLES - 1; i >= 0; i--) {
    assert_int_equal(pl_store_sample(f.store, f.gauge, 1, i, i), PL_OK);
    assert_int_equal(pl_store_sample(f.store, f.other, 1, i, -1), PL_OK);
    assert_int_equal(pl_store_sample(f.store, f.gauge, 2, i, -1), PL_OK);
    if (i == SAMPLES / 2)
      assert_int_equal(pl_store_commit(f.store, NULL), PL_OK);
  }
  assert_int_equal(pl_store_sample(f.store, f.gauge, 1, 10, 1000), PL_OK);
  assert_int_equal(pl_store_commit(f.store, NULL), PL_OK);
  *state = &f;
  return 0;
}

static int close_fixture(void **state)
{
  pl_store_close(((fixture *)*state)->store);
  return 0;
}

static void expect(pl_scan *s, int64_t from, int64_t to)
{
  int64_t ts;
  double value;
  for (int64_t i = from; i <= to; i++) {
    assert_int_equal(pl_scan_next(s, &ts, &value, NULL), 1);
    assert_int_equal(ts, i);
    assert_true(value == (i == 10 ? 1000 : (double)i));
  }
}

static void all_in_order_each_time_once(void **state)
{
  fixture *f = *state;
  pl_scan *s;
  int64_t ts;
  double value;
  assert_int_equal(pl_scan_open(f->archive, &(pl_range){f->gauge, 1, INT64_MIN, INT64_MAX}, &s, NULL), PL_OK);
  expect(s, 0, SAMPLES - 1);
  assert_int_equal(pl_scan_next(s, &ts, &value, NULL), 0);
  pl_scan_close(s);
}

static void a_range_has_both_its_ends(void **state)
{
  fixture *f = *state;
  pl_scan *s;
  int64_t ts;
  double value;
  assert_int_equal(pl_scan_open(f->archive, &(pl_range){f->gauge, 1, 7, 30}, &s, NULL), PL_OK);
  expect(s, 7, 30);
  assert_int_equal(pl_scan_next(s, &ts, &value, NULL), 0);
  pl_scan_close(s);
  assert_int_equal(pl_scan_open(f->archive, &(pl_range){f->gauge, 3, 0, 100}, &s, NULL), PL_OK);
  assert_int_equal(pl_scan_next(s, &ts, &value, NULL), 0);
  pl_scan_close(s);
}

static void several_go_on_beside_each_other(void **state)
{
  fixture *f = *state;
  pl_scan *a, *b;
  assert_int_equal(pl_scan_open(f->archive, &(pl_range){f->gauge, 1, 0, 100}, &a, NULL), PL_OK);
  expect(a, 0, 4);
  assert_int_equal(pl_scan_open(f->archive, &(pl_range){f->gauge, 1, 20, 100}, &b, NULL), PL_OK);
  expect(b, 20, 22);
  expect(a, 5, 12);
  pl_scan_close(b);
  expect(a, 13, SAMPLES - 1);
  pl_scan_close(a);
  pl_scan_close(NULL);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_fixture, close_fixture)
  const struct CMUnitTest tests[] = {TEST(all_in_order_each_time_once), TEST(a_range_has_both_its_ends), TEST(several_go_on_beside_each_other)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
