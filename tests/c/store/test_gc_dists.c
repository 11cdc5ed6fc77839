/* Histograms: seconds add up to minutes and hours, value by value; what writers added up themselves goes with its seconds. */
#include "store/gc.h"

#include "base/random.h"
#include "store/collected.h"

enum { SECONDS = 7200 };

typedef struct seen {
  pl_hist all;
  size_t n;
  int64_t last_ms;
} seen;

static void put(pl_store *s, int64_t series, int64_t run, int64_t ts_ms, unsigned resolution_s, uint64_t value, uint64_t n)
{
  pl_hist h;
  pl_hist_init(&h, &pl_alloc_default);
  for (uint64_t i = 0; i < n; i++)
    pl_hist_record(&h, value + i * 1000);
  assert_int_equal(pl_store_dist(s, series, run, ts_ms, resolution_s, &h), PL_OK);
  pl_hist_fini(&h);
}

/* A load of two hours, with its own sums. */
static void put_load(pl_store *s, int64_t series, int64_t run, int64_t from_ms)
{
  pl_rng r;
  pl_rng_init(&r, 6, 0, 0, 0);
  for (int64_t i = 0; i < SECONDS; i++) {
    uint64_t value = 1000 + pl_rng_below(&r, 1000000), n = pl_rng_below(&r, 5);
    put(s, series, run, from_ms + i * 1000, 1, value, n);
    put(s, series, run, from_ms + i / 10 * 10000, 10, value, n);
    put(s, series, run, from_ms + i / 60 * 60000, 60, value, n);
    put(s, series, run, from_ms, 0, value, n);
  }
  stored_commit(s);
}

static int on_dist(void *user, int64_t ts_ms, const pl_hist *h)
{
  seen *all = user;
  assert_true(ts_ms > all->last_ms);
  all->last_ms = ts_ms;
  all->n++;
  return pl_hist_add(&all->all, h);
}

static void read_all(pl_store *s, int64_t series, int64_t run, unsigned resolution_s, seen *out)
{
  pl_reader *r;
  *out = (seen){.last_ms = INT64_MIN};
  pl_hist_init(&out->all, &pl_alloc_default);
  assert_int_equal(pl_reader_of(s, &r, NULL), PL_OK);
  assert_int_equal(pl_reader_dists(r, series, run, resolution_s, INT64_MIN, INT64_MAX, on_dist, out, NULL), PL_OK);
  pl_reader_close(r);
}

static void assert_same(seen *a, seen *b)
{
  assert_true(a->all.count == b->all.count && a->all.min == b->all.min && a->all.max == b->all.max);
  assert_true(a->all.sum - b->all.sum < 1 && b->all.sum - a->all.sum < 1);
  for (double p = 0; p <= 1; p += 0.05)
    assert_true(pl_hist_quantile(&a->all, p) == pl_hist_quantile(&b->all, p));
  pl_hist_fini(&a->all);
}

static int64_t rows(pl_store *s, int resolution_s)
{
  char sql[96];
  (void)snprintf(sql, sizeof sql, "SELECT count(*) FROM histograms WHERE resolution_s = %d", resolution_s);
  return stored_number(s, sql);
}

