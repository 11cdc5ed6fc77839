#include "analysis/rightsize/hpa_behaviour.h"

#include "support/failing.h"

/* Up at once: the larger of twice as many and four more in 15 s. */
static void up_is_limited_by_the_policies(void **state)
{
  pl_hpa_behaviour b = pl_hpa_behaviour_default(1, 100);
  pl_hpa_memory m = {0};
  (void)state;
  assert_int_equal(pl_hpa_behave(&b, &m, 0, 1, 50), 5);
  assert_int_equal(pl_hpa_behave(&b, &m, 10, 5, 50), 5); /* the four are spent for 15 s */
  assert_int_equal(pl_hpa_behave(&b, &m, 15, 5, 50), 10);
  assert_int_equal(pl_hpa_behave(&b, &m, 30, 10, 50), 20);
  assert_int_equal(pl_hpa_behave(&b, &m, 45, 20, 500), 40);
  assert_int_equal(pl_hpa_behave(&b, &m, 60, 90, 500), 100); /* the most */
}

/* Down waits for the highest of 300 s. */
static void down_is_stabilised(void **state)
{
  pl_hpa_behaviour b = pl_hpa_behaviour_default(2, 100);
  pl_hpa_memory m = {0};
  (void)state;
  assert_int_equal(pl_hpa_behave(&b, &m, 0, 10, 10), 10);
  assert_int_equal(pl_hpa_behave(&b, &m, 15, 10, 3), 10);
  assert_int_equal(pl_hpa_behave(&b, &m, 299, 10, 4), 10);
  assert_int_equal(pl_hpa_behave(&b, &m, 300, 10, 3), 4);
  assert_int_equal(pl_hpa_behave(&b, &m, 700, 4, 0), 2); /* the least */
}

static void policies_of_both_kinds_go_down(void **state)
{
  pl_hpa_behaviour b = pl_hpa_behaviour_default(0, 100);
  pl_hpa_memory m = {0};
  (void)state;
  b.down = (pl_hpa_direction){.n = 2, .policies = {{.percent = true, .value = 10, .period_s = 60}, {.value = 4, .period_s = 60}}};
  assert_int_equal(pl_hpa_behave(&b, &m, 0, 80, 10), 72); /* the larger change */
  assert_int_equal(pl_hpa_behave(&b, &m, 30, 72, 10), 72);
  b.down.select = PL_HPA_LEAST_CHANGE;
  assert_int_equal(pl_hpa_behave(&b, &m, 100, 72, 10), 68);
  b.down.select = PL_HPA_DISABLED;
  assert_int_equal(pl_hpa_behave(&b, &m, 1000, 68, 10), 68);
  b.down = (pl_hpa_direction){.n = 0};
  assert_int_equal(pl_hpa_behave(&b, &m, 2000, 68, 10), 10);
}

/* A window upward takes the lowest of it. */
static void up_can_be_stabilised(void **state)
{
  pl_hpa_behaviour b = pl_hpa_behaviour_default(1, 100);
  pl_hpa_memory m = {0};
  (void)state;
  b.up.window_s = 60;
  b.up.n = 0;
  assert_int_equal(pl_hpa_behave(&b, &m, 0, 4, 4), 4);
  assert_int_equal(pl_hpa_behave(&b, &m, 15, 4, 20), 4);
  assert_int_equal(pl_hpa_behave(&b, &m, 60, 4, 12), 12);
}

/* More than is remembered. */
static void memory_is_bounded(void **state)
{
  pl_hpa_behaviour b = pl_hpa_behaviour_default(1, 100);
  pl_hpa_memory m = {0};
  int32_t replicas = 5;
  (void)state;
  for (int i = 0; i < 3 * PL_HPA_MEMORY; i++)
    replicas = pl_hpa_behave(&b, &m, 15.0 * i, replicas, i % 2 ? 5 : 7);
  assert_int_equal(replicas, 7);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(up_is_limited_by_the_policies), cmocka_unit_test(down_is_stabilised),
                                     cmocka_unit_test(policies_of_both_kinds_go_down), cmocka_unit_test(up_can_be_stabilised),
                                     cmocka_unit_test(memory_is_bounded)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
