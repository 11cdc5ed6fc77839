/* See student.h. */
#include "analysis/student.h"

#include <math.h>

/* The continued fraction of I_x(a, b); Abramowitz and Stegun 26.5.8. */
static double beta_fraction(double a, double b, double x)
{
  const double tiny = 1e-300;
  double c = 1, d = 1 - (a + b) * x / (a + 1);
  d = 1 / (fabs(d) < tiny ? tiny : d);
  double h = d;
  for (int m = 1; m <= 20000; m++) {
    double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
    double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
    double before = h;
    for (int half = 0; half < 2; half++) {
      double term = half ? odd : even;
      d = 1 + term * d;
      c = 1 + term / c;
      d = 1 / (fabs(d) < tiny ? tiny : d);
      c = fabs(c) < tiny ? tiny : c;
      h *= d * c;
    }
    if (fabs(h - before) < 1e-15 * fabs(h))
      break;
  }
  return h;
}

double pl_beta_regular(double a, double b, double x)
{
  if (x <= 0 || x >= 1)
    return x <= 0 ? 0 : 1;
  double front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log1p(-x));
  if (x < (a + 1) / (a + b + 2))
    return front * beta_fraction(a, b, x) / a;
  return 1 - front * beta_fraction(b, a, 1 - x) / b;
}

double pl_student_cdf(double t, double df)
{
  double tail = 0.5 * pl_beta_regular(df / 2, 0.5, df / (df + t * t));
  return t > 0 ? 1 - tail : tail;
}

double pl_student_quantile(double p, double df)
{
  double lo = -1, hi = 1;
  if (isnan(p) || isnan(df))
    return NAN;
  while (pl_student_cdf(lo, df) > p && lo > -1e300)
    lo *= 2;
  while (pl_student_cdf(hi, df) < p && hi < 1e300)
    hi *= 2;
  for (int i = 0; i < 200 && hi - lo > 1e-13 * (1 + fabs(lo)); i++) {
    double middle = (lo + hi) / 2;
    if (pl_student_cdf(middle, df) < p)
      lo = middle;
    else
      hi = middle;
  }
  return (lo + hi) / 2;
}

double pl_welch_freedom(double variance_a, size_t n_a, double variance_b, size_t n_b)
{
  double a = variance_a / (double)n_a, b = variance_b / (double)n_b;
  double below = a * a / (double)(n_a - 1) + b * b / (double)(n_b - 1);
  return below > 0 ? (a + b) * (a + b) / below : (double)(n_a + n_b - 2);
}
