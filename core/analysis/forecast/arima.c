/* See arima.h. The constant is the mean of the differenced series; values before the first one are taken for that mean. */
#include "analysis/forecast/arima.h"

#include <string.h>

#include "analysis/steady.h"

/* P: AR, Q: MA. A form is p + 4 q + 16 d + 64 with a constant. */
typedef struct order {
  int p, q, d;
  bool constant;
} order;

typedef struct problem {
  const double *w; /* differenced */
  double *e;       /* n errors, of the evaluation before */
  size_t n;
  order o;
  double mean;
} problem;

typedef struct coefficients {
  double ar[PL_ARIMA_ORDER_MAX], ma[PL_ARIMA_ORDER_MAX];
} coefficients;

void pl_arima_from_partial(const double *r, int p, double *a)
{
  for (int k = 0; k < p; k++) {
    double before[PL_ARIMA_ORDER_MAX];
    memcpy(before, a, (size_t)k * sizeof *a);
    for (int i = 0; i < k; i++)
      a[i] = before[i] - r[k] * before[k - 1 - i];
    a[k] = r[k];
  }
}

static coefficients coefficients_of(const problem *q, const double *x)
{
  coefficients c = {{0}, {0}};
  pl_arima_from_partial(x, q->o.p, c.ar);
  pl_arima_from_partial(x + q->o.p, q->o.q, c.ma);
  for (int i = 0; i < q->o.q; i++)
    c.ma[i] = -c.ma[i];
  return c;
}

static double expected(const problem *q, const coefficients *c, const double *w, const double *e, size_t t)
{
  double v = q->mean;
  for (int i = 0; i < q->o.p && (size_t)i < t; i++)
    v += c->ar[i] * (w[t - 1 - (size_t)i] - q->mean);
  for (int i = 0; i < q->o.q && (size_t)i < t; i++)
    v += c->ma[i] * e[t - 1 - (size_t)i];
  return v;
}

static double evaluate(const double *x, void *user)
{
  problem *q = user;
  coefficients c = coefficients_of(q, x);
  double squares = 0;
  for (size_t t = 0; t < q->n; t++) {
    q->e[t] = q->w[t] - expected(q, &c, q->w, q->e, t);
    squares += q->e[t] * q->e[t];
  }
  return squares;
}

static double mean_of(const double *w, size_t n)
{
  double sum = 0;
  for (size_t t = 0; t < n; t++)
    sum += w[t];
  return n ? sum / (double)n : 0;
}

/* Criterion of the order o; x: where the search begins, and its end. */
static double fit(problem *q, order o, double *x, bool warm)
{
  static const double low[] = {-0.98, -0.98, -0.98, -0.98, -0.98, -0.98}, high[] = {0.98, 0.98, 0.98, 0.98, 0.98, 0.98};
  size_t d = (size_t)(o.p + o.q);
  q->o = o;
  q->mean = o.constant ? mean_of(q->w, q->n) : 0;
  double squares = pl_minimise(evaluate, q, x, low, high, d, warm ? 0.03 : 0.1, (warm ? 12 : 30) * d);
  return pl_aicc(squares, q->n, d + 1 + o.constant);
}

bool pl_arima_has_root(const double *w, size_t n)
{
  return pl_kpss_of(w, n, (size_t)(3 * sqrt((double)n) / 13)) > PL_KPSS_LIMIT;
}

static size_t difference(double *w, size_t n)
{
  for (size_t t = 1; t < n; t++)
    w[t - 1] = w[t] - w[t - 1];
  return n - 1;
}

static int form_of(order o)
{
  return o.p + 4 * o.q + 16 * o.d + 64 * o.constant;
}

static order order_of(int form)
{
  return (order){form & 3, form >> 2 & 3, form >> 4 & 3, form >> 6 & 1};
}

typedef struct search {
  problem *q;
  unsigned tried; /* bit p + 4 q, of the constant in use */
  double best;
  order o;
  double x[PL_MINIMISE_MAX];
} search;

