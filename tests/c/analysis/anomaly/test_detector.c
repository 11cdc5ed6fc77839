/* Anomalies that are put into series of a fixed stream are found and named; quiet and odd input is not. */
#include "analysis/anomaly/detector.h"

#include <math.h>

#include "support/failing.h"
#include "support/stream.h"

enum { ROWS = 6000, AT = 5000 };
static const int64_t STEP = INT64_C(300000000000); /* five minutes */

typedef double shape(int row, double e);

static double steady(int row, double e)
{
  (void)row;
  return 50 + e;
}

static double spike(int row, double e)
{
  return 50 + e + (row == AT ? 40 : 0);
}

static double shift(int row, double e)
{
  return 50 + e + (row >= AT ? 12 : 0);
}

static double wild(int row, double e)
{
  return 50 + (row >= AT ? 12 * e : e);
}

static double flat(int row, double e)
{
  return row >= AT ? 50 : 50 + e;
}

static double daily(int row, double e)
{
  return 50 + 20 * sin(row * 6.283185307179586 / 288) + e;
}

static double lost(int row, double e)
{
  return row >= AT ? 50 + 20 * sin(AT * 6.283185307179586 / 288) + e : daily(row, e);
}

static double drifting(int row, double e)
{
  return 50 + e + (row >= AT ? 0.05 * (row - AT) : 0);
}

/* The first alert from row `from` on: its row, or -1, and its kind as the rows after it tell it; alerts before it are counted. */
static int first_alert(shape *f, int from, pl_anomaly_kind *kind, int *before)
{
  static pl_detector d;
  uint64_t s = 42;
  int found = -1;
  *before = 0;
  pl_detector_init(&d);
  for (int i = 0; i < ROWS; i++) {
    pl_anomaly a = pl_detector_add(&d, i * STEP, f(i, stream_normal(&s)));
    assert_true(a.score >= 0 && a.score <= 1);
    assert_true((a.score >= 0.5) == (a.kind != PL_ANOMALY_NONE));
    if (found >= 0 && a.named && i - (int)a.ago == found)
      *kind = a.named;
    if (a.score >= 0.5 && i >= from && found < 0) {
      *kind = a.kind;
      found = i;
    }
    *before += found < 0 && a.score >= 0.5;
  }
  return found;
}

static void put_in_and_found(void **state)
{
  static const struct {
    shape *f;
    pl_anomaly_kind kind;
    int within;
  } rows[] = {{spike, PL_ANOMALY_SPIKE, 0}, {shift, PL_ANOMALY_SHIFT, 1}, {wild, PL_ANOMALY_VARIANCE, 20}, {flat, PL_ANOMALY_FLAT, 40}, {lost, PL_ANOMALY_SEASON, 144}, {drifting, PL_ANOMALY_LEAK, 200}};
  (void)state;
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    pl_anomaly_kind kind = PL_ANOMALY_NONE;
    int before, row = first_alert(rows[i].f, AT, &kind, &before);
    print_message("%zu: row %d, %s, %d before\n", i, row, pl_anomaly_kind_name(kind), before);
    assert_in_range(row, AT, AT + rows[i].within);
    assert_int_equal(kind, rows[i].kind);
    assert_true(before <= 6);
  }
}

/* Alerts in `length` rows of each of 100 streams, of ten thousand rows. */
static double alerts_of(int law, int length)
{
  static pl_detector d;
  long alerts = 0;
  for (uint64_t stream = 0; stream < 100; stream++) {
    uint64_t s = stream * 7919 + 17;
    double sum = 0;
    (void)stream_normal(&s);
    pl_detector_init(&d);
    for (int i = 0; i < length; i++) {
      double e = stream_normal(&s);
      sum += e;
      alerts += pl_detector_add(&d, i * STEP, law == 0 ? e : law == 1 ? exp(e / 2) : law == 2 ? -log(stream_uniform(&s)) : sum).score >= 0.5;
    }
  }
  return 1e4 * (double)alerts / (100.0 * length);
}

static void plain_noise_is_quiet(void **state)
{
  (void)state;
  for (int law = 0; law < 4; law++) {
    double few = alerts_of(law, 200), many = alerts_of(law, 2000);
    print_message("law %d: %.2f and %.2f alerts in 10,000 rows\n", law, few, many);
    assert_true(few <= 2 && many <= 1);
  }
}

