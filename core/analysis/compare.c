/* See compare.h. */
#include "analysis/compare.h"

#include <math.h>

#include "analysis/student.h"

static const double level = 0.975;

typedef struct group {
  size_t n;
  double mean, variance; /* of the logarithms, or of the values */
} group;

static bool all_positive(const double *x, size_t n)
{
  for (size_t i = 0; i < n; i++) {
    if (!(x[i] > 0))
      return false;
  }
  return true;
}

static bool all_finite(const double *x, size_t n)
{
  for (size_t i = 0; i < n; i++) {
    if (!isfinite(x[i]))
      return false;
  }
  return n > 0;
}

static group describe(const double *x, size_t n, bool logarithm)
{
  group g = {n, 0, 0};
  for (size_t i = 0; i < n; i++)
    g.mean += (logarithm ? log(x[i]) : x[i]) / (double)n;
  for (size_t i = 0; i < n && n > 1; i++) {
    double d = (logarithm ? log(x[i]) : x[i]) - g.mean;
    g.variance += d * d / (double)(n - 1);
  }
  return g;
}

bool pl_noise_known(size_t n_base, size_t n_candidate)
{
  return (n_base >= 3 && n_candidate >= 3) || (n_base >= 8 && n_candidate == 1);
}

/* Standard error of the difference and its degrees of freedom, or of one more value. */
static double standard_error(group a, group b, double *df)
{
  if (b.n == 1) {
    *df = (double)a.n - 1;
    return sqrt(a.variance * (1 + 1 / (double)a.n));
  }
  *df = pl_welch_freedom(a.variance, a.n, b.variance, b.n);
  return sqrt(a.variance / (double)a.n + b.variance / (double)b.n);
}

/* Worse by more than the limit for sure, or not; better likewise. */
static enum pl_compare_verdict judge(const pl_comparison *c, double limit, bool lower_is_better)
{
  double worse_lo = lower_is_better ? c->lo : -c->hi, worse_hi = lower_is_better ? c->hi : -c->lo;
  double worse = lower_is_better ? c->effect : -c->effect;
  if (worse > limit)
    return worse_lo > 0 ? PL_COMPARE_REGRESSED : PL_COMPARE_INCONCLUSIVE;
  if (worse_hi < -limit)
    return PL_COMPARE_IMPROVED;
  return PL_COMPARE_SAME;
}

bool pl_compare(const double *base, size_t n_base, const double *candidate, size_t n_candidate, double limit, bool lower_is_better,
                pl_comparison *out)
{
  if (!all_finite(base, n_base) || !all_finite(candidate, n_candidate))
    return false;
  bool logarithm = all_positive(base, n_base) && all_positive(candidate, n_candidate);
  group a = describe(base, n_base, logarithm), b = describe(candidate, n_candidate, logarithm);
  double difference = b.mean - a.mean, scale = logarithm || a.mean == 0 ? 1 : fabs(a.mean);
  *out = (pl_comparison){.baseline = logarithm ? exp(a.mean) : a.mean, .candidate = logarithm ? exp(b.mean) : b.mean, .p = 1};
  out->effect = logarithm ? expm1(difference) : difference / scale;
  out->noise_known = pl_noise_known(n_base, n_candidate);
  out->verdict = PL_COMPARE_INCONCLUSIVE;
  if (!out->noise_known)
    return true;
  double df, error = standard_error(a, b, &df), reach = pl_student_quantile(level, df) * error;
  out->lo = logarithm ? expm1(difference - reach) : (difference - reach) / scale;
  out->hi = logarithm ? expm1(difference + reach) : (difference + reach) / scale;
  out->p = error > 0 ? 2 * pl_student_cdf(-fabs(difference) / error, df) : (difference == 0 ? 1 : 0);
  out->verdict = judge(out, limit, lower_is_better);
  return true;
}
