/* Statistics of series that break what was not thought through (odd_series.h): no crash under sanitisers, and no NaN in what a header does not allow it in. */
#include <float.h>
#include <string.h>

#include "analysis/anderson_darling.h"
#include "analysis/benjamini_hochberg.h"
#include "analysis/bootstrap.h"
#include "analysis/compare.h"
#include "analysis/ddsketch.h"
#include "analysis/effective_size.h"
#include "analysis/error_ratios.h"
#include "analysis/goodness.h"
#include "analysis/hist.h"
#include "analysis/kolmogorov_smirnov.h"
#include "analysis/mann_whitney.h"
#include "analysis/moments.h"
#include "analysis/normal.h"
#include "analysis/odd_series.h"
#include "analysis/order.h"
#include "analysis/proportions.h"
#include "analysis/quantile_ratio.h"
#include "analysis/ranks.h"
#include "analysis/resample.h"
#include "analysis/scale.h"
#include "analysis/steady.h"
#include "analysis/student.h"
#include "analysis/two_samples.h"
#include "analysis/warmup.h"
#include "analysis/welch.h"
#include "support/failing.h"

#define A &pl_alloc_default

static const size_t lengths[] = {0, 1, 2, 3, 4, 5, 8, 10, 20, 40, ODD_MOST};
enum { LENGTHS = sizeof lengths / sizeof *lengths };

#define FINITE(v) assert_true(isfinite(v))
#define IS_P(v) assert_true((v) >= 0 && (v) <= 1)

/* Constants that binary numbers do not hold: what rounding leaves of their mean is no movement. */
static void constants_hold_still(void **state)
{
  static const double values[] = {0, 0.1, 3, 1.0 / 3, -0.7, 123456.789, 1e300, -1.7e308, 1e-300};
  static double x[1000];
  (void)state;
  for (size_t v = 0; v < sizeof values / sizeof *values; v++) {
    for (size_t n = 10; n <= 1000; n += 90) {
      bool unsettled;
      pl_trend trend;
      for (size_t i = 0; i < n; i++)
        x[i] = values[v];
      assert_true(pl_kpss(x, n) == 0);
      assert_true(pl_autocorrelation(x, n, 1) == 0);
      assert_true(pl_effective_size(x, n) == (double)n);
      assert_int_equal(pl_warmup(x, n, &unsettled), 0);
      assert_int_equal(pl_trend_of(A, x, n, &trend), PL_OK);
      assert_true(trend.slope == 0 && trend.change == 0 && trend.p == 1);
      assert_true(pl_qn(x, n) == 0 && pl_median_sorted(x, n) == values[v] && pl_shift(x, n, x, n) == 0);
    }
  }
}

static void one_sample(const double *y, size_t n, bool finite)
{
  double x[ODD_MOST + 1];
  pl_moments m = {0};
  for (size_t i = 0; i < n; i++)
    assert_true(pl_moments_add(&m, y[i]) == (bool)isfinite(y[i]));
  assert_true(isfinite(m.mean) && isfinite(pl_moments_variance(&m)) && isfinite(pl_moments_deviation(&m)));
  if (!finite)
    return;
  memcpy(x, y, n * sizeof *x);
  pl_sort(x, n);
  FINITE(pl_qn(x, n));
  assert_true(isfinite(pl_median_sorted(x, n)) == (n > 0));
  pl_order_interval q;
  if (pl_order_quantile(x, n, 0.9, 0.95, &q))
    assert_true(isfinite(q.value) && q.lo <= q.value && q.value <= q.hi && q.covered > 0);
  assert_true(isnan(pl_ks_exponential(x, n)) == (n == 0));
  FINITE(pl_effective_size(y, n));
  bool unsettled;
  assert_true(pl_warmup(y, n, &unsettled) <= n);
  pl_trend t;
  assert_int_equal(pl_trend_of(A, y, n, &t), n < 4 ? PL_EINVAL : PL_OK);
  if (n >= 4) {
    assert_true(isfinite(t.slope) && isfinite(t.change));
    IS_P(t.p);
  }
}

