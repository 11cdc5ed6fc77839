/* See theta.h. The dynamic model's trend is the line through all values so far, A at 0 and B a step, by recursion. */
#include "analysis/forecast/theta.h"

#include "analysis/forecast/ets.h"

typedef struct problem {
  const double *y;
  size_t n;
  double first; /* level, of the evaluation before */
} problem;

/* Alpha, and 1 - 1 / theta. */
static const double low[] = {0.05, 0}, high[] = {0.99, 0.99};

typedef struct track {
  double l, power; /* level; (1 - alpha)^t */
  double mean, a, b;
} track;

static double next_of(const track *s, double alpha, double weight)
{
  return s->l + weight * (s->power * s->a + (1 - s->power * (1 - alpha)) / alpha * s->b);
}

/* t: how many values came before y. */
static void take(track *s, double alpha, double y, size_t t)
{
  double i = (double)t;
  s->l = alpha * y + (1 - alpha) * s->l;
  s->power *= 1 - alpha;
  s->b = ((i - 1) * s->b + 6 * (y - s->mean) / (i + 1)) / (i + 2);
  s->mean += (y - s->mean) / (i + 1);
  s->a = s->mean - s->b * (i + 2) / 2;
}

static track begin(const problem *q, double alpha, double level)
{
  return (track){.l = alpha * q->y[0] + (1 - alpha) * level, .power = 1 - alpha, .mean = q->y[0], .a = q->y[0]};
}

/* The error is e - l0 (1 - alpha)^t with e the one from a first level of 0. */
static double evaluate(const double *x, void *user)
{
  problem *q = user;
  track s = begin(q, x[0], 0);
  double ee = 0, eu = 0, uu = 0;
  for (size_t t = 1; t < q->n; t++) {
    double e = q->y[t] - next_of(&s, x[0], x[1]), u = -s.power;
    ee += e * e;
    eu += e * u;
    uu += u * u;
    take(&s, x[0], q->y[t], t);
  }
  q->first = uu > 0 ? -eu / uu : 0;
  return fmax(ee + q->first * eu, 0);
}

void pl_dotm(const double *y, size_t n, size_t h, double *f, pl_model_memory *memory, double *scratch)
{
  problem q = {.y = y, .n = n};
  double *x = memory->x;
  (void)scratch;
  if (n < 3) {
    for (size_t k = 0; k < h; k++)
      f[k] = y[n - 1];
    return;
  }
  if (!memory->warm) {
    x[0] = 0.5;
    x[1] = 0.5;
  }
  (void)pl_minimise(evaluate, &q, x, low, high, 2, memory->warm ? 0.05 : 0.2, memory->warm ? 30 : 80);
  memory->warm = true;
  (void)evaluate(x, &q);
  track s = begin(&q, x[0], q.first);
  for (size_t t = 1; t < n + h; t++) {
    double next = t < n ? y[t] : next_of(&s, x[0], x[1]);
    if (t >= n)
      f[t - n] = next;
    take(&s, x[0], next, t);
  }
}

void pl_theta(const double *y, size_t n, size_t h, double *f, pl_model_memory *memory, double *scratch)
{
  double slope = 0, squares = 0, centre = ((double)n - 1) / 2;
  for (size_t t = 0; t < n; t++) {
    slope += ((double)t - centre) * y[t];
    squares += ((double)t - centre) * ((double)t - centre);
  }
  slope = squares > 0 ? slope / squares : 0;
  pl_ets_form(PL_ETS_LEVEL, y, n, h, f, memory, scratch);
  double alpha = memory->x[0], lag = (1 - pow(1 - alpha, (double)n)) / alpha;
  for (size_t k = 0; k < h; k++)
    f[k] += slope / 2 * ((double)k + lag);
}
