#include "analysis/capacity/staffing.h"

#include <math.h>

#include "analysis/capacity/mmc.h"
#include "support/failing.h"

/* One server fewer does not do. */
static void it_is_the_fewest(void **state)
{
  static const struct {
    double lambda, mu, level, t;
    bool whole;
  } cases[] = {{50, 1, 0.95, 0.1, false}, {1000, 20, 0.99, 0.01, false}, {50, 1, 0.9, 4, true}, {0.4, 1, 0, 0, false}, {100000, 1, 0.999, 0.01, false}};
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    int64_t c = 0;
    double p = 0, l = cases[i].lambda, mu = cases[i].mu, t = cases[i].t;
    pl_queue q;
    assert_int_equal(pl_staffing(l, mu, cases[i].level, t, cases[i].whole, &c, &p, NULL), 0);
    assert_true(p >= cases[i].level);
    assert_int_equal(pl_mmc(l, mu, c, &q, NULL), 0);
    assert_true(fabs(1 - (cases[i].whole ? pl_mmc_takes_longer : pl_mmc_waits_longer)(&q, l, mu, c, t) - p) < 1e-12);
    if (c < 2)
      continue;
    assert_int_equal(pl_mmc(l, mu, c - 1, &q, NULL), 0);
    assert_true(1 - (cases[i].whole ? pl_mmc_takes_longer : pl_mmc_waits_longer)(&q, l, mu, c - 1, t) < cases[i].level);
  }
}

static void call_centre(void **state)
{
  int64_t c = 0;
  double p = 0;
  (void)state;
  assert_int_equal(pl_staffing(100.0 / 3600, 1.0 / 180, 0.8, 20, false, &c, &p, NULL), 0);
  assert_int_equal(c, 8);
  assert_true(fabs(p - 0.8801483107665521) < 1e-9);
}

static void bad_input(void **state)
{
  int64_t c = 0;
  double p = 0;
  (void)state;
  assert_int_equal(pl_staffing(-1, 1, 0.8, 1, false, &c, &p, NULL), PL_EINVAL);
  assert_int_equal(pl_staffing(1, 0, 0.8, 1, false, &c, &p, NULL), PL_EINVAL);
  assert_int_equal(pl_staffing(1, 1, 1, 1, false, &c, &p, NULL), PL_EINVAL);
  assert_int_equal(pl_staffing(1, 1, 0.8, NAN, false, &c, &p, NULL), PL_EINVAL);
  assert_int_equal(pl_staffing(1, 1, 0.8, 1, true, &c, &p, NULL), PL_EINVAL); /* 63 % of services take no longer */
  assert_int_equal(pl_staffing(1e9, 1, 0.8, 1, false, &c, &p, NULL), PL_ELIMIT);
  assert_int_equal(pl_staffing(0, 1, 0.8, 1, false, &c, &p, NULL), 0);
  assert_true(c == 1 && p == 1);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(it_is_the_fewest), cmocka_unit_test(call_centre), cmocka_unit_test(bad_input)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
