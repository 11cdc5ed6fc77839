/* Alerts of rarities: one an episode. */
#include "analysis/anomaly/alarm.h"

#include "support/failing.h"

static void an_episode_is_one_alert(void **state)
{
  pl_alarm a = {0};
  double score;
  int alerts = 0;
  (void)state;
  for (int i = 0; i < 100; i++)
    assert_false(pl_alarm_add(&a, 1, &score));
  for (int i = 0; i < 15; i++) {
    alerts += pl_alarm_add(&a, PL_ALARM_LEVEL, &score);
    assert_true(i == 0 ? score == 0.5 : score < 0.5);
  }
  assert_int_equal(alerts, 1);
  assert_int_equal((int)a.at, 100);
  assert_true(pl_alarm_add(&a, 2.1 * PL_ALARM_LEVEL, &score)); /* it got worse */
  assert_true(score == 1);
}

static void silence_ends(void **state)
{
  pl_alarm a = {0};
  double score;
  int alerts = 0;
  (void)state;
  for (int i = 0; i < 63; i++)
    alerts += pl_alarm_add(&a, 3, &score);
  assert_int_equal(alerts, 3); /* rows 0, 21, 42 */
}

/* A silence of 200 rows: what is clear is told again after 64 rows that are calm, what is hardly an alert is not, nor what comes before. */
static void what_is_clear_comes_through_after_calm(void **state)
{
  static const struct {
    int calm;
    double rarity;
    int begins;
  } rows[] = {{63, 1.8 * PL_ALARM_LEVEL, 0}, {64, 1.8 * PL_ALARM_LEVEL, 1}, {64, 1.4 * PL_ALARM_LEVEL, 0}};
  (void)state;
  for (size_t k = 0; k < sizeof rows / sizeof *rows; k++) {
    pl_alarm a = {.n = 3000};
    double score;
    assert_true(pl_alarm_add(&a, 2 * PL_ALARM_LEVEL, &score));
    for (int i = 0; i < rows[k].calm; i++)
      assert_false(pl_alarm_add(&a, 0.9 * PL_ALARM_LEVEL, &score));
    assert_int_equal(pl_alarm_add(&a, rows[k].rarity, &score), rows[k].begins);
    assert_true(rows[k].begins ? score >= 0.8 : score < 0.5);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(an_episode_is_one_alert), cmocka_unit_test(silence_ends),
                                     cmocka_unit_test(what_is_clear_comes_through_after_calm)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
