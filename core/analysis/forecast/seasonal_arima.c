/* See seasonal_arima.h. Polynomials are multiplied out to a short list of lags; w and e have zeros before their first value, so that the filter asks no
 * questions. */
#include "analysis/forecast/seasonal_arima.h"

#include <string.h>

enum { TERMS = (PL_ARIMA_ORDER_MAX + 1) * (PL_SARIMA_SEASONAL_MAX + 1) - 1 };

/* A polynomial in B less its 1, times -1: value = sum of c[i] at lag[i]. */
typedef struct terms {
  size_t n, lag[TERMS];
  double c[TERMS];
} terms;

typedef struct problem {
  double *w, *e; /* n values each, room for more before and h behind */
  size_t n;
  pl_sarima_order o;
} problem;

static size_t room_of(size_t m)
{
  return PL_SARIMA_SEASONAL_MAX * m + PL_ARIMA_ORDER_MAX;
}

static void add(terms *t, size_t lag, double c)
{
  t->lag[t->n] = lag;
  t->c[t->n++] = c;
}

/* 1 - (1 - sum a_i B^i) (1 - sum s_k B^mk) of both orders' partial autocorrelations. */
static terms multiplied(const double *r, int p, const double *seasonal, int P, size_t m)
{
  terms t = {.n = 0};
  double a[PL_ARIMA_ORDER_MAX] = {0}, s[PL_ARIMA_ORDER_MAX] = {0};
  pl_arima_from_partial(r, p, a);
  pl_arima_from_partial(seasonal, P, s);
  for (int i = 0; i < p; i++)
    add(&t, (size_t)i + 1, a[i]);
  for (int k = 0; k < P; k++) {
    add(&t, ((size_t)k + 1) * m, s[k]);
    for (int i = 0; i < p; i++)
      add(&t, ((size_t)k + 1) * m + (size_t)i + 1, -s[k] * a[i]);
  }
  return t;
}

static void coefficients_of(const pl_sarima_order *o, const double *x, terms *ar, terms *ma)
{
  const double *theta = x + o->p, *of_season = theta + o->q;
  *ar = multiplied(x, o->p, of_season, o->P, o->m);
  *ma = multiplied(theta, o->q, of_season + o->P, o->Q, o->m);
}

static inline double before(const terms *t, const double *v)
{
  double sum = 0;
  for (size_t i = 0; i < t->n; i++)
    sum += t->c[i] * *(v - t->lag[i]);
  return sum;
}

double pl_sarima_errors(const pl_sarima_order *o, const double *x, double *w, double *e, size_t n)
{
  size_t room = room_of(o->m);
  double squares = 0;
  terms ar, ma;
  coefficients_of(o, x, &ar, &ma);
  memset(w - room, 0, room * sizeof *w);
  memset(e - room, 0, room * sizeof *e);
  for (size_t t = 0; t < n; t++) {
    e[t] = w[t] - before(&ar, w + t) + before(&ma, e + t);
    squares += e[t] * e[t];
  }
  return squares;
}

static double evaluate(const double *x, void *user)
{
  problem *q = user;
  return pl_sarima_errors(&q->o, x, q->w, q->e, q->n);
}

static double fit(problem *q, const pl_sarima_order *o, double *x, bool warm)
{
  static const double low[] = {-0.98, -0.98, -0.98, -0.98, -0.98}, high[] = {0.98, 0.98, 0.98, 0.98, 0.98};
  size_t d = (size_t)(o->p + o->q + o->P + o->Q);
  q->o = *o;
  double squares = pl_minimise(evaluate, q, x, low, high, d, warm ? 0.03 : 0.1, (warm ? 12 : 30) * d);
  return pl_aicc(squares, q->n, d + 1 + o->constant);
}

/* Differences over `lag` steps, in place. */
static size_t difference(double *w, size_t n, size_t lag)
{
  for (size_t t = lag; t < n; t++)
    w[t - lag] = w[t] - w[t - lag];
  return n - lag;
}

