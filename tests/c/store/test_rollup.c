/* Roll-ups of gauges and counters: against sums made otherwise, and rolled up once more. */
#include "store/rollup.h"

#include <math.h>
#include <string.h>

#include "base/random.h"
#include "support/failing.h"

enum { N_MAX = 5000 };
#define MINUTE (60 * INT64_C(1000000000))

typedef struct list {
  pl_rolled s[2 * N_MAX];
  size_t n;
} list;

static void add(list *l, int64_t ts_ns, double value)
{
  l->s[l->n++] = (pl_rolled){ts_ns, value, value, value, 1};
}

static void roll(const list *in, int64_t period_ns, bool counter, list *out)
{
  pl_rollup r;
  out->n = 0;
  pl_rollup_init(&r, period_ns, counter);
  for (size_t i = 0; i < in->n; i++)
    out->n += pl_rollup_add(&r, &in->s[i], out->s + out->n);
  out->n += pl_rollup_end(&r, out->s + out->n);
}

static void assert_same(const list *a, const list *b)
{
  assert_int_equal(a->n, b->n);
  for (size_t i = 0; i < a->n; i++)
    assert_memory_equal(&a->s[i], &b->s[i], sizeof a->s[i]);
}

static list in, minutes, hours, other;

static void a_gauge_is_its_mean(void **state)
{
  (void)state;
  in.n = 0;
  add(&in, 0, 1);
  add(&in, MINUTE - 1, 4);
  add(&in, MINUTE, 9);
  add(&in, 5 * MINUTE, -2);
  add(&in, 5 * MINUTE + 1, -2);
  roll(&in, MINUTE, false, &minutes);
  assert_int_equal(minutes.n, 3);
  const pl_rolled wanted[] = {{MINUTE - 1, 2.5, 1, 4, 2}, {MINUTE, 9, 9, 9, 1}, {5 * MINUTE + 1, -2, -2, -2, 2}};
  assert_memory_equal(minutes.s, wanted, sizeof wanted);
}

static void periods_begin_at_multiples(void **state)
{
  (void)state;
  assert_int_equal(pl_rollup_period(-1, MINUTE), -1);
  assert_int_equal(pl_rollup_period(-MINUTE, MINUTE), -1);
  assert_int_equal(pl_rollup_period(MINUTE - 1, MINUTE), 0);
  assert_int_equal(pl_rollup_period(INT64_MIN, MINUTE), INT64_MIN / MINUTE - 1);
}

static void any_gauge(pl_rng *r)
{
  int64_t ts = -40 * MINUTE;
  in.n = 0;
  while (in.n < N_MAX) {
    ts += 1 + (int64_t)pl_rng_below(r, pl_rng_below(r, 50) ? MINUTE / 8 : 9 * MINUTE);
    add(&in, ts, (double)pl_rng_below(r, 1000) - 500);
  }
}

/* Counts, sums, extremes and the last time of every hour, whether by way of minutes or not. */
static void minutes_make_the_same_hours(void **state)
{
  pl_rng r;
  (void)state;
  pl_rng_init(&r, 3, 0, 0, 0);
  for (int round_ = 0; round_ < 20; round_++) {
    any_gauge(&r);
    roll(&in, MINUTE, false, &minutes);
    roll(&minutes, MINUTE, false, &other);
    assert_same(&minutes, &other);
    roll(&minutes, 60 * MINUTE, false, &hours);
    roll(&in, 60 * MINUTE, false, &other);
    assert_int_equal(hours.n, other.n);
    for (size_t i = 0, at = 0; i < hours.n; i++) {
      const pl_rolled *h = &hours.s[i];
      double sum = 0, n = 0, least = INFINITY, greatest = -INFINITY;
      for (; at < in.n && in.s[at].ts_ns <= h->ts_ns; at++) {
        sum += in.s[at].value;
        n++;
        least = fmin(least, in.s[at].value);
        greatest = fmax(greatest, in.s[at].value);
      }
      assert_true(h->ts_ns == other.s[i].ts_ns && h->n == n && h->least == least && h->greatest == greatest);
      assert_true(fabs(h->value * n - sum) <= 1e-9 * n * 500);
    }
  }
}

static double from_bits(uint64_t bits)
{
  double v;
  memcpy(&v, &bits, sizeof v);
  return v;
}

