/* The universal scalability law, fitted. Parameters are p[0] = alpha, p[1] = beta; gamma follows from them, being linear. */
#include "analysis/capacity/usl.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "analysis/student.h"

enum { STEPS = 400, BISECTIONS = 60 };

typedef struct points {
  const double *n, *x;
  size_t count;
  double n_max;
  double unit; /* the largest throughput, which is 1 while fitting: no square over- or underflows */
} points;

/* Of one place of the parameters: residuals' square sum, and with it the normal equations of (alpha, beta, gamma). */
typedef struct state {
  double p[2], gamma, rss;
} state;

static double shape(double n, const double p[2])
{
  return n / (1 + p[0] * (n - 1) + p[1] * n * (n - 1));
}

/* The best gamma of these parameters, and what it leaves. A divisor of 0 or less (loads below 1) is no place to be. */
static state at(const points *d, double alpha, double beta)
{
  state s = {{alpha, beta}, 0, HUGE_VAL};
  double gx = 0, gg = 0, rss = 0;
  for (size_t i = 0; i < d->count; i++) {
    double g = shape(d->n[i], s.p);
    if (!(g > 0))
      return s;
    gx += g * (d->x[i] / d->unit);
    gg += g * g;
  }
  s.gamma = gx / gg;
  for (size_t i = 0; i < d->count; i++) {
    double r = d->x[i] / d->unit - s.gamma * shape(d->n[i], s.p);
    rss += r * r;
  }
  s.rss = isfinite(rss) ? rss : HUGE_VAL;
  return s;
}

/* J'J (upper left 3 x 3, symmetric) and J'r at s. */
static void normal(const points *d, const state *s, double a[3][3], double b[3])
{
  memset(a, 0, 9 * sizeof(double));
  memset(b, 0, 3 * sizeof *b);
  for (size_t i = 0; i < d->count; i++) {
    double n = d->n[i], g = shape(n, s->p), r = d->x[i] / d->unit - s->gamma * g, slope = -s->gamma * g * g / n;
    const double j[3] = {slope * (n - 1), slope * n * (n - 1), g};
    for (int k = 0; k < 3; k++) {
      b[k] += j[k] * r;
      for (int l = 0; l < 3; l++)
        a[k][l] += j[k] * j[l];
    }
  }
}

/* The inverse of the part of a whose rows are free, rows scaled by their diagonal first; 0 elsewhere. False: singular. */
static bool invert(const double a[3][3], const bool is_free[3], double damping, double out[3][3])
{
  double m[3][6] = {{0}}, scale[3];
  for (int i = 0; i < 3; i++) {
    scale[i] = is_free[i] && a[i][i] > 0 ? 1 / sqrt(a[i][i]) : 0;
    if (is_free[i] && scale[i] <= 0)
      return false;
  }
  for (int i = 0; i < 3; i++) {
    for (int j = 0; j < 3; j++)
      m[i][j] = is_free[i] && is_free[j] ? a[i][j] * scale[i] * scale[j] : i == j;
    m[i][i] += is_free[i] ? damping : 0;
    m[i][3 + i] = 1;
  }
  for (int c = 0; c < 3; c++) {
    int best = c;
    for (int i = c + 1; i < 3; i++)
      best = fabs(m[i][c]) > fabs(m[best][c]) ? i : best;
    if (fabs(m[best][c]) < 1e-14)
      return false;
    for (int j = 0; j < 6; j++) {
      double t = m[c][j];
      m[c][j] = m[best][j];
      m[best][j] = t;
    }
    for (int i = 0; i < 3; i++) {
      double f = i == c ? 0 : m[i][c] / m[c][c];
      for (int j = 0; j < 6 && f != 0; j++)
        m[i][j] -= f * m[c][j];
    }
  }
  for (int i = 0; i < 3; i++)
    for (int j = 0; j < 3; j++)
      out[i][j] = is_free[i] && is_free[j] ? m[i][3 + j] / m[i][i] * scale[i] * scale[j] : 0;
  return true;
}