/* Takes the mean off w, and gives it. */
static double centre(double *w, size_t n)
{
  double mean = 0;
  for (size_t t = 0; t < n; t++)
    mean += w[t] / (double)n;
  for (size_t t = 0; t < n; t++)
    w[t] -= mean;
  return mean;
}

/* Orders as one number, for the memory: 2 bits each, then whether there is a constant. */
static int form_of(const pl_sarima_order *o)
{
  return o->p | o->q << 2 | o->P << 4 | o->Q << 6 | o->d << 8 | o->D << 10 | o->constant << 12;
}

static pl_sarima_order order_of(int form, size_t m)
{
  return (pl_sarima_order){form & 3, form >> 2 & 3, form >> 4 & 3, form >> 6 & 3, form >> 8 & 3, form >> 10 & 3, m, form >> 12 & 1};
}

typedef struct search {
  problem *q;
  int tried[PL_SARIMA_TRIED];
  size_t n; /* of them */
  double best, mean; /* criterion; of the differenced series */
  pl_sarima_order o;
  double x[PL_MINIMISE_MAX];
} search;

/* Whether o is allowed and was not tried; then it counts as tried. */
static bool is_new(search *s, const pl_sarima_order *o)
{
  if (o->p < 0 || o->q < 0 || o->P < 0 || o->Q < 0 || o->p > PL_ARIMA_ORDER_MAX || o->q > PL_ARIMA_ORDER_MAX)
    return false;
  if (o->P > PL_SARIMA_SEASONAL_MAX || o->Q > PL_SARIMA_SEASONAL_MAX || o->p + o->q + o->P + o->Q > PL_SARIMA_PARAMETERS)
    return false;
  if ((o->constant && o->d + o->D > 1) || s->n == PL_SARIMA_TRIED)
    return false;
  int form = form_of(o);
  for (size_t i = 0; i < s->n; i++) {
    if (s->tried[i] == form)
      return false;
  }
  s->tried[s->n++] = form;
  return true;
}

static void shift(problem *q, double by)
{
  for (size_t t = 0; t < q->n; t++)
    q->w[t] += by;
}

/* Whether o is better than the best so far. w is kept without its mean. */
static bool try_order(search *s, pl_sarima_order o)
{
  double x[PL_MINIMISE_MAX] = {0};
  if (!is_new(s, &o))
    return false;
  if (!o.constant)
    shift(s->q, s->mean);
  double criterion = fit(s->q, &o, x, false);
  if (!o.constant)
    shift(s->q, -s->mean);
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
  static const int steps[][4] = {{0, 0, -1, 0}, {0, 0, 0, -1}, {0, 0, 1, 0}, {0, 0, 0, 1}, {0, 0, -1, -1}, {0, 0, 1, 1}, {-1, 0, 0, 0},
                                 {0, -1, 0, 0}, {1, 0, 0, 0},  {0, 1, 0, 0}, {-1, -1, 0, 0}, {1, 1, 0, 0}};
  bool better = true;
  while (better) {
    pl_sarima_order at = s->o, other = at;
    better = false;
    for (size_t i = 0; i < sizeof steps / sizeof *steps && !better; i++) {
      pl_sarima_order o = at;
      o.p += steps[i][0];
      o.q += steps[i][1];
      o.P += steps[i][2];
      o.Q += steps[i][3];
      better = try_order(s, o);
    }
    other.constant = !at.constant;
    better = better || try_order(s, other);
  }
}

static void find_order(problem *q, double mean, pl_model_memory *memory)
{
  static const int starts[][4] = {{2, 2, 1, 0}, {0, 0, 0, 0}, {1, 0, 1, 0}, {0, 1, 0, 1}};
  search s = {.q = q, .best = INFINITY, .mean = mean, .o = q->o};
  s.o.constant = q->o.d + q->o.D < 2;
  pl_sarima_order first = s.o;
  for (size_t i = 0; i < sizeof starts / sizeof *starts; i++) {
    pl_sarima_order o = first;
    o.p = starts[i][0];
    o.q = starts[i][1];
    o.P = starts[i][2];
    o.Q = starts[i][3];
    (void)try_order(&s, o);
  }
  first.constant = false;
  (void)try_order(&s, first);
  walk(&s);
  memory->form = form_of(&s.o);
  memcpy(memory->x, s.x, sizeof s.x);
}

