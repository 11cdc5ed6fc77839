/* Every routine of the folder on series that break what was not thought through (odd_series.h), and at the ends of what it takes: no crash under sanitisers,
 * an error where there is no answer. */
#include "analysis/experience/affected.h"
#include "analysis/experience/apdex.h"
#include "analysis/experience/budget.h"
#include "analysis/odd_series.h"
#include "support/failing.h"

static bool is_share(double v)
{
  return v >= 0 && v <= 1;
}

static void latencies_of_any_kind(void **state)
{
  static const size_t lengths[] = {0, 1, 2, 5, ODD_MOST};
  (void)state;
  for (int which = 0; which < ODD_SERIES; which++) {
    for (size_t l = 0; l < sizeof lengths / sizeof *lengths; l++) {
      double y[ODD_MOST];
      uint64_t counts[3];
      size_t n = lengths[l];
      bool negative = false, bad = false;
      odd_fill((odd_series)which, y, n);
      for (size_t i = 0; i < n; i++) {
        negative = negative || y[i] < 0;
        bad = bad || y[i] < 0 || isnan(y[i]);
      }
      int code = pl_apdex_count(y, n, 2, 0, counts, NULL);
      assert_int_equal(code, negative ? PL_EINVAL : PL_OK);
      pl_apdex a;
      if (code == PL_OK) {
        assert_int_equal(counts[0] + counts[1] + counts[2], n);
        pl_apdex_of(counts[0], counts[1], counts[2], 1.96, &a);
        assert_true(n ? is_share(a.score) : isnan(a.score));
        assert_true(n > 1 ? is_share(a.lo) && is_share(a.hi) && a.lo <= a.score && a.score <= a.hi : isnan(a.lo) && isnan(a.hi));
        assert_non_null(a.rating);
      }
      pl_affected users;
      code = pl_affected_users(y, n, 1, 1.96, &users, NULL);
      assert_int_equal(code, bad ? PL_EINVAL : PL_OK);
      if (code == PL_OK)
        assert_true(n ? is_share(users.share) && is_share(users.lo) && is_share(users.hi) : isnan(users.share) && isnan(users.lo));
      pl_budget b;
      pl_burn burns[4];
      code = pl_budget_of(y, y, n, 0.9, &b, NULL);
      assert_true(code == PL_OK || code == PL_EINVAL);
      if (code == PL_OK)
        assert_true((b.total > 0 ? is_share(b.attained) : isnan(b.attained) && isnan(b.rate) && !b.met) && !isnan(b.used) && !isnan(b.left));
      assert_int_equal(pl_burn_rates(y, y, n, 60, 0.9, pl_burn_rules, 4, burns, NULL), code);
    }
  }
}

static void thresholds_at_their_ends(void **state)
{
  static const double ends[] = {0, -1, NAN, INFINITY, 1};
  const double one[] = {1};
  (void)state;
  for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
    uint64_t counts[3];
    pl_budget b;
    pl_burn burn;
    pl_affected users;
    assert_int_equal(pl_apdex_count(one, 1, ends[i], 0, counts, NULL), ends[i] > 0 && isfinite(ends[i]) ? PL_OK : PL_EINVAL);
    assert_int_equal(pl_budget_of(one, one, 1, ends[i], &b, NULL), PL_EINVAL);
    assert_int_equal(pl_burn_rates(one, one, 1, ends[i], 0.9, pl_burn_rules, 1, &burn, NULL), ends[i] > 0 && isfinite(ends[i]) ? PL_OK : PL_EINVAL);
    assert_int_equal(pl_affected_users(one, 1, ends[i], 1.96, &users, NULL), ends[i] > 0 ? PL_OK : PL_EINVAL);
    assert_true(!isnan(pl_budget_lasts(0.5, isnan(ends[i]) ? 0 : ends[i], 60)));
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(latencies_of_any_kind), cmocka_unit_test(thresholds_at_their_ends)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
