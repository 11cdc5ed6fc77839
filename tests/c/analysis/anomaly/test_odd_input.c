/* Every routine of the folder on series that break what was not thought through (odd_series.h): no crash under sanitisers, no score outside of [0, 1]. */
#include <string.h>

#include "analysis/anomaly/correlate.h"
#include "analysis/anomaly/group.h"
#include "analysis/odd_series.h"
#include "support/failing.h"

#define A &pl_alloc_default

enum { ROWS = 600 };

/* Twenty times through the series, and stamps that stand still, go back, and lie at the ends of time. */
static int64_t time_of(int stamps, size_t i)
{
  switch (stamps) {
  case 0: return (int64_t)i * 1000000000;
  case 1: return 5;
  case 2: return -(int64_t)i * 1000000000;
  default: return i % 2 ? INT64_MAX : INT64_MIN;
  }
}

static void is_score(double score, double rarity)
{
  assert_true(score >= 0 && score <= 1);
  assert_true(isfinite(rarity) && rarity >= 0);
}

static void detectors_of_any_series(void **state)
{
  static pl_detector d;
  (void)state;
  for (int which = 0; which < ODD_SERIES; which++) {
    for (int stamps = 0; stamps < 4; stamps++) {
      pl_detector_init(&d);
      for (size_t i = 0; i < ROWS; i++) {
        double v = odd_value((odd_series)which, i % ODD_MOST);
        pl_anomaly a = pl_detector_add(&d, time_of(stamps, i), v);
        is_score(a.score, a.rarity);
        assert_true(a.kind <= PL_ANOMALY_LEAK && a.named <= PL_ANOMALY_LEAK);
        if (stamps < 2 && (which <= ODD_NEGATIVE || !isfinite(v)))
          assert_true(a.score < 0.5);
      }
      uint64_t ago;
      assert_true(pl_detector_name(&d, &ago) <= PL_ANOMALY_LEAK);
    }
  }
}

static void groups_of_any_series(void **state)
{
  (void)state;
  for (int stamps = 0; stamps < 2; stamps++) {
    pl_group *g = pl_group_new(A, ODD_SERIES);
    assert_non_null(g);
    for (size_t i = 0; i < ROWS; i++) {
      double row[ODD_SERIES];
      pl_group_row out;
      for (int k = 0; k < ODD_SERIES; k++)
        row[k] = odd_value((odd_series)k, i % ODD_MOST);
      pl_group_add(g, time_of(stamps, i), row, &out);
      is_score(out.score, out.rarity);
      assert_true(out.series < ODD_SERIES && out.share >= 0 && out.share <= 1);
    }
    pl_group_free(g);
  }
  assert_null(pl_group_new(A, 0));
  assert_null(pl_group_new(A, PL_GROUP_MOST + 1));
}

static void windows_of_any_series(void **state)
{
  (void)state;
  for (int which = 0; which < ODD_SERIES; which++) {
    for (size_t n = 0; n <= ODD_MOST; n += 4) {
      double y[ODD_MOST];
      pl_correlation c;
      odd_fill((odd_series)which, y, n);
      int code = pl_correlate(A, y, n, n / 2, n * 3 / 4, 3, &c);
      assert_true(code == PL_OK || code == PL_EINVAL);
      if (code == PL_OK)
        assert_true(c.d >= 0 && c.d <= 1 && c.p >= 0 && c.p <= 1 && isfinite(c.before) && isfinite(c.during) && c.correlation >= -1.0000001 && c.correlation <= 1.0000001);
      if (code == PL_OK && which <= ODD_NEGATIVE)
        assert_true(c.d == 0 && c.p == 1 && c.correlation == 0);
    }
    double y[8] = {0};
    pl_correlation c;
    assert_int_equal(pl_correlate(A, y, 8, 5, 5, 1, &c), PL_EINVAL);
    assert_int_equal(pl_correlate(A, y, 8, 4, 9, 1, &c), PL_EINVAL);
  }
}

static void parts_of_any_series(void **state)
{
  (void)state;
  for (int which = 0; which < ODD_SERIES; which++) {
    static pl_naming w;
    pl_tail tail;
    pl_plain plain = {0};
    pl_young young = {0};
    pl_alarm alarm = {0};
    w = (pl_naming){0};
    pl_tail_init(&tail, 1);
    for (size_t i = 0; i < ROWS; i++) {
      double v = odd_value((odd_series)which, i % ODD_MOST), score;
      pl_anomaly_kind kind = PL_ANOMALY_NONE;
      if (!isfinite(v) || fabs(v) > 1e307) /* the detector takes them out, or makes them smaller */
        continue;
      assert_true(isfinite(pl_tail_rarity(&tail, v)) && pl_tail_rarity(&tail, v) >= 0);
      pl_tail_add(&tail, v);
      pl_plain_add(&plain, v);
      assert_true(fabs(pl_plain_correlation(&plain)) <= 1);
      double odd = pl_young_add(&young, v, &kind);
      assert_true(odd >= 0 && !isnan(odd));
      (void)pl_alarm_add(&alarm, pl_tail_rarity(&tail, v), &score);
      assert_true(score >= 0 && score <= 1);
      pl_naming_add(&w, v, v, v);
      if (i == 40)
        pl_naming_begin(&w, PL_ANOMALY_SPIKE, 1);
      assert_true(pl_naming_of(&w) <= PL_ANOMALY_LEAK);
    }
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(detectors_of_any_series), cmocka_unit_test(groups_of_any_series), cmocka_unit_test(windows_of_any_series),
                                     cmocka_unit_test(parts_of_any_series)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