/* Which of alpha, beta, gamma may move: those that are not fixed, and not held by a bound that the slope points to. */
static void free_ones(const state *s, const double b[3], const bool fixed[2], bool is_free[3])
{
  is_free[0] = !fixed[0] && !(s->p[0] <= 0 && b[0] <= 0) && !(s->p[0] >= 1 && b[0] >= 0);
  is_free[1] = !fixed[1] && !(s->p[1] <= 0 && b[1] <= 0);
  is_free[2] = true;
}

/* Down from a start to where no step helps. */
static state descend(const points *d, state s, const bool fixed[2])
{
  double damping = 1e-3, a[3][3], b[3], inverse[3][3];
  bool is_free[3];
  for (int step = 0; step < STEPS && damping < 1e12; step++) {
    normal(d, &s, a, b);
    free_ones(&s, b, fixed, is_free);
    if (!(is_free[0] || is_free[1]))
      break;
    if (!invert((const double(*)[3])a, is_free, damping, inverse)) {
      damping *= 10;
      continue;
    }
    double p[2];
    for (int k = 0; k < 2; k++)
      p[k] = fmax(0, s.p[k] + inverse[k][0] * b[0] + inverse[k][1] * b[1] + inverse[k][2] * b[2]);
    state next = at(d, fmin(1, p[0]), p[1]);
    if (next.rss < s.rss) {
      bool done = s.rss - next.rss <= 4 * DBL_EPSILON * s.rss && damping < 1e-6;
      s = next;
      damping = fmax(damping / 10, 1e-15);
      if (done)
        break;
    } else {
      damping *= 10;
    }
  }
  return s;
}

/* The best of descents from a grid: beta in units of the square of the largest load. */
static state search(const points *d, const bool fixed[2], const double held[2])
{
  static const double alphas[] = {0, 1e-3, 0.02, 0.1, 0.5, 1}, betas[] = {0, 0.01, 0.3, 3, 30};
  const size_t n_alphas = fixed[0] ? 1 : sizeof alphas / sizeof *alphas, n_betas = fixed[1] ? 1 : sizeof betas / sizeof *betas;
  state best = {{0, 0}, 0, HUGE_VAL};
  for (size_t i = 0; i < n_alphas; i++) {
    state start = {{0, 0}, 0, HUGE_VAL};
    for (size_t k = 0; k < n_betas; k++) {
      state s = at(d, fixed[0] ? held[0] : alphas[i], fixed[1] ? held[1] : betas[k] / (d->n_max * d->n_max));
      if (s.rss < start.rss)
        start = s;
    }
    if (isinf(start.rss))
      continue;
    start = descend(d, start, fixed);
    if (start.rss < best.rss)
      best = start;
  }
  return best;
}

/* How far the parameter k at its lower bound may be until the residuals say no: rss above limit, all others fitted anew. NaN where they never do:
 * so few points do not tell. */
static double profile_bound(const points *d, int k, bool amdahl, double start, double limit)
{
  double lo = 0, hi = start;
  bool fixed[2] = {k == 0, k == 1 || amdahl}, found = false;
  for (int i = 0; i < 40 && !found; i++) {
    double held[2] = {k == 0 ? hi : 0, k == 1 ? hi : 0};
    found = search(d, fixed, held).rss > limit;
    lo = found ? lo : hi;
    hi = found ? hi : 4 * hi;
  }
  if (!found)
    return k == 0 ? 1 : NAN;
  for (int i = 0; i < BISECTIONS && hi - lo > 1e-9 * hi; i++) {
    double mid = (lo + hi) / 2, held[2] = {k == 0 ? mid : 0, k == 1 ? mid : 0};
    if (search(d, fixed, held).rss > limit)
      hi = mid;
    else
      lo = mid;
  }
  return k == 0 ? fmin(hi, 1) : hi;
}

/* What contention would be if it might be below 0, where that fits better than 0 by more than chance: throughput grew faster than the load. 0
 * where it does not. limit: the residuals' square sum that 0 must exceed for it, as a multiple of what is left then. */
