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

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(an_episode_is_one_alert), cmocka_unit_test(silence_ends)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
