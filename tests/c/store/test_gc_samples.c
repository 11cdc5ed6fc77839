/* Samples: gauges and their sisters, counters, late samples, chunks that are looked at once. */
#include "store/gc.h"

#include "base/random.h"
#include "store/collected.h"

static pl_store *open_at_midnight(pl_fake_clock *fake)
{
  pl_fake_clock_init(fake, PL_S_NS, MIDNIGHT_NS);
  return stored_open(NULL, &fake->clock, 0);
}

static int64_t ago(int64_t days, int64_t seconds)
{
  return MIDNIGHT_NS - days * DAY_NS + seconds * (int64_t)PL_S_NS;
}

static int64_t value_at(pl_store *s, const char *name, int64_t ts_ns)
{
  char sql[192];
  (void)snprintf(sql, sizeof sql, "SELECT coalesce((SELECT value FROM points WHERE series_id = (SELECT id FROM series WHERE name = '%s') AND ts_ns = %lld), -1)",
                 name, (long long)ts_ns);
  return stored_number(s, sql);
}

static void a_gauge_gets_sisters_where_they_say_more(void **state)
{
  pl_fake_clock fake;
  pl_gc_counts n;
  (void)state;
  pl_store *s = open_at_midnight(&fake);
  int64_t a = stored_series(s, "a", PL_SERIES_GAUGE);
  for (int64_t i = 1; i <= PL_GC_FEW; i++)
    stored_put(s, a, 0, ago(9, -60 * i), 1); /* a few would stay as they are */
  stored_put(s, a, 0, ago(9, 0), 10);
  stored_put(s, a, 0, ago(9, 59), 30);
  stored_put(s, a, 0, ago(9, 60), 7);
  stored_put(s, a, 0, ago(9, 119), 7);
  stored_put(s, a, 0, ago(9, 150), 5);
  stored_commit(s);
  collect(s, MIDNIGHT_NS, false, &n);
  assert_true(n.samples == 5 + PL_GC_FEW && n.samples_left == 4 + 2 + 1 + PL_GC_FEW);
  assert_true(value_at(s, "a", ago(9, 59)) == 20 && value_at(s, "a", ago(9, 119)) == 7 && value_at(s, "a", ago(9, 150)) == 5);
  assert_true(value_at(s, "a:min", ago(9, 59)) == 10 && value_at(s, "a:max", ago(9, 59)) == 30 && value_at(s, "a:count", ago(9, 59)) == 2);
  assert_true(value_at(s, "a:min", ago(9, 119)) == -1 && value_at(s, "a:count", ago(9, 119)) == 2 && value_at(s, "a:count", ago(9, 150)) == -1);
  stored_put(s, a, 0, ago(9, 30), 56); /* too late: one more of its minute */
  stored_commit(s);
  collect(s, MIDNIGHT_NS, false, &n);
  assert_true(value_at(s, "a", ago(9, 59)) == 32 && value_at(s, "a:max", ago(9, 59)) == 56 && value_at(s, "a:count", ago(9, 59)) == 3);
  collect(s, MIDNIGHT_NS + 90 * DAY_NS, false, &n);
  assert_true(value_at(s, "a:count", ago(9, 150)) == 6 && value_at(s, "a:min", ago(9, 150)) == 5 && value_at(s, "a:max", ago(9, 150)) == 56);
  assert_int_equal(value_at(s, "a", ago(9, 150)), 19); /* (10 + 30 + 56 + 7 + 7 + 5) / 6 */
  assert_int_equal(stored_number(s, "SELECT count(*) FROM points"), 4 + 3 * 2);
  pl_store_close(s);
}

/* Until there are more of them. */
static void a_few_samples_stay(void **state)
{
  pl_fake_clock fake;
  pl_gc_counts n;
  (void)state;
  pl_store *s = open_at_midnight(&fake);
  int64_t a = stored_series(s, "a", PL_SERIES_GAUGE);
  for (int64_t i = 0; i < PL_GC_FEW; i++) {
    stored_put(s, a, 0, ago(9, i), (double)i);
    if (i == PL_GC_FEW / 2) {
      stored_commit(s);
      collect(s, MIDNIGHT_NS, false, &n);
      assert_true(n.samples == i + 1 && n.samples_left == i + 1 && count_of(s, a) == i + 1);
    }
  }
  stored_commit(s);
  collect(s, MIDNIGHT_NS, false, &n);
  assert_int_equal(count_of(s, a), 3);
  assert_int_equal(weight_of(s, a), PL_GC_FEW);
  pl_store_close(s);
}