static double superlinear(const points *d, double rss, bool amdahl, double ratio)
{
  const bool fixed[2] = {true, amdahl};
  double lo = -1 / fmax(d->n_max - 1, 1), hi = 0;
  for (int i = 0; i < BISECTIONS; i++) {
    double a = lo + (hi - lo) / 3, b = hi - (hi - lo) / 3, held_a[2] = {a, 0}, held_b[2] = {b, 0};
    if (search(d, fixed, held_a).rss < search(d, fixed, held_b).rss)
      hi = b;
    else
      lo = a;
  }
  double held[2] = {(lo + hi) / 2, 0};
  return rss > ratio * search(d, fixed, held).rss ? held[0] : 0;
}

static pl_estimate around(double value, double variance, double t, double lo, double hi)
{
  double se = sqrt(variance);
  return (pl_estimate){value, se, fmax(lo, value - t * se), fmin(hi, value + t * se)};
}

static pl_estimate without_interval(double value)
{
  return (pl_estimate){value, NAN, NAN, NAN};
}

/* Of a positive value whose logarithm has the gradient g of (alpha, beta, gamma). */
static pl_estimate by_delta(double value, const double g[3], const double c[3][3], double t)
{
  double variance = 0;
  for (int i = 0; i < 3; i++)
    for (int j = 0; j < 3; j++)
      variance += g[i] * c[i][j] * g[j];
  double se = sqrt(fmax(0, variance));
  return (pl_estimate){value, value * se, value * exp(-t * se), value * exp(t * se)};
}

static double value_at(const double p[2], double gamma, double n)
{
  return gamma * shape(n, p);
}

/* Peak and limit with their intervals; c: covariance, or NULL. */
static void derive(pl_usl *u, const double c[3][3], double t)
{
  double a = u->alpha.value, b = u->beta.value, g = u->gamma.value;
  u->peak_n = u->peak_x = u->limit = without_interval(NAN);
  if (b > 0 && a < 1) {
    const double p[2] = {a, b}, n = sqrt((1 - a) / b);
    /* At the peak X does not depend on n to first order: its gradient is that of the parameters alone. */
    const double divisor = 1 + a * (n - 1) + b * n * (n - 1), of_n[3] = {-0.5 / (1 - a), -0.5 / b, 0};
    const double of_x[3] = {-(n - 1) / divisor, -n * (n - 1) / divisor, 1 / g};
    u->peak_n = c ? by_delta(n, of_n, c, t) : without_interval(n);
    u->peak_x = c ? by_delta(value_at(p, g, n), of_x, c, t) : without_interval(value_at(p, g, n));
  }
  if (a > 0) {
    const double of_limit[3] = {-1 / a, 0, 1 / g};
    u->limit = c ? by_delta(g / a, of_limit, c, t) : without_interval(g / a);
  }
}

static void intervals(const points *d, const state *s, bool amdahl, double level, pl_usl *u)
{
  double a[3][3], b[3], c[3][3];
  const bool is_free[3] = {!u->alpha_at_bound, !u->beta_at_bound && !amdahl, true};
  u->alpha = without_interval(s->p[0]);
  u->beta = without_interval(s->p[1]);
  u->gamma = without_interval(s->gamma);
  normal(d, s, a, b);
  if (!u->freedom || !invert((const double(*)[3])a, is_free, 0, c)) {
    derive(u, NULL, 0);
    return;
  }
  double variance = s->rss / (double)u->freedom, t = pl_student_quantile((1 + level) / 2, (double)u->freedom);
  for (int i = 0; i < 3; i++)
    for (int j = 0; j < 3; j++)
      c[i][j] *= variance;
  double limit = s->rss + variance * t * t;
  u->sigma = sqrt(variance);
  u->gamma = around(s->gamma, c[2][2], t, 0, HUGE_VAL);
  if (is_free[0])
    u->alpha = around(s->p[0], c[0][0], t, 0, 1);
  else if (s->p[0] <= 0) {
    u->alpha = (pl_estimate){0, NAN, 0, profile_bound(d, 0, amdahl, 1 / d->n_max, limit)};
    u->superlinear = u->freedom > 1 ? superlinear(d, s->rss, amdahl, 1 + t * t / (double)(u->freedom - 1)) : 0;
  }
  if (is_free[1])
    u->beta = around(s->p[1], c[1][1], t, 0, HUGE_VAL);
  else if (!amdahl)
    u->beta = (pl_estimate){0, NAN, 0, profile_bound(d, 1, false, 0.01 / (d->n_max * d->n_max), limit)};
  derive(u, (const double(*)[3])c, t);
}

