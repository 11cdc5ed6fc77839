/* Every routine of the folder on series that break what was not thought through (odd_series.h), and at the ends of what it takes: no crash under sanitisers,
 * an error where there is no answer, and no NaN in what a header does not allow it in. */
#include <float.h>

#include "analysis/capacity/demand.h"
#include "analysis/capacity/ggc.h"
#include "analysis/capacity/kneedle.h"
#include "analysis/capacity/mmc.h"
#include "analysis/capacity/mmck.h"
#include "analysis/capacity/mva.h"
#include "analysis/capacity/operational.h"
#include "analysis/capacity/staffing.h"
#include "analysis/capacity/usl.h"
#include "analysis/capacity/what_if.h"
#include "analysis/odd_series.h"
#include "support/failing.h"

#define A &pl_alloc_default

static const double ends[] = {0, -1, 1e-300, 0.5, 1, 7, 1e300, DBL_MAX, NAN, INFINITY, -INFINITY};
enum { ENDS = sizeof ends / sizeof *ends };

static bool is_known(double v)
{
  return !isnan(v) && v >= 0;
}

static bool is_number(double v)
{
  return isfinite(v) && v >= 0;
}

static void queues_at_their_ends(void **state)
{
  static const int64_t servers[] = {-1, 0, 1, 2, 300, PL_SERVERS_MAX + 1};
  (void)state;
  for (size_t i = 0; i < ENDS; i++) {
    for (size_t k = 0; k < ENDS; k++) {
      double lambda = ends[i], mu = ends[k];
      bool rates = is_number(lambda) && is_number(mu) && mu > 0;
      pl_queue q;
      for (size_t s = 0; s < sizeof servers / sizeof *servers; s++) {
        int64_t c = servers[s];
        bool fine = rates && c >= 1 && c <= PL_SERVERS_MAX;
        int code = pl_mmc(lambda, mu, c, &q, NULL);
        assert_int_equal(code, fine ? PL_OK : PL_EINVAL);
        if (code == PL_OK) {
          assert_true(is_known(q.rho) && is_known(q.lq) && is_known(q.l) && is_known(q.wq) && is_known(q.w) && q.erlang_b >= 0 && q.erlang_b <= 1 && q.erlang_c >= 0 && q.erlang_c <= 1);
          assert_true(pl_mmc_waits_longer(&q, lambda, mu, c, 1) >= 0 && pl_mmc_takes_longer(&q, lambda, mu, c, 1) <= 1 && !isnan(pl_mmc_quantile(&q, lambda, mu, c, 0.9, true)));
        }
        code = pl_ggc(lambda, mu, c, 1, 0.5, &q, NULL);
        assert_int_equal(code, fine ? PL_OK : PL_EINVAL);
        assert_true(code || (is_known(q.lq) && is_known(q.l) && is_known(q.wq) && is_known(q.w)));
        pl_bounded_queue b;
        code = pl_mmck(lambda, mu, c, 500, &b, NULL);
        assert_int_equal(code, fine && c <= 500 ? PL_OK : PL_EINVAL);
        assert_true(code || (is_known(b.rho) && b.p_block >= 0 && b.p_block <= 1 && is_known(b.throughput) && is_known(b.l) && is_known(b.w) && is_known(b.lq) && is_known(b.wq)));
      }
      int code = pl_mg1(lambda, mu, 1, &q, NULL);
      assert_int_equal(code, rates ? PL_OK : PL_EINVAL);
      assert_true(code || (is_known(q.lq) && is_known(q.l) && is_known(q.wq) && is_known(q.w)));
      assert_true(isnan(pl_erlang_b(lambda, 3)) == (isnan(lambda) || lambda < 0));
    }
  }
}

static void promises_at_their_ends(void **state)
{
  (void)state;
  for (size_t i = 0; i < ENDS; i++) {
    int64_t servers = 0;
    double p = 0;
    int code = pl_staffing(ends[i] > 1e6 ? 1e9 : ends[i], 1, 0.8, 1, false, &servers, &p, NULL);
    assert_true(code == PL_EINVAL || code == PL_ELIMIT || (code == PL_OK && servers >= 1 && p >= 0.8 && p <= 1));
    code = pl_staffing(5, 1, ends[i], 1, false, &servers, &p, NULL);
    assert_int_equal(code, is_number(ends[i]) && ends[i] < 1 ? PL_OK : PL_EINVAL);
    code = pl_staffing(5, 1, 0.5, ends[i], false, &servers, &p, NULL);
    assert_int_equal(code, is_number(ends[i]) ? PL_OK : PL_EINVAL);
  }
  assert_int_equal(pl_staffing(0, 1, 0.8, 1, false, &(int64_t){0}, &(double){0}, NULL), PL_OK);
}