static void samples_of_any_kind(void **state)
{
  (void)state;
  for (int which = 0; which < ODD_SERIES; which++) {
    for (size_t l = 0; l < LENGTHS; l++) {
      double y[ODD_MOST];
      pl_ranks ranks = {0};
      pl_ddsketch sketch;
      odd_fill((odd_series)which, y, lengths[l]);
      bool finite = odd_all_finite(y, lengths[l]);
      one_sample(y, lengths[l], finite);
      assert_int_equal(pl_ddsketch_init(&sketch, 0.01, A), PL_OK);
      assert_int_equal(pl_ddsketch_add(&sketch, y, lengths[l], NULL), finite ? PL_OK : PL_EINVAL);
      for (size_t i = 0; i < lengths[l] && !isnan(y[i]); i++)
        assert_int_equal(pl_ranks_add(&ranks, y[i], 1, A), PL_OK);
      for (double p = 0; p <= 1; p += 0.25) {
        assert_true(isnan(pl_ddsketch_quantile(&sketch, p)) == (sketch.count == 0));
        assert_true(isnan(pl_ranks_quantile(&ranks, p)) == (ranks.count == 0));
      }
      pl_ddsketch_fini(&sketch);
      pl_ranks_fini(&ranks, A);
    }
  }
}

static void two(const double *a, size_t n, const double *b, size_t m, bool finite)
{
  pl_welch w;
  if (pl_welch_test(a, n, b, m, &w)) {
    assert_true(finite && isfinite(w.difference) && isfinite(w.lo) && isfinite(w.hi) && !isnan(w.t) && isfinite(w.freedom));
    IS_P(w.p);
  }
  pl_mann_whitney u;
  int code = pl_mann_whitney_test(A, a, n, b, m, &u);
  assert_int_equal(code, n && m && finite ? PL_OK : PL_EINVAL);
  if (code == PL_OK) {
    assert_true(isfinite(u.shift) && u.lo <= u.shift && u.shift <= u.hi);
    IS_P(u.p);
  }
  pl_two_samples s;
  code = pl_compare_two_samples(A, a, n, b, m, PL_STATISTIC_MEAN, &s);
  assert_int_equal(code, n && m && finite ? PL_OK : PL_EINVAL);
  if (code == PL_OK)
    assert_true(isfinite(s.baseline) && isfinite(s.candidate) && !isnan(s.difference) && (!s.noise_known || (s.p >= 0 && s.p <= 1 && s.lo <= s.hi)));
  pl_comparison c;
  if (pl_compare(a, n, b, m, 0.05, true, &c))
    assert_true(finite && isfinite(c.baseline) && isfinite(c.candidate) && !isnan(c.effect) && (!c.noise_known || (c.p >= 0 && c.p <= 1 && c.lo <= c.hi)));
  pl_noise noise;
  if (pl_run_noise(a, n, &noise))
    assert_true(isfinite(noise.deviation) && noise.deviation >= 0);
}

static void sorted_two(double *a, size_t n, double *b, size_t m)
{
  pl_kolmogorov_smirnov k;
  pl_anderson_darling d;
  pl_sort(a, n);
  pl_sort(b, m);
  assert_int_equal(pl_kolmogorov_smirnov_test(A, a, n, b, m, &k), n && m ? PL_OK : PL_EINVAL);
  if (n && m) {
    IS_P(k.d);
    IS_P(k.p);
  }
  if (pl_anderson_darling_test(a, n, b, m, &d)) {
    FINITE(d.statistic);
    IS_P(d.p);
  }
  assert_true(isnan(pl_shift(a, n, b, m)) == (n == 0 || m == 0));
}

static void pairs_of_samples_of_any_kind(void **state)
{
  (void)state;
  for (int i = 0; i < ODD_SERIES; i++) {
    for (int k = 0; k < ODD_SERIES; k++) {
      for (size_t l = 0; l < LENGTHS; l += 2) {
        double a[ODD_MOST], b[ODD_MOST];
        size_t n = lengths[l], m = lengths[(l + 3) % LENGTHS];
        odd_fill((odd_series)i, a, n);
        odd_fill((odd_series)k, b, m);
        bool finite = odd_all_finite(a, n) && odd_all_finite(b, m);
        two(a, n, b, m, finite);
        if (finite)
          sorted_two(a, n, b, m);
      }
    }
  }
}

