/* Kinds by what comes after an alert. */
#include "analysis/anomaly/naming.h"

#include <math.h>

#include "support/failing.h"
#include "support/stream.h"

/* What `after` rows are called that are made by `shape` after 500 of noise, where the alert was raised at their first row. */
static pl_anomaly_kind called(int shape, int after, double scale)
{
  static pl_naming w;
  uint64_t s = 5;
  w = (pl_naming){0};
  for (int i = 0; i < 500 + after; i++) {
    double e = stream_normal(&s), x = e;
    int at = i - 500;
    if (at >= 0)
      x = shape == 0 ? (at ? e : 20) : shape == 1 ? e + 8 : shape == 2 ? 6 * e : shape == 3 ? 1.5 : e + 0.1 * at;
    pl_naming_add(&w, scale * x, scale * x, scale * x);
    if (at == 0)
      pl_naming_begin(&w, PL_ANOMALY_SPIKE, 0);
  }
  return pl_naming_of(&w);
}

static void each_kind_has_its_name(void **state)
{
  static const pl_anomaly_kind kinds[] = {PL_ANOMALY_SPIKE, PL_ANOMALY_SHIFT, PL_ANOMALY_VARIANCE, PL_ANOMALY_FLAT};
  static const double scales[] = {1, 1e-290, 1e290};
  (void)state;
  for (int k = 0; k < 3; k++) {
    for (int shape = 0; shape < 4; shape++)
      assert_int_equal(called(shape, 24, scales[k]), kinds[shape]);
    assert_int_equal(called(4, 200, scales[k]), PL_ANOMALY_LEAK);
  }
}

static void a_season_that_is_lost(void **state)
{
  static pl_naming w;
  uint64_t s = 5;
  (void)state;
  w = (pl_naming){0};
  for (int i = 0; i < 800; i++) {
    double profile = 10 * sin(i / 20.0), e = stream_normal(&s), x = i < 600 ? profile + e : e;
    pl_naming_add(&w, x, x - profile, x - profile);
    if (i == 605)
      pl_naming_begin(&w, PL_ANOMALY_SPIKE, 1);
  }
  assert_int_equal(pl_naming_of(&w), PL_ANOMALY_SEASON);
}

/* A level shift under a day whose parts hold three rows each: what each part has learnt of the new level by its second and third row looks like no season. */
static void a_level_that_a_day_learns_is_a_level(void **state)
{
  static pl_naming w;
  (void)state;
  for (int turn = 200; turn <= 288; turn += 44) {
    uint64_t s = 5;
    w = (pl_naming){0};
    for (int i = 0; i < 780; i++) {
      static const double learnt[] = {0, 0.1, 0.19};
      double season = 5 * sin(i * 6.283185307179586 / turn), level = i < 600 ? 0 : 30, x = season + level + stream_normal(&s);
      pl_naming_add(&w, x, x - season - level * learnt[i % 3], x - season - level * learnt[i % 3]);
      if (i == 600)
        pl_naming_begin(&w, PL_ANOMALY_SPIKE, 1);
    }
    assert_int_equal(pl_naming_of(&w), PL_ANOMALY_SHIFT);
  }
}

static void it_is_told_in_time(void **state)
{
  static pl_naming w;
  int due = 0;
  (void)state;
  w = (pl_naming){0};
  assert_int_equal(pl_naming_of(&w), PL_ANOMALY_NONE);
  for (int i = 0; i < 20; i++)
    pl_naming_add(&w, i % 2, i % 2, i % 2);
  pl_naming_begin(&w, PL_ANOMALY_MISSING, 0);
  assert_int_equal(pl_naming_of(&w), PL_ANOMALY_MISSING);
  for (int i = 0; i < 400; i++) {
    pl_naming_add(&w, i % 2, i % 2, i % 2);
    due += pl_naming_is_due(&w);
  }
  assert_int_equal(due, 3);
  assert_int_equal(pl_naming_of(&w), PL_ANOMALY_NONE);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(each_kind_has_its_name), cmocka_unit_test(a_season_that_is_lost),
                                     cmocka_unit_test(a_level_that_a_day_learns_is_a_level), cmocka_unit_test(it_is_told_in_time)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