/* A series that somebody else has named so is nothing that may be written to. */
static void a_name_that_is_taken_keeps_a_series_raw(void **state)
{
  pl_fake_clock fake;
  pl_gc_counts n;
  (void)state;
  pl_store *s = open_at_midnight(&fake);
  int64_t a = stored_series(s, "a", PL_SERIES_GAUGE), taken = stored_series(s, "a:max", PL_SERIES_GAUGE);
  for (int64_t i = 0; i < 600; i++) {
    stored_put(s, a, 0, ago(9, i), (double)i);
    stored_put(s, taken, 0, ago(9, i * 60), (double)i);
  }
  stored_commit(s);
  collect(s, MIDNIGHT_NS, false, &n);
  assert_int_equal(n.named, 1);
  assert_int_equal(count_of(s, a), 600);
  assert_int_equal(count_of(s, taken), 600);
  assert_int_equal(stored_number(s, "SELECT count(*) FROM series"), 2);
  pl_store_close(s);
}

static void a_counter_loses_no_increase(void **state)
{
  pl_fake_clock fake;
  pl_gc_counts n;
  pl_rng r;
  (void)state;
  pl_store *s = open_at_midnight(&fake);
  pl_rng_init(&r, 7, 0, 0, 0);
  int64_t a = stored_series(s, "a_total", PL_SERIES_COUNTER), increase = 0, total = 0, previous = -1;
  for (int64_t i = 0; i < 100000; i++) {
    total = pl_rng_below(&r, 2000) ? total + (int64_t)pl_rng_below(&r, 10) : (int64_t)pl_rng_below(&r, 10);
    increase += previous < 0 ? 0 : total < previous ? total : total - previous;
    previous = total;
    stored_put(s, a, 0, ago(200, i), (double)total);
    if (i % 30000 == 0)
      stored_group(s);
  }
  stored_commit(s);
  const char *sql = "SELECT total(iif(value < before, value, value - before)) FROM (SELECT value, lag(value) OVER (ORDER BY ts_ns) AS before"
                    " FROM points WHERE series_id = 1) WHERE before IS NOT NULL";
  assert_int_equal(stored_number(s, sql), increase);
  collect(s, ago(100, 0), false, &n);
  assert_true(count_of(s, a) < 2000);
  assert_int_equal(stored_number(s, sql), increase);
  collect(s, MIDNIGHT_NS, false, &n);
  assert_true(count_of(s, a) < 400);
  assert_int_equal(stored_number(s, sql), increase);
  assert_int_equal(stored_number(s, "SELECT count(*) FROM series"), 1);
  pl_store_close(s);
}

/* Minutes that are cut by chunks become one all the same; what is a sample a minute already is not written again. */
static void periods_do_not_care_for_chunks(void **state)
{
  pl_fake_clock fake;
  pl_gc_counts n;
  (void)state;
  pl_store *s = open_at_midnight(&fake);
  int64_t a = stored_series(s, "a", PL_SERIES_GAUGE), b = stored_series(s, "b", PL_SERIES_GAUGE);
  for (int64_t i = 0; i < 60000; i++)
    stored_put(s, a, 0, ago(30, i), (double)(i % 7));
  for (int64_t i = 0; i < 9000; i++)
    stored_put(s, b, 0, ago(30, i * 60), (double)(i % 7));
  stored_group(s);
  (void)stored_seal(s, INT64_MAX);
  int64_t kept = stored_number(s, "SELECT sum(id) FROM chunks WHERE series_id = 2");
  collect(s, MIDNIGHT_NS, false, &n);
  assert_int_equal(count_of(s, a), 1000);
  assert_int_equal(weight_of(s, a), 60000);
  assert_int_equal(stored_number(s, "SELECT sum(id) FROM chunks WHERE series_id = 2"), kept);
  assert_int_equal(stored_number(s, "SELECT count(*) FROM chunks WHERE sealed <> 60"), 0);
  pl_store_close(s);
}

static void what_was_fetched_stays_known(void **state)
{
  pl_fake_clock fake;
  pl_gc_counts n;
  (void)state;
  pl_store *s = open_at_midnight(&fake);
  int64_t a = stored_series(s, "fetched_seconds", PL_SERIES_GAUGE);
  for (int64_t i = 0; i < 2 * PL_GC_FEW; i++)
    stored_put(s, a, 0, ago(200, i), (double)i);
  stored_commit(s);
  collect(s, MIDNIGHT_NS, false, &n);
  assert_int_equal(n.samples, 0);
  assert_int_equal(count_of(s, a), 2 * PL_GC_FEW);
  pl_store_close(s);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(a_gauge_gets_sisters_where_they_say_more), cmocka_unit_test(a_few_samples_stay), cmocka_unit_test(a_name_that_is_taken_keeps_a_series_raw),
                                     cmocka_unit_test(a_counter_loses_no_increase), cmocka_unit_test(periods_do_not_care_for_chunks),
                                     cmocka_unit_test(what_was_fetched_stays_known)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
