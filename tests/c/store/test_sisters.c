/* What samples stand for, after a gc and late samples, against the samples that there were. */
#include "store/sisters.h"

#include <math.h>

#include "base/random.h"
#include "store/collected.h"

enum { N = 30000 };

typedef struct sums {
  double least, greatest, number, sum;
  size_t n, odd;
} sums;

typedef struct taker {
  enum pl_sample_part part;
  sums *to;
} taker;

static int take(void *user, const int64_t *times_ns, const double *values, size_t n)
{
  taker *t = user;
  sums *s = t->to;
  (void)times_ns;
  for (size_t i = 0; i < n; i++) {
    if (isnan(values[i])) {
      s->odd++;
      continue;
    }
    s->n += t->part == PL_PART_VALUE;
    s->least = t->part == PL_PART_LEAST ? fmin(s->least, values[i]) : s->least;
    s->greatest = t->part == PL_PART_GREATEST ? fmax(s->greatest, values[i]) : s->greatest;
    s->number += t->part == PL_PART_NUMBER ? values[i] : 0;
    s->sum += t->part == PL_PART_SUM ? values[i] : 0;
  }
  return 0;
}

static sums read_all(pl_store *s, int64_t series)
{
  sums out = {.least = INFINITY, .greatest = -INFINITY};
  pl_reader *r;
  assert_int_equal(pl_reader_of(s, &r, NULL), PL_OK);
  for (int part = PL_PART_VALUE; part <= PL_PART_SUM; part++) {
    taker t = {(enum pl_sample_part)part, &out};
    assert_int_equal(pl_reader_parts(r, series, 0, INT64_MIN, INT64_MAX, t.part, take, &t, NULL), PL_OK);
  }
  pl_reader_close(r);
  return out;
}

static void assert_same(const sums *a, const sums *b)
{
  assert_true(a->least == b->least && a->greatest == b->greatest && a->number == b->number);
  assert_true(fabs(a->sum - b->sum) < 1e-6);
}

static void put(pl_store *s, pl_rng *r, int64_t series, int64_t at_s)
{
  stored_put(s, series, 0, MIDNIGHT_NS - 100 * DAY_NS + at_s * (int64_t)PL_S_NS, (double)pl_rng_below(r, 1000) / 8);
}

static void what_is_known_stays_known(void **state)
{
  pl_fake_clock fake;
  pl_gc_counts n;
  pl_rng r;
  (void)state;
  pl_fake_clock_init(&fake, PL_S_NS, MIDNIGHT_NS);
  pl_rng_init(&r, 8, 0, 0, 0);
  pl_store *s = stored_open(NULL, &fake.clock, 0);
  int64_t a = stored_series(s, "a", PL_SERIES_GAUGE);
  for (int64_t i = 0; i < N; i++)
    put(s, &r, a, 3 * i);
  stored_commit(s);
  sums before = read_all(s, a);
  assert_true(before.n == N && before.number == N);
  collect(s, MIDNIGHT_NS - 80 * DAY_NS, false, &n);
  sums after = read_all(s, a);
  assert_true(after.n == N / 20 && after.odd == 0);
  assert_same(&before, &after);
  for (int64_t i = 0; i < 500; i++)
    put(s, &r, a, 3 * (int64_t)pl_rng_below(&r, N) + 1);
  stored_commit(s);
  before = read_all(s, a);
  collect(s, MIDNIGHT_NS, false, &n);
  after = read_all(s, a);
  assert_true(after.n == 3 * N / 3600);
  assert_same(&before, &after);
  pl_store_close(s);
}

/* The mark that ends a series of Prometheus is no number to count. */
static void what_is_no_number_is_itself(void **state)
{
  pl_fake_clock fake;
  (void)state;
  pl_fake_clock_init(&fake, PL_S_NS, MIDNIGHT_NS);
  pl_store *s = stored_open(NULL, &fake.clock, 0);
  int64_t a = stored_series(s, "a", PL_SERIES_GAUGE);
  stored_put(s, a, 0, 1, 4);
  stored_put(s, a, 0, 2, NAN);
  stored_commit(s);
  sums all = read_all(s, a);
  assert_true(all.odd == PL_PART_SUM + 1 && all.number == 1 && all.least == 4 && all.sum == 4);
  pl_store_close(s);
}

static void a_series_says_whether_it_is_rolled_up(void **state)
{
  pl_fake_clock fake;
  pl_gc_counts n;
  pl_rng r;
  (void)state;
  pl_fake_clock_init(&fake, PL_S_NS, MIDNIGHT_NS);
  pl_rng_init(&r, 9, 0, 0, 0);
  pl_store *s = stored_open(NULL, &fake.clock, 0);
  int64_t a = stored_series(s, "a", PL_SERIES_GAUGE), b = stored_series(s, "b", PL_SERIES_GAUGE);
  for (int64_t i = 0; i < PL_GC_FEW; i++)
    put(s, &r, a, i);
  put(s, &r, b, 0);
  stored_commit(s);
  collect(s, MIDNIGHT_NS, false, &n);
  pl_reader *reader;
  assert_int_equal(pl_reader_of(s, &reader, NULL), PL_OK);
  assert_int_equal(pl_reader_rolled(reader, a, NULL), 1);
  assert_int_equal(pl_reader_rolled(reader, b, NULL), 0);
  pl_reader_close(reader);
  pl_store_close(s);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(what_is_known_stays_known), cmocka_unit_test(what_is_no_number_is_itself),
                                     cmocka_unit_test(a_series_says_whether_it_is_rolled_up)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
