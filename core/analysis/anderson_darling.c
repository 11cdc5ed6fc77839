/* See anderson_darling.h. */
#include "analysis/anderson_darling.h"

#include <math.h>

/* One side's part: how many of its values lie below each distinct value, ties half, against what the pooled ranks promise. */
typedef struct walk {
  const double *x;
  size_t n, at;
  double sum;
} walk;

/* Values equal to v; the walk goes on behind them. */
static size_t pass(walk *w, double v)
{
  size_t from = w->at;
  while (w->at < w->n && w->x[w->at] == v)
    w->at++;
  return w->at - from;
}

static void add(walk *w, size_t before, size_t equal, double below, double ties, double total)
{
  double m = (double)before + (double)equal / 2, apart = total * m - (double)w->n * below;
  double denominator = below * (total - below) - total * ties / 4;
  if (denominator > 0)
    w->sum += ties / total * apart * apart / denominator;
}

static double midrank_statistic(const double *a, size_t n, const double *b, size_t m)
{
  walk one = {a, n, 0, 0}, two = {b, m, 0, 0};
  double total = (double)(n + m);
  while (one.at < n || two.at < m) {
    double v = one.at < n && (two.at == m || a[one.at] <= b[two.at]) ? a[one.at] : b[two.at];
    size_t before_one = one.at, before_two = two.at, in_one = pass(&one, v), in_two = pass(&two, v);
    double ties = (double)(in_one + in_two), below = (double)(before_one + before_two) + ties / 2;
    add(&one, before_one, in_one, below, ties, total);
    add(&two, before_two, in_two, below, ties, total);
  }
  return (total - 1) / total * (one.sum / (double)n + two.sum / (double)m);
}

/* The variance of the statistic for two samples without ties (their equation 4). */
static double variance_of(size_t n, size_t m)
{
  size_t total = n + m;
  double big = (double)total, h = 0, g = 0, harmonic = 0, sizes = 1 / (double)n + 1 / (double)m;
  for (size_t i = 1; i < total; i++)
    h += 1 / (double)i;
  for (size_t i = total - 1; i >= 2; i--) { /* harmonic: of the i + 1 .. total - 1 that come with i' = total - i */
    harmonic += 1 / (double)i;
    g += harmonic / (big - (double)i + 1);
  }
  double a = (4 * g - 6) + (10 - 6 * g) * sizes;
  double b = (2 * g - 4) * 4 + 16 * h + (2 * g - 14 * h - 4) * sizes - 8 * h + 4 * g - 6;
  double c = (6 * h + 2 * g - 2) * 4 + (4 * h - 4 * g + 6) * 2 + (2 * h - 6) * sizes + 4 * h;
  double d = (2 * h + 6) * 4 - 8 * h;
  return (a * big * big * big + b * big * big + c * big + d) / ((big - 1) * (big - 2) * (big - 3));
}

/* Their table's points for two samples, and log p between them on a straight line. */
static void probability(pl_anderson_darling *out)
{
  static const double p[] = {0.25, 0.1, 0.05, 0.025, 0.01, 0.005, 0.001};
  static const double at[] = {0.325, 1.226, 1.961, 2.718, 3.752, 4.592, 6.546};
  enum { LAST = sizeof p / sizeof *p - 1 };
  out->at_least = out->statistic < at[0];
  out->at_most = out->statistic > at[LAST];
  out->p = out->at_least ? p[0] : p[LAST];
  for (int i = 0; i < LAST; i++) {
    double share = (out->statistic - at[i]) / (at[i + 1] - at[i]);
    if (share >= 0 && share <= 1)
      out->p = exp(log(p[i]) + share * (log(p[i + 1]) - log(p[i])));
  }
}

bool pl_anderson_darling_test(const double *a, size_t n, const double *b, size_t m, pl_anderson_darling *out)
{
  for (size_t i = 0; i < n + m; i++) {
    if (isnan(i < n ? a[i] : b[i - n]))
      return false;
  }
  if (n < 2 || m < 2 || (a[0] == a[n - 1] && b[0] == b[m - 1] && a[0] == b[0]))
    return false;
  double variance = variance_of(n, m);
  *out = (pl_anderson_darling){.statistic = (midrank_statistic(a, n, b, m) - 1) / sqrt(variance)};
  probability(out);
  return true;
}
