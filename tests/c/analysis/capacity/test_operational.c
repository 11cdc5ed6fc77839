#include "analysis/capacity/operational.h"

#include <math.h>

#include "support/failing.h"

/* The example of Lazowska et al., ch. 3: a disk that serves 40 requests a second of 0.0225 s each, and a system of 64 users. */
static void laws(void **state)
{
  (void)state;
  assert_true(fabs(pl_utilisation_law(40, 0.0225) - 0.9) < 1e-12);
  assert_true(fabs(pl_demand_law(0.9, 40) - 0.0225) < 1e-12);
  assert_true(fabs(pl_littles_law(40, 0.1) - 4) < 1e-12);
  assert_true(fabs(pl_response_time_law(64, 2, 30) - 2) < 1e-12);
  assert_true(fabs(pl_forced_flow_law(2, 20) - 40) < 1e-12);
  assert_true(isnan(pl_demand_law(0.5, 0)) && isnan(pl_littles_law(-1, 2)) && isnan(pl_response_time_law(1, 0, 0)) && isnan(pl_utilisation_law(NAN, 1)));
}

static void check_of_little(void **state)
{
  (void)state;
  pl_little_check c = pl_check_littles_law(4.1, 40, 0.1, 0.05);
  assert_true(c.known && c.holds && fabs(c.off - 0.1 / 4.1) < 1e-12);
  c = pl_check_littles_law(5, 40, 0.1, 0.05);
  assert_true(c.known && !c.holds && fabs(c.off - 0.2) < 1e-12);
  c = pl_check_littles_law(2, 40, 0.1, 0.05);
  assert_true(!c.holds && fabs(c.off + 0.5) < 1e-12);
  c = pl_check_littles_law(0, 0, 1, 0.05);
  assert_true(c.known && c.holds && c.off == 0);
  assert_false(pl_check_littles_law(NAN, 1, 1, 0.05).known);
  assert_false(pl_check_littles_law(1, -1, 1, 0.05).known);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(laws), cmocka_unit_test(check_of_little)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
