#include "analysis/capacity/what_if.h"

#include <math.h>

#include "support/failing.h"

static void changes(void **state)
{
  pl_station s[] = {{0.1, 1}, {0.2, 2}};
  double think = 1;
  int64_t users = 10;
  const pl_network_change all[] = {{.users = 20, .think = NAN}, {.users = -1, .think = NAN, .station = 1, .speed = 2}, {.users = -1, .think = 3, .station = 0, .servers = 4}};
  (void)state;
  assert_int_equal(pl_what_if(s, 2, &think, &users, all, 3, NULL), 0);
  assert_true(users == 20 && think == 3 && s[0].servers == 4 && s[0].demand == 0.1 && s[1].servers == 2 && s[1].demand == 0.1);
}

/* Twice as fast a bottleneck gives as much as the second slowest. */
static void a_faster_disk(void **state)
{
  pl_station s[] = {{0.05, 1}, {0.08, 1}, {0.02, 1}};
  double think = 1;
  int64_t users = 500;
  pl_network net;
  (void)state;
  assert_int_equal(pl_what_if(s, 3, &think, &users, &(pl_network_change){.users = -1, .think = NAN, .station = 1, .speed = 2}, 1, NULL), 0);
  assert_int_equal(pl_mva(&pl_alloc_default, s, 3, think, users, &net, NULL, NULL, NULL, NULL, NULL), 0);
  assert_true(net.bottleneck == 0 && fabs(net.x - 20) < 1e-6);
}

static void bad_input(void **state)
{
  pl_station s[] = {{0.1, 1}};
  double think = 1;
  int64_t users = 10;
  const pl_network_change elsewhere = {.users = -1, .think = NAN, .station = 1, .speed = 2}, backwards = {.users = -1, .think = NAN, .speed = -2},
                  fewer = {.users = -1, .think = NAN, .servers = -1};
  (void)state;
  assert_int_equal(pl_what_if(s, 1, &think, &users, &elsewhere, 1, NULL), PL_EINVAL);
  assert_int_equal(pl_what_if(s, 1, &think, &users, &backwards, 1, NULL), PL_EINVAL);
  assert_int_equal(pl_what_if(s, 1, &think, &users, &fewer, 1, NULL), PL_EINVAL);
  assert_int_equal(pl_what_if(s, 1, &think, &users, NULL, 0, NULL), 0);
  assert_true(s[0].demand == 0.1 && users == 10);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(changes), cmocka_unit_test(a_faster_disk), cmocka_unit_test(bad_input)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