static void drawing_again_of_any_kind(void **state)
{
  const pl_resample_options o = {.rounds = 100, .level = 0.9, .seed = 7};
  (void)state;
  for (int which = 0; which < ODD_SERIES; which++) {
    for (size_t l = 0; l < LENGTHS; l++) {
      double y[ODD_MOST], other[3] = {1, 2, 3}, p = -1;
      pl_resampled r;
      pl_interval v;
      size_t n = lengths[l];
      odd_fill((odd_series)which, y, n);
      bool ok = n > 0 && odd_all_finite(y, n);
      assert_int_equal(pl_bootstrap_bca(A, y, n, pl_statistic_mean, NULL, &o, &r), ok ? PL_OK : PL_EINVAL);
      if (ok)
        assert_true(isfinite(r.value) && isfinite(r.lo) && isfinite(r.hi) && !isnan(r.error) && r.lo <= r.hi);
      assert_int_equal(pl_bootstrap_blocks(A, y, n, 0, pl_statistic_median, NULL, &o, &r), ok ? PL_OK : PL_EINVAL);
      if (ok)
        assert_true(isfinite(r.value) && isfinite(r.lo) && isfinite(r.hi) && !isnan(r.error) && r.lo <= r.hi);
      assert_int_equal(pl_permutation_p(A, y, n, other, 3, 100, 1, &p), ok ? PL_OK : PL_EINVAL);
      if (ok)
        IS_P(p);
      if (pl_bootstrap_ratio(y, y, n, 0.95, &v))
        assert_true(!isnan(v.value) && !isnan(v.lo) && !isnan(v.hi));
      pl_run_values run = {.x = y, .length = &n, .runs = 1};
      if (pl_quantile_ratio(A, &run, &run, 0.5, &o, &r) == PL_OK)
        assert_true(isfinite(r.value) && isfinite(r.lo) && isfinite(r.hi));
    }
  }
}

static void laws_and_shares_at_their_ends(void **state)
{
  (void)state;
  assert_true(isnan(pl_normal_cdf(NAN)) && pl_normal_cdf(-INFINITY) == 0 && pl_normal_cdf(INFINITY) == 1);
  assert_true(pl_normal_inverse(0) == -INFINITY && pl_normal_inverse(1) == INFINITY && pl_normal_inverse(-1) == -INFINITY);
  assert_true(isnan(pl_student_cdf(NAN, 3)) && pl_student_cdf(INFINITY, 3) == 1 && pl_student_cdf(-INFINITY, 3) == 0);
  FINITE(pl_student_quantile(1e-300, 1));
  FINITE(pl_welch_freedom(0, 2, 0, 2));
  IS_P(pl_ks_p(0, 0));
  IS_P(pl_ks_p(2, 10));
  pl_proportions s;
  assert_false(pl_proportions_test(0, 0, 1, 2, &s));
  assert_true(pl_proportions_test(0, 9, 0, 9, &s) && s.p == 1 && s.difference == 0);
  assert_true(pl_proportions_test(1, 1, 0, 1, &s) && s.p == 1);
  const pl_tally none[] = {{0, 0}}, fine[] = {{0, 100}}, bad[] = {{100, 100}};
  pl_comparison c;
  assert_false(pl_compare_error_ratios(none, 1, fine, 1, NULL, 0, 0.05, &c));
  assert_false(pl_compare_error_ratios(fine, 0, fine, 0, NULL, 0, 0.05, &c));
  assert_true(pl_compare_error_ratios(fine, 1, bad, 1, NULL, 0, 0.05, &c) && !isnan(c.effect) && c.p < 0.001);
  assert_true(pl_compare_error_ratios(fine, 1, fine, 1, NULL, 0, 0.05, &c) && c.effect == 0);
  double p[] = {NAN, 0, 1, 0.5}, q[4];
  pl_benjamini_hochberg(p, 4, q);
  for (size_t i = 0; i < 4; i++)
    IS_P(q[i]);
  pl_benjamini_hochberg(p, 0, q);
  pl_hist h;
  pl_hist_init(&h, A);
  assert_true(isnan(pl_hist_mean(&h)) && isnan(pl_hist_stddev(&h)) && pl_hist_quantile(&h, 0.5) == 0 && pl_hist_count_at_most(&h, 5) == 0);
  pl_hist_record(&h, UINT64_MAX);
  pl_hist_record(&h, 0);
  assert_true(h.over == 1 && h.count == 2 && isfinite(pl_hist_mean(&h)) && isfinite(pl_hist_stddev(&h)));
  pl_hist_fini(&h);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(constants_hold_still), cmocka_unit_test(samples_of_any_kind), cmocka_unit_test(pairs_of_samples_of_any_kind),
                                     cmocka_unit_test(drawing_again_of_any_kind), cmocka_unit_test(laws_and_shares_at_their_ends)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