/* From units of the largest throughput to those of the points. */
static void rescale(pl_usl *u, double unit)
{
  pl_estimate *const of_throughput[] = {&u->gamma, &u->peak_x, &u->limit};
  for (size_t i = 0; i < sizeof of_throughput / sizeof *of_throughput; i++) {
    pl_estimate *e = of_throughput[i];
    *e = (pl_estimate){e->value * unit, e->se * unit, e->lo * unit, e->hi * unit};
  }
  u->rss *= unit * unit;
  u->sigma *= unit;
}

/* Different loads, counted as far as 6. */
static size_t different(const double *n, size_t count)
{
  double seen[6];
  size_t k = 0;
  for (size_t i = 0; i < count && k < 6; i++) {
    bool is_new = true;
    for (size_t j = 0; j < k; j++)
      is_new = is_new && seen[j] != n[i];
    if (is_new)
      seen[k++] = n[i];
  }
  return k;
}

static int check(const double *n, const double *x, size_t count, bool amdahl, pl_error *err)
{
  bool all_zero = true;
  if (!count || count > PL_USL_MAX)
    return pl_fail(err, PL_EINVAL, count ? "more than %d points" : "there are no points", PL_USL_MAX);
  for (size_t i = 0; i < count; i++) {
    if (!(n[i] > 0 && n[i] <= 1e12))
      return pl_fail(err, PL_EINVAL, "point %zu: a load of %g; loads are above 0, and at most 1e12", i + 1, n[i]);
    if (!(x[i] >= 0 && x[i] <= 1e300))
      return pl_fail(err, PL_EINVAL, "point %zu: a throughput of %g; it is a number of 0 or more, at most 1e300", i + 1, x[i]);
    all_zero = all_zero && x[i] <= 0;
  }
  size_t needed = amdahl ? 2 : 3, found = different(n, count);
  if (found < needed)
    return pl_fail(err, PL_EINVAL, "%zu different load%s; the law has %zu parameters and needs as many loads, 6 for intervals worth having", found,
                   found == 1 ? "" : "s", needed);
  if (all_zero)
    return pl_fail(err, PL_EINVAL, "the throughput is 0 everywhere");
  return PL_OK;
}

int pl_usl_fit(const double *n, const double *x, size_t count, bool amdahl, double level, pl_usl *out, pl_error *err)
{
  points d = {n, x, count, 0, 0};
  const bool fixed[2] = {false, amdahl};
  const double held[2] = {0, 0};
  int code = check(n, x, count, amdahl, err);
  if (code)
    return code;
  if (!(level > 0 && level < 1))
    return pl_fail(err, PL_EINVAL, "a level of %g; it lies between 0 and 1", level);
  for (size_t i = 0; i < count; i++)
    d.n_max = fmax(d.n_max, n[i]), d.unit = fmax(d.unit, x[i]);
  state s = search(&d, fixed, held);
  if (isinf(s.rss) || !(s.gamma > 0))
    return pl_fail(err, PL_EINVAL, "no curve of the law passes near these points");
  memset(out, 0, sizeof *out);
  out->n = count;
  out->distinct = different(n, count);
  out->rss = s.rss;
  out->sigma = NAN;
  out->t_one_sided = count > 1 ? pl_student_quantile(level, (double)(count - 1)) : NAN;
  out->alpha_at_bound = s.p[0] <= 0 || s.p[0] >= 1;
  out->beta_at_bound = !amdahl && s.p[1] <= 0;
  size_t parameters = 3 - (size_t)(amdahl || out->beta_at_bound) - (size_t)out->alpha_at_bound;
  out->freedom = count > parameters ? count - parameters : 0;
  intervals(&d, &s, amdahl, level, out);
  rescale(out, d.unit);
  return PL_OK;
}

double pl_usl_at(const pl_usl *u, double n)
{
  const double p[2] = {u->alpha.value, u->beta.value};
  return value_at(p, u->gamma.value, n);
}