/* Alerts, and the kind of the first, of 60 rows that go from 10 to 15. */
static void young_series_are_judged(void **state)
{
  (void)state;
  for (int law = 0; law < 3; law++) {
    static pl_detector d;
    uint64_t s = 9, ago = 0;
    int first = -1;
    pl_detector_init(&d);
    for (int i = 0; i < 60; i++) {
      double x = (i >= 30 ? 15 : 10) + (law == 0 ? 0 : law == 1 ? stream_normal(&s) / 2 : i % 3);
      if (pl_detector_add(&d, i * STEP, x).kind && first < 0)
        first = i;
    }
    assert_in_range(first, 30, 33);
    assert_int_equal(pl_detector_name(&d, &ago), PL_ANOMALY_SHIFT);
    assert_int_equal(59 - (int)ago, first);
  }
}

static void prefix_of(shape *f)
{
  static pl_detector a, b;
  static double whole[ROWS];
  uint64_t s = 5;
  pl_detector_init(&a);
  for (int i = 0; i < ROWS; i++)
    whole[i] = pl_detector_add(&a, i * STEP, f(i, stream_normal(&s))).score;
  s = 5;
  pl_detector_init(&b);
  for (int i = 0; i < 5100; i++)
    assert_true(whole[i] == pl_detector_add(&b, i * STEP, f(i, stream_normal(&s))).score);
  assert_true(sizeof a <= 64 * 1024);
}

static double turns_of_50(int row, double e)
{
  return 50 + 5 * sin(row * 6.283185307179586 / 50) + e;
}

static void prefix_of_scores(void **state)
{
  (void)state;
  prefix_of(shift);
  prefix_of(turns_of_50);
}

static void missing_data_is_named(void **state)
{
  static pl_detector d;
  uint64_t s = 3;
  (void)state;
  pl_detector_init(&d);
  for (int i = 0; i < 3000; i++)
    (void)pl_detector_add(&d, i * STEP, 5 + stream_normal(&s));
  pl_anomaly a = pl_detector_add(&d, 3100 * STEP, 5);
  assert_true(a.score >= 0.5);
  assert_int_equal(a.kind, PL_ANOMALY_MISSING);
}

static void nothing_odd_in_nothing(void **state)
{
  static const double values[] = {0, 7, -1e300, 1e-300};
  static pl_detector d;
  (void)state;
  for (size_t k = 0; k < 4; k++) {
    pl_detector_init(&d);
    for (int i = 0; i < 3000; i++)
      assert_true(pl_detector_add(&d, i * STEP, values[k]).score == 0);
  }
  pl_detector_init(&d);
  for (int i = 0; i < 500; i++) {
    assert_true(pl_detector_add(&d, i, NAN).score == 0);
    assert_true(pl_detector_add(&d, i, i % 2 ? INFINITY : -INFINITY).score == 0);
  }
}

static void bad_stamps_and_sizes(void **state)
{
  static const double scales[] = {1e300, 1e-300, -1};
  static pl_detector d;
  (void)state;
  for (size_t k = 0; k < 3; k++) {
    uint64_t s = 11;
    pl_detector_init(&d);
    for (int i = 0; i < 3000; i++) {
      int64_t at = i % 3 == 0 ? INT64_MAX - i : i % 3 == 1 ? INT64_MIN + i : 0;
      double score = pl_detector_add(&d, at, scales[k] * stream_normal(&s)).score;
      assert_true(score >= 0 && score <= 1);
    }
  }
}

/* Other units give the same scores; another zero the same alerts. */
static void units_are_no_matter(void **state)
{
  static pl_detector d[5];
  const double scales[] = {1, 1024, -1.0 / 1048576, 1, ldexp(1, 1015)}; /* of which the last gives values up to 4e307 */
  uint64_t s = 8;
  (void)state;
  for (int k = 0; k < 5; k++)
    pl_detector_init(&d[k]);
  for (int i = 0; i < ROWS; i++) {
    double x = wild(i, stream_normal(&s)) + (i == 3000 ? 60 : 0);
    pl_anomaly a[5];
    for (int k = 0; k < 5; k++)
      a[k] = pl_detector_add(&d[k], i * STEP, scales[k] * x + (k == 3 ? 4096 : 0));
    for (int k = 1; k < 5; k++) /* what is rounded otherwise may fall into the next bucket of a tail */
      assert_true(a[k].kind == a[0].kind && fabs(a[k].score - a[0].score) < 0.02);
  }
}

