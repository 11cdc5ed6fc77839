/* See logistic.h. */
#include "analysis/forecast/logistic.h"

#include <math.h>

#include "analysis/forecast/theil_sen.h"

enum { ROUNDS = 100, HALVINGS = 30 };

double pl_logistic_at(const pl_logistic *g, double t)
{
  return g->ceiling / (1 + exp(-g->rate * (t - g->middle)));
}

static double squares(const double *y, size_t n, const pl_logistic *g)
{
  double sum = 0;
  for (size_t i = 0; i < n; i++) {
    double r = !isfinite(y[i]) ? 0 : y[i] - pl_logistic_at(g, (double)i);
    sum += r * r;
  }
  return sum;
}

/* From the robust line through log(y / (C - y)). */
static int start(const pl_allocator *a, const double *y, size_t n, pl_logistic *g)
{
  double *logit = pl_alloc(a, n * sizeof *logit);
  size_t inside = 0;
  pl_line line = {0};
  if (!logit)
    return PL_ENOMEM;
  for (size_t i = 0; i < n; i++) {
    bool is = y[i] > 0 && y[i] < g->ceiling;
    logit[i] = is ? log(y[i] / (g->ceiling - y[i])) : NAN;
    inside += is;
  }
  int code = inside < 3 ? PL_EINVAL : pl_theil_sen(a, logit, n, &line);
  pl_free(a, logit, n * sizeof *logit);
  if (code == PL_OK && !(fabs(line.slope) > 1e-12))
    code = PL_EINVAL;
  g->rate = line.slope;
  g->middle = code ? 0 : -line.intercept / line.slope;
  return code;
}

/* One step of Gauss and Newton in (k, k m), which is nearly linear; false: it does not get better. */
static bool improve(const double *y, size_t n, pl_logistic *g, double *best)
{
  double kk = 0, kb = 0, bb = 0, rk = 0, rb = 0, shift = g->rate * g->middle;
  for (size_t i = 0; i < n; i++) {
    double t = (double)i, at = pl_logistic_at(g, t), slope = at * (1 - at / g->ceiling);
    if (!isfinite(y[i]))
      continue;
    kk += slope * t * slope * t;
    kb -= slope * t * slope;
    bb += slope * slope;
    rk += slope * t * (y[i] - at);
    rb -= slope * (y[i] - at);
  }
  double determinant = kk * bb - kb * kb;
  if (!(determinant > 1e-14 * kk * bb))
    return false;
  double dk = (rk * bb - rb * kb) / determinant, db = (rb * kk - rk * kb) / determinant;
  for (int h = 0; h < HALVINGS; h++, dk /= 2, db /= 2) {
    pl_logistic next = *g;
    next.rate = g->rate + dk;
    next.middle = (shift + db) / next.rate;
    double sum = squares(y, n, &next);
    if (isfinite(sum) && sum < *best) {
      bool far = *best - sum > 1e-14 * *best;
      *g = next;
      *best = sum;
      return far;
    }
  }
  return false;
}

int pl_logistic_fit(const pl_allocator *a, const double *y, size_t n, double ceiling, pl_logistic *out)
{
  pl_logistic g = {.ceiling = ceiling};
  if (!(ceiling > 0) || !isfinite(ceiling) || n < 3)
    return PL_EINVAL;
  int code = start(a, y, n, &g);
  if (code)
    return code;
  double best = squares(y, n, &g);
  if (!isfinite(best))
    return PL_EINVAL;
  for (int round = 0; round < ROUNDS && improve(y, n, &g, &best); round++)
    continue;
  size_t kept = 0;
  for (size_t i = 0; i < n; i++)
    kept += isfinite(y[i]) ? 1 : 0;
  g.scale = sqrt(best / (double)(kept > 2 ? kept - 2 : 1));
  *out = g;
  return PL_OK;
}