/* The mark that ends a series of Prometheus stays at its end; what is no number counts nowhere. */
static void what_is_no_number_ends_a_period_or_is_left_out(void **state)
{
  double stale = from_bits(UINT64_C(0x7ff0000000000002));
  (void)state;
  in.n = 0;
  add(&in, 0, 1);
  add(&in, 1, stale);
  add(&in, 2, 3);
  add(&in, MINUTE, 5);
  add(&in, MINUTE + 1, stale);
  add(&in, 3 * MINUTE, NAN);
  roll(&in, MINUTE, false, &minutes);
  assert_int_equal(minutes.n, 4);
  assert_true(minutes.s[0].value == 2 && minutes.s[0].n == 2 && minutes.s[1].value == 5 && minutes.s[1].n == 1);
  assert_memory_equal(&minutes.s[2].value, &stale, sizeof stale);
  assert_true(minutes.s[2].ts_ns == MINUTE + 1 && isnan(minutes.s[3].value) && minutes.s[3].ts_ns == 3 * MINUTE);
}

static void a_mean_has_no_overflow(void **state)
{
  (void)state;
  in.n = 0;
  add(&in, 0, 0.1);
  add(&in, 1, 0.1);
  add(&in, 2, 0.1);
  add(&in, MINUTE, INFINITY);
  add(&in, MINUTE + 1, 1);
  roll(&in, MINUTE, false, &minutes);
  assert_true(minutes.s[0].value == 0.1 && minutes.s[1].value == INFINITY && minutes.s[1].least == 1);
}

/* ---- Counters --------------------------------------------------------------------------------------- */

/* As PromQL counts it: between samples with from <= ts <= to, a fall being a begin at 0. */
static double increase(const list *l, int64_t from, int64_t to, size_t *resets)
{
  double sum = 0, last = 0;
  bool any = false;
  *resets = 0;
  for (size_t i = 0; i < l->n; i++) {
    double v = l->s[i].value;
    if (l->s[i].ts_ns < from || l->s[i].ts_ns > to)
      continue;
    if (any) {
      sum += v < last ? v : v - last;
      *resets += v < last;
    }
    any = true;
    last = v;
  }
  return sum;
}

static void any_counter(pl_rng *r)
{
  int64_t ts = 0;
  double total = 100;
  in.n = 0;
  while (in.n < N_MAX) {
    ts += 1 + (int64_t)pl_rng_below(r, pl_rng_below(r, 60) ? MINUTE / 10 : 5 * MINUTE);
    total = pl_rng_below(r, 40) ? total + (double)pl_rng_below(r, 30) : (double)pl_rng_below(r, 200);
    add(&in, ts, total);
  }
}

/* Between any two samples that stay. */
static void a_counter_keeps_its_increases_and_resets(void **state)
{
  pl_rng r;
  (void)state;
  pl_rng_init(&r, 4, 0, 0, 0);
  for (int round_ = 0; round_ < 30; round_++) {
    any_counter(&r);
    roll(&in, MINUTE, true, &minutes);
    assert_true(minutes.n < in.n / 2);
    assert_true(minutes.s[0].ts_ns == in.s[0].ts_ns && minutes.s[minutes.n - 1].ts_ns == in.s[in.n - 1].ts_ns);
    roll(&minutes, MINUTE, true, &other);
    assert_same(&minutes, &other);
    roll(&minutes, 60 * MINUTE, true, &hours);
    for (int i = 0; i < 20; i++) {
      const list *of = i % 2 ? &minutes : &hours;
      size_t a = pl_rng_below(&r, of->n), b = a + pl_rng_below(&r, of->n - a), resets, wanted;
      int64_t from = of->s[a].ts_ns, to = of->s[b].ts_ns;
      double was = increase(&in, from, to, &wanted), is = increase(of, from, to, &resets);
      assert_true(was == is && resets == wanted);
    }
  }
}

static void a_counter_shows_where_it_begins(void **state)
{
  (void)state;
  in.n = 0;
  for (int64_t i = 0; i < 30; i++)
    add(&in, i * MINUTE / 60, (double)i);
  add(&in, 9 * MINUTE, 40);
  add(&in, 9 * MINUTE + 1, 41);
  add(&in, 9 * MINUTE + 2, 45);
  roll(&in, MINUTE, true, &minutes);
  assert_int_equal(minutes.n, 4);
  assert_true(minutes.s[0].value == 0 && minutes.s[1].value == 29 && minutes.s[2].value == 40 && minutes.s[3].value == 45);
}

static void nothing_makes_nothing(void **state)
{
  (void)state;
  in.n = 0;
  roll(&in, MINUTE, true, &minutes);
  assert_int_equal(minutes.n, 0);
  roll(&in, MINUTE, false, &minutes);
  assert_int_equal(minutes.n, 0);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_gauge_is_its_mean), cmocka_unit_test(periods_begin_at_multiples), cmocka_unit_test(minutes_make_the_same_hours),
      cmocka_unit_test(what_is_no_number_ends_a_period_or_is_left_out), cmocka_unit_test(a_mean_has_no_overflow),
      cmocka_unit_test(a_counter_keeps_its_increases_and_resets), cmocka_unit_test(a_counter_shows_where_it_begins),
      cmocka_unit_test(nothing_makes_nothing),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
