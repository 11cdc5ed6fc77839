/* Anomalies that are put into series of a fixed stream are found and named; quiet and odd input is not. */
#include "analysis/anomaly/detector.h"

#include <math.h>

#include "support/failing.h"

enum { ROWS = 6000, AT = 5000 };
static const int64_t STEP = INT64_C(300000000000); /* five minutes */

static double uniform(uint64_t *s)
{
  *s = *s * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
  return ((double)(*s >> 11) + 0.5) / 9007199254740992.0;
}

/* About normal, with variance 1. */
static double noise(uint64_t *s)
{
  double sum = 0;
  for (int i = 0; i < 12; i++)
    sum += uniform(s);
  return sum - 6;
}

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

/* The first alert from row `from` on: its row, or -1, and its kind; alerts before it are counted. */
static int first_alert(shape *f, int from, pl_anomaly_kind *kind, int *before)
{
  static pl_detector d;
  uint64_t s = 42;
  *before = 0;
  pl_detector_init(&d);
  for (int i = 0; i < ROWS; i++) {
    pl_anomaly a = pl_detector_add(&d, i * STEP, f(i, noise(&s)));
    assert_true(a.score >= 0 && a.score <= 1);
    assert_true((a.score >= 0.5) == (a.kind != PL_ANOMALY_NONE));
    if (a.score >= 0.5 && i >= from) {
      *kind = a.kind;
      return i;
    }
    *before += a.score >= 0.5;
  }
  return -1;
}

static void put_in_and_found(void **state)
{
  static const struct {
    shape *f;
    pl_anomaly_kind kind;
    int within;
  } rows[] = {{spike, PL_ANOMALY_SPIKE, 0}, {shift, PL_ANOMALY_SPIKE, 1}, {wild, PL_ANOMALY_SPIKE, 20}, {flat, PL_ANOMALY_FLAT, 40}, {lost, PL_ANOMALY_SEASON, 144}};
  (void)state;
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    pl_anomaly_kind kind = PL_ANOMALY_NONE;
    int before, row = first_alert(rows[i].f, AT, &kind, &before);
    print_message("%zu: row %d, %s, %d before\n", i, row, pl_anomaly_kind_name(kind), before);
    assert_in_range(row, AT, AT + rows[i].within);
    assert_true(before <= 6);
  }
}

static void prefix_of_scores(void **state)
{
  static pl_detector a, b;
  static double whole[ROWS];
  uint64_t s = 5;
  (void)state;
  pl_detector_init(&a);
  for (int i = 0; i < ROWS; i++)
    whole[i] = pl_detector_add(&a, i * STEP, shift(i, noise(&s))).score;
  s = 5;
  pl_detector_init(&b);
  for (int i = 0; i < 5100; i++)
    assert_true(whole[i] == pl_detector_add(&b, i * STEP, shift(i, noise(&s))).score);
  assert_true(sizeof a <= 64 * 1024);
}

static void missing_data_is_named(void **state)
{
  static pl_detector d;
  uint64_t s = 3;
  (void)state;
  pl_detector_init(&d);
  for (int i = 0; i < 3000; i++)
    (void)pl_detector_add(&d, i * STEP, 5 + noise(&s));
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
      double score = pl_detector_add(&d, at, scales[k] * noise(&s)).score;
      assert_true(score >= 0 && score <= 1);
    }
  }
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
                                     cmocka_unit_test(quiet_on_quiet)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