/* Whether o is better than the best so far. */
static bool try_order(search *s, int p, int ma, order like)
{
  double x[PL_MINIMISE_MAX] = {0};
  order o = {p, ma, like.d, like.constant};
  if (p < 0 || ma < 0 || p > PL_ARIMA_ORDER_MAX || ma > PL_ARIMA_ORDER_MAX || s->tried >> (p + 4 * ma) & 1)
    return false;
  s->tried |= 1u << (p + 4 * ma);
  double criterion = fit(s->q, o, x, false);
  if (!(criterion < s->best))
    return false;
  s->best = criterion;
  s->o = o;
  memcpy(s->x, x, sizeof x);
  return true;
}

/* Neighbours of the best order, until none is better. */
static void walk(search *s)
{
  static const int steps[][2] = {{1, 0}, {-1, 0}, {0, 1}, {0, -1}, {1, 1}, {-1, -1}};
  bool better = true;
  while (better) {
    order at = s->o;
    better = false;
    for (size_t i = 0; i < sizeof steps / sizeof *steps && !better; i++)
      better = try_order(s, at.p + steps[i][0], at.q + steps[i][1], at);
  }
}

static void find_order(problem *q, int d, pl_model_memory *memory)
{
  static const int starts[][2] = {{2, 2}, {0, 0}, {1, 0}, {0, 1}};
  search s = {.q = q, .best = INFINITY, .o = {.d = d}};
  order with = {.d = d, .constant = d < 2};
  for (size_t i = 0; i < sizeof starts / sizeof *starts; i++)
    (void)try_order(&s, starts[i][0], starts[i][1], with);
  walk(&s);
  if (with.constant) { /* the best one without it, and on from there */
    s.tried = 0;
    if (try_order(&s, s.o.p, s.o.q, (order){.d = d}))
      walk(&s);
  }
  memory->form = form_of(s.o);
  memcpy(memory->x, s.x, sizeof s.x);
}

/* The h steps of the differenced series behind w, then their sums. */
static void write_steps(problem *q, const double *x, double *w, const double *y, size_t n, size_t h, double *f)
{
  coefficients c = coefficients_of(q, x);
  (void)evaluate(x, q);
  for (size_t k = 0; k < h; k++) {
    size_t t = q->n + k;
    w[t] = expected(q, &c, w, q->e, t);
    q->e[t] = 0;
    f[k] = w[t];
  }
  double slope = n > 1 ? y[n - 1] - y[n - 2] : 0, level = y[n - 1];
  for (size_t k = 0; k < h && q->o.d == 2; k++)
    f[k] = slope += f[k];
  for (size_t k = 0; k < h && q->o.d > 0; k++)
    f[k] = level += f[k];
}

void pl_arima(const double *y, size_t n, size_t h, double *f, pl_model_memory *memory, double *scratch)
{
  double *w = scratch, *e = scratch + n + h;
  int d = 0;
  size_t m = n;
  memcpy(w, y, n * sizeof *y);
  if (memory->warm)
    for (d = 0; d < order_of(memory->form).d && m > 1; d++)
      m = difference(w, m);
  else
    for (; d < PL_ARIMA_DIFFERENCES_MAX && m >= 6 && pl_arima_has_root(w, m); d++)
      m = difference(w, m);
  problem q = {.w = w, .e = e, .n = m};
  if (memory->warm) {
    (void)fit(&q, order_of(memory->form), memory->x, true);
  } else if (n < 6) {
    m = n > 1 ? difference(w, n) : n;
    q.n = m;
    memory->form = form_of((order){.d = n > 1, .constant = true});
    (void)fit(&q, order_of(memory->form), memory->x, true);
  } else {
    find_order(&q, d, memory);
    (void)fit(&q, order_of(memory->form), memory->x, true);
  }
  memory->warm = true;
  write_steps(&q, memory->x, w, y, n, h, f);
}