/* A day's profile with a spike, in units that no power of two parts: whatever has a place on a fixed grid would be counted otherwise. */
static void units_of_ten_are_no_matter(void **state)
{
  static pl_detector d[4];
  const double scales[] = {1, 1000, 1e6, -0.1};
  uint64_t s = 44;
  (void)state;
  for (int k = 0; k < 4; k++)
    pl_detector_init(&d[k]);
  for (int i = 0; i < 2880; i++) {
    double x = 100 + 30 * sin(2 * 3.14159265358979 * i / 288) + 3 * stream_normal(&s) + (i == 2500 ? 40 : 0), score = 0;
    for (int k = 0; k < 4; k++) {
      pl_anomaly a = pl_detector_add(&d[k], i * STEP, scales[k] * x);
      score = k ? score : a.score;
      assert_true(fabs(a.score - score) < 1e-9);
    }
  }
}

/* Waves without noise, of which a profile leaves but what rounding does, and that otherwise in other units and at another zero. */
static void units_of_exact_waves_are_no_matter(void **state)
{
  enum { UNITS = 6 };
  static const double scales[UNITS] = {1, 1000, 0.1, 3, 1, 1}, zeros[UNITS] = {0, 0, 0, 0, 1, 1000};
  static const int turns[] = {7, 12, 24, 288};
  static pl_detector d[UNITS];
  (void)state;
  for (size_t t = 0; t < sizeof turns / sizeof *turns; t++) {
    for (int k = 0; k < UNITS; k++)
      pl_detector_init(&d[k]);
    for (int i = 0; i < 3000; i++) {
      double phase = i * 6.283185307179586 / turns[t], x = sin(phase) + 0.3 * cos(2 * phase) + (i == 2000 ? 5 : 0), score = 0;
      for (int k = 0; k < UNITS; k++) {
        pl_anomaly a = pl_detector_add(&d[k], i * STEP, scales[k] * x + zeros[k]);
        score = k ? score : a.score;
        assert_true(fabs(a.score - score) < 1e-6);
      }
    }
  }
}

static void one_and_two_rows(void **state)
{
  static const double values[] = {0, -1e300, NAN, INFINITY, 5};
  static pl_detector d;
  uint64_t ago;
  (void)state;
  for (int i = 0; i < 5; i++) {
    for (int j = 0; j < 5; j++) {
      pl_detector_init(&d);
      assert_int_equal(pl_detector_name(&d, &ago), PL_ANOMALY_NONE);
      assert_true(pl_detector_add(&d, 0, values[i]).score == 0);
      assert_true(pl_detector_add(&d, STEP, values[j]).score == 0);
      assert_int_equal(pl_detector_name(&d, &ago), PL_ANOMALY_NONE);
    }
  }
}

/* Most of what leaks slowly into plain noise is found before it is ten deviations away. */
static void slow_leaks_are_found(void **state)
{
  static pl_detector d;
  int found = 0;
  (void)state;
  for (uint64_t seed = 1; seed <= 20; seed++) {
    uint64_t s = seed * 7919;
    int hit = 0;
    pl_detector_init(&d);
    for (int i = 0; i < 3300; i++)
      hit |= pl_detector_add(&d, i * STEP / 300, stream_normal(&s) + (i >= 3000 ? 0.03 * (i - 3000) : 0)).score >= 0.5 && i >= 3000;
    found += hit;
  }
  print_message("%d of 20\n", found);
  assert_true(found >= 18);
}

/* The same under a season of 20 deviations, from its fifth day on: so few days tell of it. Before it is nothing odd. */
static void leaks_under_a_young_season_are_found(void **state)
{
  enum { DAY = 288, FROM = 4 * DAY, SOON = 150 };
  static pl_detector d;
  int found = 0, named = 0, early = 0;
  (void)state;
  for (uint64_t seed = 1; seed <= 20; seed++) {
    uint64_t s = seed * 7919;
    int at = 0, leak = 0;
    pl_detector_init(&d);
    for (int i = 0; i < FROM + 2 * SOON; i++) {
      pl_anomaly a = pl_detector_add(&d, i * STEP, daily(i, stream_normal(&s)) + (i >= FROM ? 0.03 * (i - FROM) : 0));
      early += a.kind && i < FROM;
      at = a.kind && i >= FROM && !at ? i : at;
      leak |= at && (a.kind == PL_ANOMALY_LEAK || a.named == PL_ANOMALY_LEAK);
    }
    found += at && at < FROM + SOON;
    named += leak;
  }
  assert_true(found >= 18 && named >= 18 && early <= 2);
}