static double variance_of(const double *v, size_t n)
{
  double mean = 0, squares = 0;
  for (size_t t = 0; t < n; t++)
    mean += v[t] / (double)n;
  for (size_t t = 0; t < n; t++)
    squares += (v[t] - mean) * (v[t] - mean);
  return squares;
}

/* 1 less the remainder's variance over that of remainder and season. scratch: 9 n + 16. */
static bool is_strong(const double *y, size_t n, size_t m, double *scratch)
{
  double *seasonal = scratch, *trend = scratch + n;
  pl_stl(y, n, m, 11, true, seasonal, trend, scratch + 2 * n);
  for (size_t t = 0; t < n; t++) {
    trend[t] = y[t] - trend[t];
    seasonal[t] = trend[t] - seasonal[t];
  }
  double both = variance_of(trend, n);
  return both > 0 && 1 - variance_of(seasonal, n) / both > 0.64;
}

/* The differenced series of the order; how long it is. */
static size_t take_differences(const double *y, size_t n, const pl_sarima_order *o, double *w)
{
  memcpy(w, y, n * sizeof *y);
  for (int i = 0; i < o->D; i++)
    n = difference(w, n, o->m);
  for (int i = 0; i < o->d; i++)
    n = difference(w, n, 1);
  return n;
}

/* The h steps of the differenced series; then sums, of the plain differences first. y is what was differenced, z room for it. */
static void write_steps(problem *q, const double *x, double mean, const double *y, size_t n, size_t h, double *f, double *z)
{
  const pl_sarima_order *o = &q->o;
  terms ar, ma;
  (void)evaluate(x, q);
  coefficients_of(o, x, &ar, &ma);
  for (size_t k = 0; k < h; k++) {
    double *w = q->w + q->n + k, *e = q->e + q->n + k;
    *e = 0;
    *w = before(&ar, w) - before(&ma, e);
    f[k] = *w + mean;
  }
  memcpy(z, y, n * sizeof *y);
  size_t left = n;
  for (int i = 0; i < o->D; i++)
    left = difference(z, left, o->m);
  double level = z[left - 1], slope = left > 1 ? z[left - 1] - z[left - 2] : 0;
  for (size_t k = 0; k < h && o->d > 1; k++)
    f[k] = slope += f[k];
  for (size_t k = 0; k < h && o->d > 0; k++)
    f[k] = level += f[k];
  for (size_t k = 0; k < h && o->D > 0; k++)
    f[k] += k < o->m ? y[n - o->m + k] : f[k - o->m];
}

void pl_sarima_fit(const double *y, size_t n, size_t m, size_t h, double *f, pl_model_memory *memory, double *scratch)
{
  if (m < 2 || n < 3 * m || n < 12) {
    pl_model_memory plain = {0};
    pl_arima(y, n, h, f, &plain, scratch);
    return;
  }
  size_t room = room_of(m);
  problem q = {.w = scratch + room, .e = scratch + 2 * room + n + h, .o = {.m = m}};
  double *z = scratch + 2 * (room + n + h);
  if (memory->warm)
    q.o = order_of(memory->form, m);
  else
    q.o.D = is_strong(y, n, m, scratch);
  q.n = take_differences(y, n, &q.o, q.w);
  for (; !memory->warm && q.o.d + q.o.D < PL_ARIMA_DIFFERENCES_MAX && q.n >= 6 && pl_arima_has_root(q.w, q.n); q.o.d++)
    q.n = difference(q.w, q.n, 1);
  double mean = centre(q.w, q.n);
  if (!memory->warm)
    find_order(&q, mean, memory);
  pl_sarima_order o = order_of(memory->form, m);
  if (!o.constant) {
    shift(&q, mean);
    mean = 0;
  }
  (void)fit(&q, &o, memory->x, true);
  memory->warm = true;
  write_steps(&q, memory->x, mean, y, n, h, f, z);
  for (size_t k = 0; k < h; k++)
    f[k] = isfinite(f[k]) ? f[k] : y[n - m + k % m];
}
