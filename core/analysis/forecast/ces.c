/* See ces.h. The level l is the next value; then l' = l - (1 - a1) c + (a0 - a1) e, c' = l + (1 - a0) c + (a0 + a1) e. Three copies run side by
 * side, as in ets.c. */
#include "analysis/forecast/ces.h"

typedef struct state {
  double l, c;
} state;

typedef struct problem {
  const double *y;
  size_t n;
  state last; /* of the evaluation before */
} problem;

/* The model is made for series far from 0, in whose growth the level has its part; steps of y are about 1. */
static const double origin = 200;

static const double low[] = {0.01, 0.01}, high[] = {2.5, 1.99};

static state next_of(state s, double a0, double a1, double e)
{
  return (state){s.l - (1 - a1) * s.c + (a0 - a1) * e, s.l + (1 - a0) * s.c + (a0 + a1) * e};
}

/* The past loses its weight where both roots of the matrix that carries states over, an observation taken in, lie within the unit circle. */
static bool discounts(double a0, double a1)
{
  double trace = (1 - a0 + a1) + (1 - a0), det = (1 - a0 + a1) * (1 - a0) + (1 - a1) * (1 - a0 - a1);
  return fabs(det) < 1 && fabs(trace) < 1 + det;
}

static double evaluate(const double *x, void *user)
{
  problem *q = user;
  double ee = 0, uu = 0, vv = 0, uv = 0, eu = 0, ev = 0;
  state e = {0, 0}, u = {1, 0}, v = {0, 1};
  if (!discounts(x[0], x[1]))
    return INFINITY;
  for (size_t t = 0; t < q->n; t++) {
    double de = q->y[t] - e.l, du = -u.l, dv = -v.l;
    ee += de * de;
    uu += du * du;
    vv += dv * dv;
    uv += du * dv;
    eu += de * du;
    ev += de * dv;
    e = next_of(e, x[0], x[1], de);
    u = next_of(u, x[0], x[1], du);
    v = next_of(v, x[0], x[1], dv);
  }
  double det = uu * vv - uv * uv;
  state s = {-eu / uu, 0};
  if (det > 1e-10 * uu * vv)
    s = (state){(-eu * vv + ev * uv) / det, (-ev * uu + eu * uv) / det};
  q->last = (state){e.l + s.l * u.l + s.c * v.l, e.c + s.l * u.c + s.c * v.c};
  return fmax(ee + s.l * eu + s.c * ev, 0);
}

void pl_ces(const double *y, size_t n, size_t h, double *f, pl_model_memory *memory, double *scratch)
{
  problem q = {.y = scratch, .n = n};
  double *x = memory->x;
  for (size_t t = 0; t < n; t++)
    scratch[t] = y[t] + origin;
  if (!memory->warm) {
    x[0] = 1.3;
    x[1] = 1;
  }
  if (n >= 4)
    (void)pl_minimise(evaluate, &q, x, low, high, 2, memory->warm ? 0.03 : 0.1, memory->warm ? 30 : 80);
  memory->warm = true;
  bool known = n >= 4 && isfinite(evaluate(x, &q));
  for (size_t k = 0; k < h; k++) {
    f[k] = known ? q.last.l - origin : y[n - 1];
    q.last = next_of(q.last, x[0], x[1], 0);
  }
}