static void networks_at_their_ends(void **state)
{
  (void)state;
  for (size_t i = 0; i < ENDS; i++) {
    pl_station stations[2] = {{ends[i], 1}, {0.1, 2}};
    double used[2], queue[2], xs[20], rs[20], think = 1;
    int64_t users = 20;
    pl_network n;
    int code = pl_mva(A, stations, 2, think, users, &n, used, queue, xs, rs, NULL);
    assert_int_equal(code, is_number(ends[i]) && ends[i] < DBL_MAX ? PL_OK : PL_EINVAL);
    for (size_t k = 0; code == PL_OK && k < 2; k++)
      assert_true(is_known(used[k]) && is_known(queue[k]));
    assert_true(code || (is_known(n.x) && is_known(n.r) && n.bottleneck < 2));
    const pl_network_change faster = {.users = -1, .think = NAN, .station = 0, .speed = ends[i]};
    code = pl_what_if(stations, 2, &think, &users, &faster, 1, NULL);
    assert_int_equal(code, is_number(ends[i]) ? PL_OK : PL_EINVAL);
  }
  pl_network n;
  assert_int_equal(pl_mva(A, &(pl_station){1, 1}, 1, 0, 0, &n, NULL, NULL, NULL, NULL, NULL), PL_OK);
  assert_true(n.x == 0 && n.r == 0);
  assert_int_equal(pl_mva(A, &(pl_station){0, 1}, 1, 0, 3, &n, NULL, NULL, NULL, NULL, NULL), PL_EINVAL);
}

static bool is_estimate(const pl_estimate *e)
{
  return (isnan(e->lo) && isnan(e->hi)) || (isnan(e->value) || (e->lo <= e->value && e->value <= e->hi));
}

static void curves_of_any_kind(void **state)
{
  static const size_t lengths[] = {0, 1, 2, 3, 4, 6, 20, ODD_MOST};
  (void)state;
  for (int which = 0; which < ODD_SERIES; which++) {
    for (size_t l = 0; l < sizeof lengths / sizeof *lengths; l++) {
      size_t n = lengths[l];
      double x[ODD_MOST], y[ODD_MOST];
      odd_fill((odd_series)which, y, n);
      for (size_t i = 0; i < n; i++)
        x[i] = (double)i + 1;
      bool finite = odd_all_finite(y, n);
      for (int how = 0; how < 4; how++) {
        pl_curve curve = {x, y, n, how & 1, how & 2, 1};
        pl_knee knee;
        bool taken = finite && n > 0 && which != ODD_HUGE && which != ODD_HUGEST;
        assert_int_equal(pl_kneedle(A, &curve, &knee, NULL, NULL), taken ? PL_OK : PL_EINVAL);
        if (taken)
          assert_true(knee.found ? isfinite(knee.x) && isfinite(knee.y) : knee.why && isnan(knee.x));
      }
      for (int amdahl = 0; amdahl < 2; amdahl++) {
        pl_usl u;
        if (pl_usl_fit(x, y, n, amdahl, 0.95, &u, NULL))
          continue;
        assert_true(isfinite(u.alpha.value) && isfinite(u.beta.value) && isfinite(u.gamma.value) && !isnan(u.rss) && !isnan(pl_usl_at(&u, 7)));
        assert_true(is_estimate(&u.alpha) && is_estimate(&u.beta) && is_estimate(&u.gamma));
      }
      pl_demand d;
      if (pl_demand_fit(x, y, n, 0.95, 1, &d, NULL) == PL_OK)
        assert_true(isfinite(d.demand) && isfinite(d.idle) && !isnan(d.x_max));
      if (pl_demand_fit(y, x, n, 0.95, 1, &d, NULL) == PL_OK)
        assert_true(isfinite(d.demand) && isfinite(d.idle) && !isnan(d.x_max));
    }
  }
  assert_int_equal(pl_first_to_end(NULL, 0), 0);
}

static void laws_at_their_ends(void **state)
{
  (void)state;
  for (size_t i = 0; i < ENDS; i++) {
    for (size_t k = 0; k < ENDS; k++) {
      double a = ends[i], b = ends[k];
      if (!(a >= 0 && b >= 0)) {
        assert_true(isnan(pl_utilisation_law(a, b)) && isnan(pl_demand_law(a, b)) && isnan(pl_littles_law(a, b)) && isnan(pl_response_time_law(a, b, 1)) && isnan(pl_forced_flow_law(a, b)));
        assert_false(pl_check_littles_law(a, b, 1, 0.05).known);
      } else if (isfinite(a) && isfinite(b)) {
        assert_true(!isnan(pl_utilisation_law(a, b)) && !isnan(pl_littles_law(a, b)) && !isnan(pl_forced_flow_law(a, b)) && isnan(pl_demand_law(a, b)) == (b == 0));
        assert_true(!isnan(pl_check_littles_law(a, b, 1, 0.05).off));
      }
    }
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(queues_at_their_ends), cmocka_unit_test(promises_at_their_ends), cmocka_unit_test(networks_at_their_ends),
                                     cmocka_unit_test(curves_of_any_kind), cmocka_unit_test(laws_at_their_ends)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
