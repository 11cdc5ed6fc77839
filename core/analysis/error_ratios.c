/* See error_ratios.h. */
#include "analysis/error_ratios.h"

#include <math.h>

#include "analysis/normal.h"
#include "analysis/proportions.h"
#include "analysis/student.h"

static const double level = 0.05;

enum { FREEDOM_MIN = 7 /* of the dispersion: 8 runs */ };

static bool sum_of(const pl_tally *t, size_t n, pl_tally *sum)
{
  *sum = (pl_tally){0};
  for (size_t i = 0; i < n; i++) {
    if (t[i].failed > t[i].total)
      return false;
    sum->failed += t[i].failed;
    sum->total += t[i].total;
  }
  return sum->total > 0;
}

/* Pearson's chi-squared of a group about its own share, and its degrees of freedom; runs without a request are none. */
static void disperse(const pl_tally *t, size_t n, double *chi_squared, double *freedom)
{
  pl_tally sum;
  if (!sum_of(t, n, &sum))
    return;
  double share = (double)sum.failed / (double)sum.total, runs = 0;
  for (size_t i = 0; i < n; i++) {
    double expected = share * (double)t[i].total, off = (double)t[i].failed - expected;
    if (!t[i].total)
      continue;
    runs++;
    *chi_squared += expected > 0 && share < 1 ? off * off / (expected * (1 - share)) : 0;
  }
  *freedom += fmax(0, runs - 1);
}

/* How much further apart runs are than chance puts them; 1 where they are not. */
static double dispersion(const pl_tally *base, size_t n, const pl_tally *candidate, size_t m, const pl_tally *history, size_t h, double *freedom)
{
  double chi_squared = 0;
  *freedom = 0;
  disperse(base, n, &chi_squared, freedom);
  disperse(candidate, m, &chi_squared, freedom);
  if (*freedom < FREEDOM_MIN && h >= PL_NOISE_RUNS_MIN) {
    chi_squared = *freedom = 0;
    disperse(history, h, &chi_squared, freedom);
  }
  return *freedom > 0 ? fmax(1, chi_squared / *freedom) : 1;
}

static enum pl_compare_verdict judge(const pl_comparison *c, double worse, bool is_sure)
{
  if (is_sure && worse > 0)
    return PL_COMPARE_REGRESSED;
  if (is_sure && worse < 0)
    return PL_COMPARE_IMPROVED;
  return worse > 0 && c->candidate > PL_ERROR_RATIO_FLOOR ? PL_COMPARE_INCONCLUSIVE : PL_COMPARE_SAME;
}

bool pl_compare_error_ratios(const pl_tally *base, size_t n_base, const pl_tally *candidate, size_t n_candidate, const pl_tally *history, size_t n_history,
                             double limit, pl_comparison *out)
{
  pl_tally a, b;
  pl_proportions test;
  if (!sum_of(base, n_base, &a) || !sum_of(candidate, n_candidate, &b) || !pl_proportions_test(a.failed, a.total, b.failed, b.total, &test))
    return false;
  double freedom, spread = dispersion(base, n_base, candidate, n_candidate, history, n_history, &freedom);
  double all = (double)a.total + (double)b.total, pooled = ((double)a.failed + (double)b.failed) / all;
  double error = sqrt(spread * pooled * (1 - pooled) * (1 / (double)a.total + 1 / (double)b.total));
  pl_comparison c = {.baseline = (double)a.failed / (double)a.total, .candidate = (double)b.failed / (double)b.total, .p = test.p,
                     .difference = test.difference, .error = error};
  double wider = 1, scale = c.baseline > 0 ? c.baseline : 1;
  if (spread > 1 && error > 0) {
    c.p = fmax(c.p, 2 * pl_student_cdf(-fabs(test.difference) / error, freedom));
    wider = sqrt(spread) * pl_student_quantile(1 - level / 2, freedom) / pl_normal_inverse(1 - level / 2);
  }
  c.noise_known = pl_noise_known(n_base, n_candidate) || n_history >= PL_NOISE_RUNS_MIN;
  c.effect = test.difference / scale;
  c.lo = (test.difference - wider * (test.difference - test.lo)) / scale;
  c.hi = (test.difference + wider * (test.hi - test.difference)) / scale;
  double matters = limit * fmax(c.baseline, PL_ERROR_RATIO_FLOOR);
  double worse = test.difference > matters ? 1 : test.difference < -matters ? -1 : 0;
  bool is_sure = c.p < level && (c.lo > 0 || c.hi < 0);
  c.verdict = c.noise_known ? judge(&c, worse, is_sure) : PL_COMPARE_INCONCLUSIVE;
  if (!c.noise_known)
    c.more = n_base < 3 || n_candidate < 3 ? 3 - (n_base < n_candidate ? n_base : n_candidate) : 0;
  else if (c.verdict == PL_COMPARE_INCONCLUSIVE)
    c.more = pl_runs_needed(n_base, n_candidate, test.difference, error, level);
  *out = c;
  return true;
}
