/* See seasonal_ets.h. The season s is kept as a deviation at the level `centre`: a place's factor is 1 + rate s, a level's is 1 + rate (l - centre), and their
 * product is that of the forecast. Factors have a floor of 1/10, so that a level far below those of the series turns no season over. */
#include "analysis/forecast/seasonal_ets.h"

#include <string.h>

#include "analysis/forecast/season.h"

typedef struct problem {
  const double *y, *shape; /* shape: of the decomposition, m */
  size_t n;
  double slope, level; /* a step, and at the series' end */
  pl_seasonal_ets q;
} problem;

/* Parameters of the search: alpha, gamma as a part of 1 - alpha, beta as a part of alpha, phi; a trend needs one more than a level, a damped one two. */
static const double low[] = {1e-4, 1e-4, 1e-4, 0.8}, high[] = {0.9999, 0.9999, 0.9999, 0.98}, begins[] = {0.3, 0.1, 0.1, 0.95};

static inline double factor(double rate, double from)
{
  double v = 1 + rate * from;
  return v > 0.1 ? v : 0.1;
}

/* The error of the value y at a place, in parts of *size; states move by it. The kind comes as a constant, so that additive models divide by nothing. */
static inline double take(pl_seasonal_ets *q, enum pl_seasonal_ets_kind kind, double y, size_t place, double *size)
{
  double b = q->phi * q->b, l = q->l + b, s = q->s[place], rate = q->rate;
  if (kind != PL_ETS_MM) {
    double mean = l + s, e = y - mean;
    q->l = l + q->alpha * e;
    q->b = b + q->beta * e;
    q->s[place] = s + q->gamma * e;
    *size = kind == PL_ETS_AA ? 1 : factor(rate, mean - q->centre);
    return kind == PL_ETS_AA ? e : e / *size;
  }
  double of_level = factor(rate, l - q->centre), of_place = factor(rate, s), mean = l + s * of_level;
  double whole = 1 / (of_level * of_place), e = y - mean, moved = e * of_level * whole;
  q->l = l + q->alpha * moved;
  q->b = b + q->beta * moved;
  q->s[place] = s + q->gamma * e * of_place * whole;
  *size = of_level * of_place;
  return e * whole;
}

static inline double filter(pl_seasonal_ets *q, enum pl_seasonal_ets_kind kind, const double *y, size_t n)
{
  double squares = 0, product = 1, logs = 0, size;
  for (size_t t = 0, place = 0; t < n; t++, place = place + 1 == q->m ? 0 : place + 1) {
    double e = take(q, kind, y[t], place, &size);
    squares += e * e;
    product *= size;
    if (kind != PL_ETS_AA && !(product < 1e100 && product > 1e-100)) {
      logs += log(product);
      product = 1;
    }
  }
  return kind == PL_ETS_AA ? squares : squares * exp(2 * (logs + log(product)) / (double)n);
}

static inline void filter_back(pl_seasonal_ets *q, enum pl_seasonal_ets_kind kind, const double *y, size_t n)
{
  double size;
  for (size_t t = n, place = n % q->m; t-- > 0;) {
    place = (place ? place : q->m) - 1;
    (void)take(q, kind, y[t], place, &size);
  }
}

double pl_seasonal_ets_filter(pl_seasonal_ets *q, const double *y, size_t n)
{
  switch (q->kind) {
  case PL_ETS_MM: return filter(q, PL_ETS_MM, y, n);
  case PL_ETS_MA: return filter(q, PL_ETS_MA, y, n);
  default: return filter(q, PL_ETS_AA, y, n);
  }
}

void pl_seasonal_ets_steps(const pl_seasonal_ets *q, size_t at, size_t h, double *f)
{
  double l = q->l, b = q->b, rate = q->kind == PL_ETS_MM ? q->rate : 0;
  for (size_t k = 0; k < h; k++) {
    b *= q->phi;
    l += b;
    f[k] = l + q->s[(at + k) % q->m] * factor(rate, l - q->centre);
  }
}