/* A lone value so far away that it moves the slowest averages, too, is no slow leak: neither in noise of thin tails nor of thick ones. */
static void a_lone_far_value_is_a_spike(void **state)
{
  enum { FROM = 700, AFTER = 100, LAWS = 3 };
  static pl_detector d;
  (void)state;
  for (int k = 0; k < 12 * LAWS; k++) {
    uint64_t s = (uint64_t)(k / LAWS + 1) * 7919, ago = 0;
    int at = -1;
    pl_detector_init(&d);
    for (int i = 0; i < FROM + AFTER; i++) {
      double z = stream_normal(&s), e = k % LAWS == 0 ? z : k % LAWS == 1 ? exp(z / 2) : -log(stream_uniform(&s));
      pl_anomaly a = pl_detector_add(&d, i * STEP / 300, e + (i == FROM ? 40 : 0));
      if (i >= FROM && a.kind && at < 0)
        at = i;
      assert_true(i < FROM || !a.kind || a.kind == PL_ANOMALY_SPIKE);
      assert_true(i < FROM || !a.named || i - (int)a.ago != at || a.named == PL_ANOMALY_SPIKE);
    }
    assert_int_equal(at, FROM);
    assert_int_equal(pl_detector_name(&d, &ago), PL_ANOMALY_SPIKE);
  }
}

/* As large a value as the first one, 100 rows and more behind it, is told, too: in a series that is young and in one that is not. */
static void a_second_far_value_is_told(void **state)
{
  static const int from[] = {500, 800, 3000}, behind[] = {120, 200, 300};
  static pl_detector d;
  (void)state;
  for (int k = 0; k < 9; k++) {
    int first = from[k / 3], second = first + behind[k % 3], told[2] = {0};
    for (uint64_t seed = 1; seed <= 10; seed++) {
      uint64_t s = seed * 7919;
      pl_detector_init(&d);
      for (int i = 0; i <= second; i++) {
        pl_anomaly a = pl_detector_add(&d, i * STEP / 300, 2 * stream_normal(&s) + (i == first || i == second ? 80 : 0));
        told[0] += i == first && a.score >= 0.5;
        told[1] += i == second && a.score >= 0.5 && a.kind == PL_ANOMALY_SPIKE;
      }
    }
    assert_true(told[0] == 10 && told[1] >= 9);
  }
}

/* Values of the same size, 40 deviations, that come at no regular distance are each told, in independent rows and in those that the row before foretells in
 * part; of 20, what comes every 400 rows is a habit by the third time, and what does not is none. */
static void far_values_are_told_again(void **state)
{
  enum { SPIKES = 4, SEEDS = 12 };
  static const int irregular[SPIKES] = {0, 130, 420, 770}, regular[SPIKES] = {0, 400, 800, 1200};
  static pl_detector d;
  (void)state;
  for (int k = 0; k < 4; k++) {
    const int *behind = k < 3 ? irregular : regular;
    double height = k < 2 ? 40 : 20;
    int told[SPIKES] = {0};
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
      uint64_t s = seed * 104729;
      double e = 0;
      int at = 0;
      pl_detector_init(&d);
      for (int i = 0; i <= 3000 + behind[SPIKES - 1]; i++) {
        e = (k == 1 ? 0.6 * e : 0) + stream_normal(&s) * (k == 1 ? 0.8 : 1);
        int is_far = i == 3000 + behind[at];
        pl_anomaly a = pl_detector_add(&d, i * STEP / 300, e + (is_far ? height : 0));
        told[at] += is_far && a.score >= 0.5 && a.kind == PL_ANOMALY_SPIKE;
        at += is_far && at + 1 < SPIKES;
      }
    }
    assert_true(told[0] == SEEDS && told[1] == SEEDS);
    assert_true(k < 3 ? told[2] >= 10 && told[3] >= 10 : told[2] <= 4 && told[3] <= 4);
  }
}

/* A level that shifts under a day of 5 deviations, of rows of 5 and of 15 minutes, is that in the end: the day learns the new level, and is not lost. */
static void a_level_under_a_day_is_a_level(void **state)
{
  static const int days[] = {288, 96};
  static const double away[] = {10, 30, -30};
  static pl_detector d;
  (void)state;
  for (int k = 0; k < 6; k++) {
    int rows = days[k / 3], right = 0;
    for (uint64_t seed = 1; seed <= 10; seed++) {
      uint64_t s = seed * 7919, ago = 0;
      pl_anomaly_kind last = PL_ANOMALY_NONE;
      int from = 1600 + 29 * (int)seed, at = -1;
      pl_detector_init(&d);
      for (int i = 0; i < from + 400; i++) {
        pl_anomaly a = pl_detector_add(&d, i * (288 / rows) * STEP, 5 * sin(i * 6.283185307179586 / rows) + stream_normal(&s) + (i >= from ? away[k % 3] : 0));
        if (i >= from && a.kind && at < 0)
          at = i;
        last = at >= 0 && a.named && i - (int)a.ago == at ? a.named : last;
      }
      pl_anomaly_kind open = pl_detector_name(&d, &ago);
      right += (open && from + 399 - (int)ago == at ? open : last) == PL_ANOMALY_SHIFT;
    }
    assert_true(right >= 9);
  }
}

