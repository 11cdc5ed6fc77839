#include "analysis/experience/budget.h"

#include <math.h>

#include "support/failing.h"

enum { HOURS = 30 * 24 };

/* The workbook's arithmetic: at 14.4 times the rate an hour spends 2 % of 30 days' budget, and all of it lasts 50 hours. */
static void the_workbook(void **state)
{
  (void)state;
  assert_true(fabs(pl_burn_rules[0].rate * 3600 / (30 * 86400.0) - 0.02) < 1e-12);
  assert_true(fabs(pl_budget_lasts(1, 14.4, 30 * 86400.0) - 50 * 3600) < 1e-6);
  assert_true(isinf(pl_budget_lasts(1, 0, 30)) && pl_budget_lasts(0, 1, 30) == 0 && pl_budget_lasts(-1, 0, 30) == 0);
}

static void a_period(void **state)
{
  const double total[] = {1000, 1000, 0, 2000}, bad[] = {0, 2, 0, 1};
  pl_budget b;
  (void)state;
  assert_int_equal(pl_budget_of(total, bad, 4, 0.999, &b, NULL), 0);
  assert_true(fabs(b.attained - 0.99925) < 1e-12 && fabs(b.used - 0.75) < 1e-9 && fabs(b.left - 0.25) < 1e-9 && b.met);
  assert_int_equal(pl_budget_of(total, bad, 2, 0.999, &b, NULL), 0);
  assert_true(b.met && fabs(b.left) < 1e-9); /* exactly spent */
  assert_int_equal(pl_budget_of(total, (double[]){0, 3, 0, 0}, 2, 0.999, &b, NULL), 0);
  assert_true(!b.met && b.left < 0);
  assert_int_equal(pl_budget_of(total, bad, 0, 0.999, &b, NULL), 0);
  assert_true(!b.met && isnan(b.attained) && b.used == 0);
}

/* An outage of the last hour pages by both quick rules; an hour ago it does not any more, for the short window is calm. */
static void windows(void **state)
{
  static double total[HOURS * 12], bad[HOURS * 12];
  pl_burn burns[4];
  const size_t n = HOURS * 12;
  (void)state;
  for (size_t i = 0; i < n; i++) {
    total[i] = 100;
    bad[i] = i >= n - 12 ? 10 : 0;
  }
  assert_int_equal(pl_burn_rates(total, bad, n, 300, 0.999, pl_burn_rules, 4, burns, NULL), 0);
  assert_true(burns[0].firing && burns[1].firing && burns[0].whole);
  assert_true(fabs(burns[0].long_rate - 100) < 1e-9 && fabs(burns[1].long_rate - 100.0 / 6) < 1e-9);
  assert_true(burns[2].firing && fabs(burns[2].long_rate - 100.0 / 24) < 1e-9);
  for (size_t i = n - 24; i < n; i++)
    bad[i] = i < n - 12 ? 10 : 0;
  assert_int_equal(pl_burn_rates(total, bad, n, 300, 0.999, pl_burn_rules, 4, burns, NULL), 0);
  assert_true(!burns[0].firing && !burns[1].firing && burns[1].long_rate > 6 && burns[1].short_rate == 0);
  assert_int_equal(pl_burn_rates(total, bad, 6, 300, 0.999, pl_burn_rules, 4, burns, NULL), 0);
  assert_true(!burns[0].whole);
  assert_int_equal(pl_burn_rates(total, bad, 0, 300, 0.999, pl_burn_rules, 4, burns, NULL), 0);
  assert_true(isnan(burns[0].long_rate) && !burns[0].firing);
}

static void bad_input(void **state)
{
  const double one[] = {1}, two[] = {2}, minus[] = {-1};
  pl_budget b;
  pl_burn burn;
  (void)state;
  assert_int_equal(pl_budget_of(one, two, 1, 0.9, &b, NULL), PL_EINVAL);
  assert_int_equal(pl_budget_of(one, minus, 1, 0.9, &b, NULL), PL_EINVAL);
  assert_int_equal(pl_budget_of((double[]){NAN}, one, 1, 0.9, &b, NULL), PL_EINVAL);
  assert_int_equal(pl_budget_of(one, one, 1, 1, &b, NULL), PL_EINVAL);
  assert_int_equal(pl_burn_rates(one, one, 1, 0, 0.9, pl_burn_rules, 1, &burn, NULL), PL_EINVAL);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(the_workbook), cmocka_unit_test(a_period), cmocka_unit_test(windows), cmocka_unit_test(bad_input)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
