/* See ets.h. With l and b as states, l + phi b is the next value, and an error e moves them by alpha e and beta e. Three copies run side by
 * side: the series from states of 0, and an empty series from a level of 1 and from a trend of 1; the errors of any first states are a
 * sum of the three. */
#include "analysis/forecast/ets.h"

#include <string.h>

typedef struct state {
  double l, b;
} state;

typedef struct problem {
  const double *y;
  size_t n;
  enum pl_ets_form form;
  state first, last; /* of the evaluation before */
} problem;

/* Parameters of the search: alpha, beta as a part of alpha, phi. */
static const double low[] = {1e-4, 1e-4, 0.8}, high[] = {0.9999, 0.9999, 0.98};
static const size_t searched[PL_ETS_FORMS] = {1, 2, 3};
/* Where a form's parameters begin in the memory of pl_ets, which keeps those of all; its form is how many of them it keeps. */
static const size_t place[PL_ETS_FORMS] = {0, 1, 3};
static const double begins[PL_ETS_FORMS][3] = {{0.5}, {0.3, 0.1}, {0.5, 0.1, 0.95}};

/* Sums of products of the three errors. */
typedef struct products {
  double ee, uu, vv, uv, eu, ev;
} products;

static double solve(const products *p, enum pl_ets_form form, state *s)
{
  double det = p->uu * p->vv - p->uv * p->uv;
  if (form == PL_ETS_LEVEL || det <= 1e-10 * p->uu * p->vv)
    *s = (state){-p->eu / p->uu, 0};
  else
    *s = (state){(-p->eu * p->vv + p->ev * p->uv) / det, (-p->ev * p->uu + p->eu * p->uv) / det};
  return fmax(p->ee + s->l * p->eu + s->b * p->ev, 0);
}

static double evaluate(const double *x, void *user)
{
  problem *q = user;
  products p = {0};
  state e = {0, 0}, u = {1, 0}, v = {0, 1};
  double alpha = x[0], beta = q->form == PL_ETS_LEVEL ? 0 : alpha * x[1], phi = q->form == PL_ETS_DAMPED ? x[2] : 1;
  for (size_t t = 0; t < q->n; t++) {
    double eb = phi * e.b, ub = phi * u.b, vb = phi * v.b;
    double de = q->y[t] - e.l - eb, du = -u.l - ub, dv = -v.l - vb;
    e = (state){e.l + eb + alpha * de, eb + beta * de};
    u = (state){u.l + ub + alpha * du, ub + beta * du};
    v = (state){v.l + vb + alpha * dv, vb + beta * dv};
    p.ee += de * de;
    p.uu += du * du;
    p.vv += dv * dv;
    p.uv += du * dv;
    p.eu += de * du;
    p.ev += de * dv;
  }
  double squares = solve(&p, q->form, &q->first);
  q->last = (state){e.l + q->first.l * u.l + q->first.b * v.l, e.b + q->first.l * u.b + q->first.b * v.b};
  return squares;
}

static double fit(problem *q, double *x, bool warm)
{
  size_t d = searched[q->form];
  if (!warm)
    memcpy(x, begins[q->form], d * sizeof *x);
  double squares = pl_minimise(evaluate, q, x, low, high, d, warm ? 0.05 : 0.2, (warm ? 15 : 40) * d);
  return pl_aicc(squares, q->n, 2 * d + 1 - (q->form == PL_ETS_DAMPED));
}

static void write_steps(problem *q, const double *x, size_t h, double *f)
{
  (void)evaluate(x, q);
  state s = q->last;
  for (size_t k = 0; k < h; k++) {
    s.b *= q->form == PL_ETS_DAMPED ? x[2] : 1;
    s.l += s.b;
    f[k] = s.l;
  }
}

void pl_ets_form(enum pl_ets_form form, const double *y, size_t n, size_t h, double *f, pl_model_memory *memory, double *scratch)
{
  problem q = {.y = y, .n = n, .form = n < 4 ? PL_ETS_LEVEL : form};
  (void)scratch;
  (void)fit(&q, memory->x, memory->warm);
  memory->warm = true;
  memory->form = (int)q.form;
  write_steps(&q, memory->x, h, f);
}

/* What a form is worth beside the best one, by Akaike's weights (Burnham, Anderson 2002, section 2.9). Where no criterion is finite, n being too short
 * for any, the level is all. */
static double weight_of(int form, double criterion, double best)
{
  return isfinite(best) ? exp((best - criterion) / 2) : form == PL_ETS_LEVEL;
}

void pl_ets(const double *y, size_t n, size_t h, double *f, pl_model_memory *memory, double *scratch)
{
  int forms = n < 4 ? PL_ETS_TREND : PL_ETS_FORMS, known = memory->warm ? memory->form : 0;
  double criteria[PL_ETS_FORMS], best = INFINITY, all = 0;
  for (int i = 0; i < forms; i++) {
    problem q = {.y = y, .n = n, .form = (enum pl_ets_form)i};
    criteria[i] = fit(&q, memory->x + place[i], i < known);
    write_steps(&q, memory->x + place[i], h, scratch + (size_t)i * h);
    best = fmin(best, criteria[i]);
  }
  memset(f, 0, h * sizeof *f);
  for (int i = 0; i < forms; i++)
    all += criteria[i] = weight_of(i, criteria[i], best);
  for (int i = 0; i < forms; i++) {
    for (size_t k = 0; k < h; k++)
      f[k] += criteria[i] / all * scratch[(size_t)i * h + k];
  }
  memory->warm = true;
  memory->form = forms > known ? forms : known;
}