/* Seasons of no calendar, of rows without stamps: what breaks them is found though no value leaves the range of those before it. */
static void seasons_of_no_calendar(void **state)
{
  enum { FROM = 2000, WITHIN = 60, BROKEN = 3, SEEDS = 10 };
  static const int turns[] = {50, 96};
  static const pl_anomaly_kind kinds[BROKEN] = {PL_ANOMALY_SEASON, PL_ANOMALY_SEASON, PL_ANOMALY_SPIKE};
  static pl_detector d;
  (void)state;
  for (int k = 0; k < 2 * BROKEN; k++) {
    int turn = turns[k % 2], broken = k / 2, found = 0, named = 0, before = 0;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
      uint64_t s = seed * 104729;
      int at = 0, from = FROM - FROM % turn + turn / 4; /* at the top of a turn */
      pl_anomaly_kind kind = PL_ANOMALY_NONE;
      pl_detector_init(&d);
      for (int i = 0; i < from + 300; i++) {
        double phase = i * 6.283185307179586 / turn, e = stream_normal(&s);
        double x = i < from || (broken == 2 && i > from) ? 5 * sin(phase) + e : broken == 0 ? e : -5 * sin(phase) + e; /* lost, half a turn late, one row of that */
        pl_anomaly a = pl_detector_add(&d, i * INT64_C(1000000000), x);
        before += a.kind && i < from;
        if (at && a.named && i - (int)a.ago == at)
          kind = a.named;
        if (!at && i >= from && i < from + (broken == 2 ? 1 : WITHIN) && a.kind) {
          at = i;
          kind = a.kind;
        }
      }
      found += at > 0;
      named += kind == kinds[broken];
    }
    assert_true(found >= SEEDS - 1 && named >= SEEDS - 2 && before <= SEEDS / 2);
  }
}

static void a_million_rows(void **state)
{
  static pl_detector d;
  uint64_t s = 4;
  long alerts = 0;
  (void)state;
  pl_detector_init(&d);
  for (int i = 0; i < 1000000; i++) {
    double x = i % 1000 == 7 ? NAN : stream_normal(&s);
    pl_anomaly a = pl_detector_add(&d, i % 5 ? i * STEP : (i - 3) * STEP, x); /* some stamps go back, some repeat */
    assert_true(a.score >= 0 && a.score <= 1 && !isnan(a.rarity));
    alerts += a.score >= 0.5;
  }
  assert_true(alerts <= 300);
}

static void kinds_have_names(void **state)
{
  (void)state;
  assert_string_equal(pl_anomaly_kind_name(PL_ANOMALY_NONE), "");
  assert_string_equal(pl_anomaly_kind_name(PL_ANOMALY_LEAK), "slow leak");
}

static void quiet_on_quiet(void **state)
{
  static shape *const shapes[] = {steady, daily};
  (void)state;
  for (int k = 0; k < 2; k++) {
    pl_anomaly_kind kind;
    int before;
    assert_int_equal(first_alert(shapes[k], ROWS, &kind, &before), -1);
    assert_true(before <= 6); /* about one in a thousand */
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(put_in_and_found),       cmocka_unit_test(prefix_of_scores),     cmocka_unit_test(missing_data_is_named),
                                     cmocka_unit_test(nothing_odd_in_nothing), cmocka_unit_test(bad_stamps_and_sizes), cmocka_unit_test(kinds_have_names),
                                     cmocka_unit_test(units_are_no_matter), cmocka_unit_test(units_of_ten_are_no_matter),
                                     cmocka_unit_test(units_of_exact_waves_are_no_matter), cmocka_unit_test(one_and_two_rows),     cmocka_unit_test(slow_leaks_are_found),
                                     cmocka_unit_test(leaks_under_a_young_season_are_found), cmocka_unit_test(seasons_of_no_calendar),
                                     cmocka_unit_test(a_lone_far_value_is_a_spike), cmocka_unit_test(a_second_far_value_is_told),
                                     cmocka_unit_test(far_values_are_told_again), cmocka_unit_test(a_level_under_a_day_is_a_level),
                                     cmocka_unit_test(quiet_on_quiet),         cmocka_unit_test(plain_noise_is_quiet),
                                     cmocka_unit_test(young_series_are_judged), cmocka_unit_test(a_million_rows)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