/* First states: those that the series, read backwards and without damping, ends with. */
static void run_backwards(const problem *p, pl_seasonal_ets *q)
{
  double phi = q->phi;
  memcpy(q->s, p->shape, q->m * sizeof *q->s);
  q->b = q->trend == PL_ETS_LEVEL ? 0 : -p->slope;
  q->l = p->level - q->b;
  q->phi = 1;
  if (q->kind == PL_ETS_MM)
    filter_back(q, PL_ETS_MM, p->y, p->n);
  else
    filter_back(q, PL_ETS_AA, p->y, p->n);
  q->l += q->b;
  q->b /= -phi;
  q->phi = phi;
}

static double evaluate(const double *x, void *user)
{
  problem *p = user;
  p->q.alpha = x[0];
  p->q.gamma = (1 - x[0]) * x[1];
  p->q.beta = p->q.trend == PL_ETS_LEVEL ? 0 : x[0] * x[2];
  p->q.phi = p->q.trend == PL_ETS_DAMPED ? x[3] : 1;
  run_backwards(p, &p->q);
  return pl_seasonal_ets_filter(&p->q, p->y, p->n);
}

/* AICc of a form, first states counted; x: where the search begins, and its end. */
static double fit(problem *p, double *x, bool warm)
{
  size_t d = 2 + (size_t)p->q.trend;
  double squares = pl_minimise(evaluate, p, x, low, high, d, warm ? 0.05 : 0.2, (warm ? 12 : 35) * d);
  return pl_aicc(squares, p->n, d + 1 + (p->q.trend != PL_ETS_LEVEL) + p->q.m);
}

/* The form with the smallest criterion, its parameters into the memory. */
static void choose(problem *p, pl_model_memory *memory)
{
  double best = INFINITY;
  int kinds = p->q.rate != 0 ? PL_ETS_KINDS : 1;
  memcpy(memory->x, begins, sizeof begins);
  memory->form = 0;
  for (int form = 0; form < PL_ETS_FORMS * kinds; form++) {
    double x[PL_MINIMISE_MAX];
    memcpy(x, begins, sizeof begins);
    p->q.trend = (enum pl_ets_form)(form % PL_ETS_FORMS);
    p->q.kind = (enum pl_seasonal_ets_kind)(form / PL_ETS_FORMS);
    double criterion = fit(p, x, false);
    if (criterion < best) {
      best = criterion;
      memory->form = form;
      memcpy(memory->x, x, sizeof begins);
    }
  }
}

/* The shape, its growth, and the line of the means of the first and the last season. */
static void decompose(problem *p, double *shape, double *scratch)
{
  size_t n = p->n, m = p->q.m;
  double first = 0, last = 0;
  pl_season_shape(p->y, n, m, shape, scratch);
  pl_season_growth g = pl_season_growth_of(p->y, n, m, shape, scratch);
  p->shape = shape;
  p->q.rate = g.rate;
  p->q.centre = g.centre;
  for (size_t t = 0; t < m; t++) {
    first += p->y[t] / (double)m;
    last += p->y[n - 1 - t] / (double)m;
  }
  p->slope = (last - first) / (double)(n - m);
  p->level = last + p->slope * ((double)m - 1) / 2;
}

void pl_seasonal_ets_fit(const double *y, size_t n, size_t m, size_t h, double *f, pl_model_memory *memory, double *scratch)
{
  if (m < 2 || n < 2 * m) {
    pl_model_memory plain = {0};
    pl_ets(y, n, h, f, &plain, scratch);
    return;
  }
  problem p = {.y = y, .n = n, .q = {.m = m, .s = scratch}};
  decompose(&p, scratch + m, scratch + 2 * m);
  if (!memory->warm)
    choose(&p, memory);
  p.q.trend = (enum pl_ets_form)(memory->form % PL_ETS_FORMS);
  p.q.kind = (enum pl_seasonal_ets_kind)(memory->form / PL_ETS_FORMS);
  if (memory->warm)
    (void)fit(&p, memory->x, true);
  memory->warm = true;
  bool known = isfinite(evaluate(memory->x, &p));
  pl_seasonal_ets_steps(&p.q, n, h, f);
  for (size_t k = 0; k < h; k++)
    f[k] = known && isfinite(f[k]) ? f[k] : y[n - m + k % m];
}
