/* histograms as statements of people use it: the same rows whatever the statement asks first, from rows and from chunks. */
#include "store/histograms_table.h"

#include "store/stored.h"

/* Three series of 100 histograms each, of two runs and two resolutions; histogram i is at second i and has i + 1 values. Most are in chunks. */
static int open_store(void **state)
{
  static pl_fake_clock fake;
  pl_store *s = stored_open_in_1970(&fake);
  pl_hist h;
  pl_hist_init(&h, &pl_alloc_default);
  for (int64_t i = 0; i < 100; i++) {
    if (i == 80) {
      stored_commit(s);
      stored_pack(s, INT64_MAX);
    }
    for (int64_t series = 1; series <= 3; series++) {
      pl_hist_clear(&h);
      pl_hist_record_n(&h, 1000, (uint64_t)i + 1);
      assert_int_equal(pl_store_dist(s, series, i % 2, i * 1000, i % 4 < 2 ? 1 : 10, &h), PL_OK);
    }
  }
  pl_hist_fini(&h);
  stored_commit(s);
  assert_true(stored_number(s, "SELECT count(*) FROM histogram_rows") == 60 && stored_number(s, "SELECT count(*) FROM histogram_chunks") == 12);
  *state = s;
  return 0;
}

static void conditions_find_their_rows(void **state)
{
  static const stored_condition all[] = {
      {"1", 300, 15150},
      {"series_id = 2", 100, 5050},
      {"series_id = 3 AND run_id = 1", 50, 2550},
      {"run_id = 0 AND resolution_s = 10", 75, 3825},
      {"series_id = 1 AND run_id = 0 AND resolution_s = 1", 25, 1225},
      {"series_id = 1 AND run_id = 0 AND resolution_s = 1 AND ts_ms > 8000 AND ts_ms <= 16000", 2, 30},
      {"series_id = 1 AND run_id = 0 AND resolution_s = 1 AND ts_ms > 7999.5 AND ts_ms < 16000.5", 3, 39},
      {"ts_ms >= 1e30", 0, 0},
      {"ts_ms < -1", 0, 0},
      {"resolution_s IN (1, 10) AND ts_ms = 7000", 3, 24},
      {"series_id = 9", 0, 0},
  };
  stored_finds(*state, "histograms", "hist_count(hist)", all, sizeof all / sizeof *all);
  stored_finds(*state, "histograms", "count", all, sizeof all / sizeof *all);
}

static void rows_are_in_order_of_time(void **state)
{
  assert_int_equal(stored_number(*state, "SELECT count(*) FROM (SELECT ts_ms - lag(ts_ms) OVER () AS step FROM (SELECT ts_ms FROM histograms"
                                         " WHERE series_id = 1 AND run_id = 0 AND resolution_s = 1 ORDER BY ts_ms)) WHERE step = 4000"), 24);
  assert_int_equal(stored_number(*state, "SELECT ts_ms FROM histograms WHERE series_id = 1 AND run_id = 0 AND resolution_s = 1 ORDER BY ts_ms DESC LIMIT 1"), 96000);
}

/* A statement that reads a chunk for each row of another. */
static void cursors_do_not_disturb_each_other(void **state)
{
  assert_int_equal(stored_number(*state, "SELECT count(*) FROM histograms a JOIN histograms b ON b.series_id = a.series_id + 1 AND b.run_id = a.run_id"
                                         " AND b.resolution_s = a.resolution_s AND b.ts_ms = a.ts_ms AND hist_count(b.hist) = hist_count(a.hist)"), 200);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(conditions_find_their_rows), cmocka_unit_test(rows_are_in_order_of_time),
                                     cmocka_unit_test(cursors_do_not_disturb_each_other)};
  return cmocka_run_group_tests(tests, open_store, stored_close);
}
