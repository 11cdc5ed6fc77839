/* Clocks: of this machine, and what counts them. */
#include <time.h>

#include "sample/sampled.h"

static void clocks_are_read(void **state)
{
  static sampled s;
  (void)state;
  sampled_open(&s);
  sampled_file(&s, "devices/system/clocksource/clocksource0/current_clocksource", "tsc\n");
  sampled_file(&s, "devices/system/clocksource/clocksource0/available_clocksource", "tsc hpet \n");
  time_t before = time(NULL);
  sampled_host(&s);
  int now = sampled_find(&s, "node_time_seconds");
  assert_true(now >= 0 && s.values[now] >= (double)before && s.values[now] <= (double)time(NULL) + 1);
  sampled_is(&s, "node_time_clocksource_current_info{device=0,clocksource=tsc}", 1);
  sampled_is(&s, "node_time_clocksource_available_info{device=0,clocksource=hpet}", 1);
  int tick = sampled_find(&s, "node_timex_tick_seconds");
  assert_true(tick >= 0 && s.values[tick] > 0);
  sampled_close(&s);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(clocks_are_read)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