static void seconds_become_minutes_and_hours(void **state)
{
  pl_fake_clock fake;
  pl_gc_counts n;
  seen before, after;
  (void)state;
  pl_fake_clock_init(&fake, PL_S_NS, MIDNIGHT_NS);
  pl_store *s = stored_open(NULL, &fake.clock, 0);
  int64_t a = stored_series(s, "a", PL_SERIES_DIST);
  put_load(s, a, 5, (MIDNIGHT_NS - 8 * DAY_NS) / (int64_t)PL_MS_NS);
  read_all(s, a, 5, 1, &before);
  collect(s, MIDNIGHT_NS, false, &n);
  assert_true(n.dists_left == 120 && n.dists > 120 + SECONDS / 10 && n.damaged == 0);
  assert_int_equal(rows(s, -60), 120);
  assert_int_equal(rows(s, 1) + rows(s, 10) + rows(s, 60), 0);
  assert_int_equal(rows(s, 0), 1);
  read_all(s, a, 5, 1, &after);
  assert_int_equal(after.n, 120);
  assert_true(after.last_ms == before.last_ms);
  assert_same(&after, &before);
  put(s, a, 5, (MIDNIGHT_NS - 8 * DAY_NS) / (int64_t)PL_MS_NS + 500, 1, 77, 3); /* too late */
  stored_commit(s);
  pl_hist_fini(&before.all);
  read_all(s, a, 5, 1, &before);
  collect(s, MIDNIGHT_NS, false, &n);
  assert_int_equal(rows(s, -60), 120);
  read_all(s, a, 5, 1, &after);
  assert_same(&after, &before);
  collect(s, MIDNIGHT_NS + 90 * DAY_NS, false, &n);
  assert_int_equal(rows(s, -3600), 2);
  assert_int_equal(stored_number(s, "SELECT count(*) FROM histograms"), 3);
  read_all(s, a, 5, 1, &after);
  assert_same(&after, &before);
  assert_int_equal(stored_number(s, "SELECT count(*) FROM distributions WHERE resolution_s = 3600"), 2);
  pl_hist_fini(&before.all);
  pl_store_close(s);
}

/* Chunks reach over the ends of periods and of what is old enough: as without them, all is added up once. */
static void chunks_are_rolled_up_as_their_rows_were(void **state)
{
  pl_fake_clock fake;
  pl_gc_counts n;
  seen before, after;
  const int64_t from_ms = (MIDNIGHT_NS - 7 * DAY_NS) / (int64_t)PL_MS_NS - SECONDS * INT64_C(500) + 17;
  (void)state;
  pl_fake_clock_init(&fake, PL_S_NS, MIDNIGHT_NS);
  pl_store *s = stored_open(NULL, &fake.clock, 0);
  int64_t a = stored_series(s, "a", PL_SERIES_DIST);
  put_load(s, a, 5, from_ms);
  stored_pack(s, INT64_MAX);
  assert_true(stored_number(s, "SELECT total(n) FROM histogram_chunks") > stored_number(s, "SELECT 100 * count(*) FROM histogram_rows"));
  read_all(s, a, 5, 1, &before);
  collect(s, MIDNIGHT_NS, true, &n); /* only seen */
  assert_int_equal(rows(s, -60), 0);
  collect(s, MIDNIGHT_NS, false, &n);
  assert_int_equal(n.damaged, 0);
  assert_int_equal(rows(s, -60), 60);
  assert_int_equal(stored_number(s, "SELECT count(*) FROM histograms WHERE resolution_s BETWEEN 1 AND 60 AND ts_ms < 60000 * (SELECT max(ts_ms) / 60000 FROM histograms WHERE resolution_s = -60)"), 0);
  read_all(s, a, 5, 1, &after);
  assert_same(&after, &before);
  stored_pack(s, INT64_MAX);
  assert_int_equal(rows(s, -60), 60);
  collect(s, MIDNIGHT_NS + 90 * DAY_NS, false, &n);
  assert_true(n.damaged == 0 && rows(s, -60) + rows(s, 1) + rows(s, 10) + rows(s, 60) == 0);
  read_all(s, a, 5, 1, &after);
  assert_same(&after, &before);
  pl_hist_fini(&before.all);
  pl_store_close(s);
}

static void what_is_damaged_stays_with_its_sums(void **state)
{
  pl_fake_clock fake;
  pl_gc_counts n;
  (void)state;
  pl_fake_clock_init(&fake, PL_S_NS, MIDNIGHT_NS);
  pl_store *s = stored_open(NULL, &fake.clock, 0);
  int64_t a = stored_series(s, "a", PL_SERIES_DIST), from_ms = (MIDNIGHT_NS - 8 * DAY_NS) / (int64_t)PL_MS_NS;
  fake.wall = from_ms * (int64_t)PL_MS_NS; /* nothing is packed yet */
  put_load(s, a, 0, from_ms);
  fake.wall = MIDNIGHT_NS;
  run_sql(s, "UPDATE histogram_rows SET hist = zeroblob(9) WHERE resolution_s = 1 AND ts_ms = (SELECT min(ts_ms) FROM histograms WHERE resolution_s = 1)");
  collect(s, MIDNIGHT_NS, false, &n);
  assert_int_equal(n.damaged, 1);
  assert_int_equal(rows(s, -60), 119);
  assert_int_equal(rows(s, 60), 1);
  assert_true(rows(s, 10) > 1 && rows(s, 1) > 30);
  pl_store_close(s);
}

