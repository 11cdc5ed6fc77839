/* See proportions.h. */
#include "analysis/proportions.h"

#include <math.h>

#include "analysis/normal.h"

enum { EXPECTED_MIN = 10 };

/* The odds of k + 1 hits in a, over those of k: hypergeometric. */
static double step_up(double k, double hits, double n, double m)
{
  return (hits - k) * (n - k) / ((k + 1) * (m - hits + k + 1));
}

/* Walks from `from` to the end in one direction, relative weights from `weight` on; adds what is at most `bound` to *in, all to *all. */
static void tail(double from, double end, double weight, double bound, double hits, double n, double m, double *in, double *all)
{
  double way = end > from ? 1 : -1;
  for (double k = from; k != end;) {
    weight *= way > 0 ? step_up(k, hits, n, m) : 1 / step_up(k - 1, hits, n, m);
    k += way;
    *all += weight;
    *in += weight <= bound ? weight : 0;
    if (weight < 1e-18 * bound && weight < 1e-18)
      return;
  }
}

/* log of this table's odds over those of the likeliest one. */
static double relative_log(double k, double mode, double hits, double n, double m)
{
  double at_mode = lgamma(mode + 1) + lgamma(n - mode + 1) + lgamma(hits - mode + 1) + lgamma(m - hits + mode + 1);
  return at_mode - (lgamma(k + 1) + lgamma(n - k + 1) + lgamma(hits - k + 1) + lgamma(m - hits + k + 1));
}

double pl_fisher_p(uint64_t hits_a, uint64_t n, uint64_t hits_b, uint64_t m)
{
  double hits = (double)hits_a + (double)hits_b, all_a = (double)n, all_b = (double)m, in = 0, all = 1;
  double lo = fmax(0, hits - all_b), hi = fmin(hits, all_a);
  double mode = fmin(hi, fmax(lo, floor((hits + 1) * (all_a + 1) / (all_a + all_b + 2))));
  double bound = exp(relative_log((double)hits_a, mode, hits, all_a, all_b)) * (1 + 1e-7);
  if (bound >= 1)
    return 1;
  tail(mode, hi, 1, bound, hits, all_a, all_b, &in, &all);
  tail(mode, lo, 1, bound, hits, all_a, all_b, &in, &all);
  return fmin(1, in / all);
}

/* How far Wilson's interval (1927) reaches from the share, down or up. */
static double reach(double share, double n, double way)
{
  double z = pl_normal_inverse(0.975), squared = z * z;
  double centre = (share + squared / (2 * n)) / (1 + squared / n);
  double half = z * sqrt(share * (1 - share) / n + squared / (4 * n * n)) / (1 + squared / n);
  return fmax(0, (centre + way * half - share) * way);
}

bool pl_proportions_test(uint64_t hits_a, uint64_t n, uint64_t hits_b, uint64_t m, pl_proportions *out)
{
  if (!n || !m || hits_a > n || hits_b > m)
    return false;
  double all_a = (double)n, all_b = (double)m, a = (double)hits_a / all_a, b = (double)hits_b / all_b;
  double pooled = ((double)hits_a + (double)hits_b) / (all_a + all_b), fewer = fmin(all_a, all_b);
  *out = (pl_proportions){.difference = b - a, .p = 1, .exact = fewer * fmin(pooled, 1 - pooled) < EXPECTED_MIN};
  out->lo = out->difference - hypot(reach(b, all_b, -1), reach(a, all_a, 1));
  out->hi = out->difference + hypot(reach(b, all_b, 1), reach(a, all_a, -1));
  if (out->exact)
    out->p = pl_fisher_p(hits_a, n, hits_b, m);
  else
    out->p = 2 * pl_normal_cdf(-fabs(out->difference) / sqrt(pooled * (1 - pooled) * (1 / all_a + 1 / all_b)));
  return true;
}
