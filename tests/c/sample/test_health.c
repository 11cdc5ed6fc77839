/* What others took: shares between two readings. */
#include "sample/health.h"

#include "sample/host_info.h"
#include "support/failing.h"

static void shares(void **state)
{
  pl_health before = {.cpu = 1000, .steal = 10, .wall_s = 5, .throttled_s = 1, .retransmits = 7};
  pl_health after = {.cpu = 1200, .steal = 40, .wall_s = 15, .throttled_s = 3, .retransmits = 12};
  (void)state;
  pl_health_change s = pl_health_between(&before, &after);
  assert_true(s.steal > 0.1499 && s.steal < 0.1501 && s.throttled > 0.1999 && s.throttled < 0.2001 && s.retransmits == 5);
  before.udp_dropped = 3, after.udp_dropped = 10;
  before.tcp_dropped = 9; /* it cannot shrink: somebody began to count anew */
  after.ports = 100, after.ports_waiting = 7;
  s = pl_health_between(&before, &after);
  assert_true(s.udp_dropped == 7 && s.tcp_dropped == 0 && s.ports == 100 && s.ports_waiting == 7);
  s = pl_health_between(&after, &after);
  assert_true(s.steal == 0 && s.throttled == 0);
}

static void this_machine(void **state)
{
  pl_health h;
  pl_host_info info;
  (void)state;
  pl_health_read(&pl_alloc_default, &h);
  assert_true(h.ports > 0 && h.udp_dropped >= 0 && h.listen_dropped >= 0);
  assert_true(h.cpu > 0 && h.wall_s > 0 && h.steal <= h.cpu);
  pl_host_info_read(&pl_alloc_default, &info);
  assert_true(info.cpus >= 1 && info.memory_bytes > 1 << 20 && info.hostname[0] && info.kernel[0]);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(shares), cmocka_unit_test(this_machine)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