static void what_is_younger_stays(void **state)
{
  pl_fake_clock fake;
  pl_gc_counts n;
  (void)state;
  pl_fake_clock_init(&fake, PL_S_NS, MIDNIGHT_NS);
  pl_store *s = stored_open(NULL, &fake.clock, 0);
  int64_t a = stored_series(s, "a", PL_SERIES_DIST), due_ms = (MIDNIGHT_NS - 7 * DAY_NS) / (int64_t)PL_MS_NS;
  put(s, a, 0, due_ms - 1000, 1, 5, 1);
  put(s, a, 0, due_ms, 1, 5, 1);
  put(s, a, 0, due_ms + 1000, 1, 5, 1);
  stored_commit(s);
  collect(s, MIDNIGHT_NS + 30 * (int64_t)PL_S_NS, false, &n); /* the minute is not over yet */
  assert_int_equal(rows(s, 1), 2);
  assert_int_equal(rows(s, -60), 1);
  run_sql(s, "UPDATE retention SET keep_s = 86400 * 7");
  collect(s, MIDNIGHT_NS + 30 * (int64_t)PL_S_NS, false, &n);
  assert_int_equal(stored_number(s, "SELECT count(*) FROM histograms"), 0);
  pl_store_close(s);
}

/* What a dry one says is what the next one does, with a stage of every kind and more rows than fit into a transaction. */
static void a_dry_one_counts_each_row_once(void **state)
{
  pl_fake_clock fake;
  pl_gc_counts dry, wet;
  (void)state;
  pl_fake_clock_init(&fake, PL_S_NS, MIDNIGHT_NS);
  pl_store *s = stored_open(NULL, &fake.clock, 0);
  int64_t a = stored_series(s, "a", PL_SERIES_DIST), b = stored_series(s, "b", PL_SERIES_GAUGE);
  put_load(s, a, 0, (MIDNIGHT_NS - 8 * DAY_NS) / (int64_t)PL_MS_NS);
  collect(s, MIDNIGHT_NS, false, &wet);
  for (int64_t age = 10; age <= 30; age += 10) {
    put_load(s, a, age, (MIDNIGHT_NS - age * DAY_NS) / (int64_t)PL_MS_NS);
    for (int64_t i = 0; i < 3600; i++)
      stored_put(s, b, age, MIDNIGHT_NS - age * DAY_NS + i * (int64_t)PL_S_NS, (double)i);
  }
  put_load(s, a, 0, (MIDNIGHT_NS - 8 * DAY_NS) / (int64_t)PL_MS_NS + 500);
  stored_commit(s);
  static const int hours[] = {365, 25, 15, 5};
  for (size_t i = 0; i < sizeof hours / sizeof *hours; i++) {
    char sql[256];
    (void)snprintf(sql, sizeof sql, "UPDATE retention SET keep_s = 86400 * CASE stage WHEN 'hour' THEN %d ELSE min(%d, 7) END WHERE stage IN ('minute', 'hour')",
                   hours[i], hours[i]);
    run_sql(s, sql);
    run_sql(s, "UPDATE retention SET keep_s = 86400 * 5 WHERE stage = 'raw'");
    collect(s, MIDNIGHT_NS, true, &dry);
    collect(s, MIDNIGHT_NS, false, &wet);
    assert_true(dry.dists > dry.dists_left && dry.samples >= dry.samples_left);
    assert_int_equal(dry.dists - dry.dists_left, wet.dists - wet.dists_left);
    assert_int_equal(dry.samples - dry.samples_left, wet.samples - wet.samples_left);
  }
  pl_store_close(s);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(seconds_become_minutes_and_hours), cmocka_unit_test(chunks_are_rolled_up_as_their_rows_were),
                                     cmocka_unit_test(what_is_damaged_stays_with_its_sums), cmocka_unit_test(what_is_younger_stays),
                                     cmocka_unit_test(a_dry_one_counts_each_row_once)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
