/* See optimise.h. Coefficients are those of the paper: reflection 1, expansion 2, contraction and shrinking 1/2. */
#include "analysis/forecast/optimise.h"

#include <math.h>
#include <string.h>

typedef struct simplex {
  pl_objective f;
  void *user;
  const double *lo, *hi;
  size_t d, calls;
  double x[PL_MINIMISE_MAX + 1][PL_MINIMISE_MAX];
  double value[PL_MINIMISE_MAX + 1];
} simplex;

static double evaluate(simplex *s, double *x)
{
  for (size_t k = 0; k < s->d; k++)
    x[k] = fmin(fmax(x[k], s->lo[k]), s->hi[k]);
  double v = s->f(x, s->user);
  if (s->calls)
    s->calls--;
  return isnan(v) ? INFINITY : v;
}

static void begin(simplex *s, const double *x, double step)
{
  for (size_t i = 0; i <= s->d; i++) {
    memcpy(s->x[i], x, s->d * sizeof *x);
    if (i > 0) {
      double edge = step * (s->hi[i - 1] - s->lo[i - 1]);
      s->x[i][i - 1] += x[i - 1] + edge <= s->hi[i - 1] ? edge : -edge;
    }
    s->value[i] = evaluate(s, s->x[i]);
  }
}

/* By insertion: few points, nearly in order. */
static void sort(simplex *s)
{
  for (size_t i = 1; i <= s->d; i++) {
    double x[PL_MINIMISE_MAX], v = s->value[i];
    size_t k = i;
    memcpy(x, s->x[i], sizeof x);
    for (; k > 0 && s->value[k - 1] > v; k--) {
      memcpy(s->x[k], s->x[k - 1], sizeof x);
      s->value[k] = s->value[k - 1];
    }
    memcpy(s->x[k], x, sizeof x);
    s->value[k] = v;
  }
}

/* The worst point mirrored through the centre of the others, `far` times as far. */
static double try_point(simplex *s, const double *centre, double far, double *x)
{
  for (size_t k = 0; k < s->d; k++)
    x[k] = centre[k] + far * (centre[k] - s->x[s->d][k]);
  return evaluate(s, x);
}

static void take(simplex *s, const double *x, double v)
{
  memcpy(s->x[s->d], x, s->d * sizeof *x);
  s->value[s->d] = v;
}

static void shrink(simplex *s)
{
  for (size_t i = 1; i <= s->d; i++) {
    for (size_t k = 0; k < s->d; k++)
      s->x[i][k] = (s->x[i][k] + s->x[0][k]) / 2;
    s->value[i] = evaluate(s, s->x[i]);
  }
}

static void move(simplex *s)
{
  double centre[PL_MINIMISE_MAX] = {0}, one[PL_MINIMISE_MAX], two[PL_MINIMISE_MAX];
  for (size_t i = 0; i < s->d; i++)
    for (size_t k = 0; k < s->d; k++)
      centre[k] += s->x[i][k] / (double)s->d;
  double v = try_point(s, centre, 1, one);
  if (v < s->value[0]) {
    double further = try_point(s, centre, 2, two);
    take(s, further < v ? two : one, fmin(further, v));
    return;
  }
  if (v < s->value[s->d - 1]) {
    take(s, one, v);
    return;
  }
  double back = try_point(s, centre, v < s->value[s->d] ? 0.5 : -0.5, two);
  if (back < fmin(v, s->value[s->d]))
    take(s, two, back);
  else
    shrink(s);
}

double pl_minimise(pl_objective f, void *user, double *x, const double *lo, const double *hi, size_t d, double step, size_t calls)
{
  simplex s = {.f = f, .user = user, .lo = lo, .hi = hi, .d = d, .calls = calls};
  if (d == 0)
    return f(x, user);
  begin(&s, x, step);
  sort(&s);
  while (s.calls > 0 && !(s.value[d] - s.value[0] <= 1e-8 * (fabs(s.value[0]) + 1e-12))) {
    move(&s);
    sort(&s);
  }
  memcpy(x, s.x[0], d * sizeof *x);
  return s.value[0];
}
