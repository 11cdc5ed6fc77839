/* Grouping, sealing and reading against a table that holds the same samples as rows. */
#include "store/rewrite.h"

#include <math.h>

#include "base/random.h"
#include "store/stored.h"

enum { SERIES = 3, RUNS = 2, SPAN = 400 };

typedef struct model {
  double value[SERIES][RUNS][SPAN];
  bool there[SERIES][RUNS][SPAN];
} model;

static model known;

static int64_t time_of(int place)
{
  return place == 0 ? INT64_MIN : place == SPAN - 1 ? INT64_MAX : (place - SPAN / 2) * (int64_t)PL_MS_NS;
}

static double any_value(pl_rng *r)
{
  static const double special[] = {0.0, -0.0, INFINITY, -INFINITY, 1e-310};
  uint64_t pick = pl_rng_u64(r) % 20, bits = UINT64_C(0x7ff4000000000000) | pl_rng_u64(r) % 1000;
  double value = (double)(pl_rng_u64(r) % 10000) / 100;
  if (pick == 0)
    memcpy(&value, &bits, sizeof value);
  else if (pick <= sizeof special / sizeof *special)
    value = special[pick - 1];
  return value;
}

/* Places in a row from a random one on, or single ones anywhere. */
static void put_some(pl_store *s, pl_rng *r)
{
  bool row = pl_rng_u64(r) % 2 == 0;
  int at = (int)(pl_rng_u64(r) % SPAN);
  for (int n = (int)(pl_rng_u64(r) % 60); n > 0; n--) {
    int series = (int)(pl_rng_u64(r) % SERIES), run = (int)(pl_rng_u64(r) % RUNS);
    at = row ? (at + 1) % SPAN : (int)(pl_rng_u64(r) % SPAN);
    double value = any_value(r);
    stored_put(s, series, run, time_of(at), value);
    known.value[series][run][at] = value;
    known.there[series][run][at] = true;
  }
}

static void compare(pl_store *s, int series, int run, int from, int to)
{
  pl_scan *scan;
  int64_t ts;
  double value;
  pl_range range = {series, run, time_of(from), time_of(to)};
  assert_int_equal(pl_scan_open(&s->connection.archive, &range, &scan, NULL), PL_OK);
  for (int i = from; i <= to; i++) {
    if (!known.there[series][run][i])
      continue;
    assert_int_equal(pl_scan_next(scan, &ts, &value, NULL), 1);
    assert_true(ts == time_of(i));
    assert_memory_equal(&value, &known.value[series][run][i], sizeof value);
  }
  assert_int_equal(pl_scan_next(scan, &ts, &value, NULL), 0);
  pl_scan_close(scan);
}

static const char overlaps[] = "SELECT count(*) FROM chunks a JOIN chunks b ON a.series_id = b.series_id AND a.run_id = b.run_id AND a.id <> b.id"
                               " AND a.from_ns <= b.to_ns AND b.from_ns <= a.to_ns";

/* In any order, whatever is stored where: every bit of the last value of each time, and chunks that do not overlap. */
static void readers_find_what_was_written_last(void **state)
{
  pl_rng r;
  pl_store *s = stored_open(NULL, NULL, 0);
  (void)state;
  memset(&known, 0, sizeof known);
  pl_rng_init(&r, 11, 0, 0, 0);
  for (int i = 0; i < 300; i++) {
    put_some(s, &r);
    stored_commit(s);
    if (pl_rng_u64(&r) % 4 == 0)
      stored_group(s);
    if (pl_rng_u64(&r) % 8 == 0)
      (void)stored_seal(s, time_of((int)(pl_rng_u64(&r) % SPAN)));
    int a = (int)(pl_rng_u64(&r) % SPAN), b = (int)(pl_rng_u64(&r) % SPAN);
    compare(s, i % SERIES, i % RUNS, a < b ? a : b, a < b ? b : a);
    assert_int_equal(stored_number(s, overlaps), 0);
  }
  stored_group(s);
  for (int i = 0; i < SERIES * RUNS; i++)
    compare(s, i / RUNS, i % RUNS, 0, SPAN - 1);
  pl_store_close(s);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(readers_find_what_was_written_last)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
