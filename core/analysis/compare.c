/* See compare.h. */
#include "analysis/compare.h"

#include <float.h>
#include <math.h>

#include "analysis/moments.h"
#include "analysis/student.h"

static const double level = 0.975;

static const double power = 0.8; /* Cohen (1988): so likely is what would decide to decide, not one half */

enum { MORE_MAX = 1000, SIDE_MIN = 3 };

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

/* The largest magnitude of both sides: what plain values are counted in, so that no square of them overflows. */
static double unit_of(const double *a, size_t n, const double *b, size_t m)
{
  double most = 0;
  for (size_t i = 0; i < n + m; i++)
    most = fmax(most, fabs(i < n ? a[i] : b[i - n]));
  return most > 0 ? most : 1;
}

/* unit 0: logarithms. */
static group describe(const double *x, size_t n, double unit)
{
  pl_moments m = {0};
  for (size_t i = 0; i < n; i++)
    (void)pl_moments_add(&m, unit > 0 ? x[i] / unit : log(x[i]));
  return (group){n, m.mean, pl_moments_variance(&m)};
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

bool pl_run_noise(const double *x, size_t n, pl_noise *out)
{
  if (n < PL_NOISE_RUNS_MIN || !all_finite(x, n))
    return false;
  bool logarithm = all_positive(x, n);
  double squares = 0;
  for (size_t i = 1; i < n; i++) {
    double d = logarithm ? log(x[i] / x[i - 1]) : x[i] - x[i - 1];
    squares += d * d;
  }
  *out = (pl_noise){fmin(sqrt(squares / (2 * (double)(n - 1))), DBL_MAX), logarithm, 2 * (double)(n - 1) / 3};
  return true;
}

/* What the runs themselves say of the difference's error, or the noise that is known, whichever is more. False: neither is there. */
static bool error_of(group a, group b, const pl_noise *noise, double unit, double *error, double *df)
{
  bool own = pl_noise_known(a.n, b.n);
  if (own)
    *error = standard_error(a, b, df);
  if (!noise || noise->logarithm != (unit == 0))
    return own;
  double known = noise->deviation / (unit > 0 ? unit : 1) * sqrt(1 / (double)a.n + 1 / (double)b.n);
  if (!own || known > *error) {
    *error = known;
    *df = noise->freedom;
  }
  return true;
}

size_t pl_runs_needed(size_t n_base, size_t n_candidate, double difference, double error, double p)
{
  if (!(error > 0 && difference != 0 && p > 0 && p < 1 && n_base && n_candidate))
    return 0;
  double one = error / sqrt(1 / (double)n_base + 1 / (double)n_candidate);
  for (size_t k = 1; k <= MORE_MAX; k++) {
    double n = (double)(n_base + k), m = (double)(n_candidate + k);
    double sure = pl_student_quantile(1 - p / 2, n + m - 2) + pl_student_quantile(power, n + m - 2);
    if (sure * one * sqrt(1 / n + 1 / m) < fabs(difference))
      return k;
  }
  return 0;
}

/* Until each side has three. */
static size_t runs_missing(group a, group b)
{
  size_t fewer = a.n < b.n ? a.n : b.n;
  return fewer < SIDE_MIN ? SIDE_MIN - fewer : 0;
}

static double bounded(double x)
{
  return fmax(-DBL_MAX, fmin(DBL_MAX, x));
}

/* A difference as a share of the baseline; itself where that is 0. */
static double relative(double difference, double baseline, double unit)
{
  if (unit == 0)
    return bounded(expm1(difference));
  return bounded(baseline != 0 ? difference / fabs(baseline) : difference * unit);
}

bool pl_compare_with_noise(const double *base, size_t n_base, const double *candidate, size_t n_candidate, const pl_noise *noise, double limit,
                           bool lower_is_better, pl_comparison *out)
{
  if (!all_finite(base, n_base) || !all_finite(candidate, n_candidate))
    return false;
  bool logarithm = all_positive(base, n_base) && all_positive(candidate, n_candidate);
  double unit = logarithm ? 0 : unit_of(base, n_base, candidate, n_candidate), df = 1, error = 0;
  group a = describe(base, n_base, unit), b = describe(candidate, n_candidate, unit);
  double difference = b.mean - a.mean;
  *out = (pl_comparison){.baseline = logarithm ? exp(a.mean) : a.mean * unit, .candidate = logarithm ? exp(b.mean) : b.mean * unit, .p = 1,
                         .difference = NAN, .error = NAN};
  out->effect = relative(difference, a.mean, unit);
  out->noise_known = error_of(a, b, noise, unit, &error, &df);
  out->verdict = PL_COMPARE_INCONCLUSIVE;
  if (!out->noise_known) {
    out->more = runs_missing(a, b);
    return true;
  }
  double reach = error > 0 ? pl_student_quantile(level, df) * error : 0;
  out->lo = relative(difference - reach, a.mean, unit);
  out->hi = relative(difference + reach, a.mean, unit);
  if (error > 0)
    out->p = 2 * pl_student_cdf(-fabs(difference) / error, df);
  else
    out->p = difference == 0 ? 1 : 0;
  out->verdict = judge(out, limit, lower_is_better);
  if (out->verdict == PL_COMPARE_INCONCLUSIVE)
    out->more = pl_runs_needed(n_base, n_candidate, difference, error, 2 * (1 - level));
  out->difference = difference;
  out->error = error;
  return true;
}

bool pl_compare(const double *base, size_t n_base, const double *candidate, size_t n_candidate, double limit, bool lower_is_better,
                pl_comparison *out)
{
  return pl_compare_with_noise(base, n_base, candidate, n_candidate, NULL, limit, lower_is_better, out);
}
