/* See sar.h. Normal equations, solved by Cholesky's decomposition; a ridge of a millionth keeps them solvable. */
#include "analysis/forecast/sar.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

enum { SIZE = PL_SAR_LAGS + 1 };

typedef struct equations {
  size_t lags[PL_SAR_LAGS], n; /* n lags, then the constant */
  double a[SIZE][SIZE], b[SIZE];
} equations;

static void add_lag(equations *q, size_t lag)
{
  for (size_t i = 0; i < q->n; i++) {
    if (q->lags[i] == lag)
      return;
  }
  if (lag > 0 && q->n < PL_SAR_LAGS)
    q->lags[q->n++] = lag;
}

static size_t longest(const equations *q)
{
  size_t most = 0;
  for (size_t i = 0; i < q->n; i++)
    most = q->lags[i] > most ? q->lags[i] : most;
  return most;
}

static void choose_lags(equations *q, size_t n, const size_t *seasons)
{
  for (size_t lag = 1; lag <= 3 && n >= 4 * (lag + 2); lag++)
    add_lag(q, lag);
  for (size_t i = 0; i < PL_SEASONS_MAX && seasons[i]; i++) {
    if (seasons[i] < 2 || n < 3 * seasons[i] || n < seasons[i] + 1 + 3 * (q->n + 4))
      continue;
    add_lag(q, seasons[i] - 1);
    add_lag(q, seasons[i]);
    add_lag(q, seasons[i] + 1);
  }
}

static void row_of(const equations *q, const double *y, size_t t, double *x)
{
  for (size_t i = 0; i < q->n; i++)
    x[i] = y[t - q->lags[i]];
  x[q->n] = 1;
}

static void fill(equations *q, const double *y, size_t n)
{
  double x[SIZE];
  for (size_t t = longest(q); t < n; t++) {
    row_of(q, y, t, x);
    for (size_t i = 0; i <= q->n; i++) {
      q->b[i] += x[i] * y[t];
      for (size_t k = 0; k <= i; k++)
        q->a[i][k] += x[i] * x[k];
    }
  }
  for (size_t i = 0; i <= q->n; i++)
    q->a[i][i] *= 1 + 1e-6;
}

/* b becomes the coefficients; false: they are not to be had. */
static bool solve(equations *q)
{
  size_t d = q->n + 1;
  for (size_t i = 0; i < d; i++) {
    for (size_t k = 0; k <= i; k++) {
      double sum = q->a[i][k];
      for (size_t j = 0; j < k; j++)
        sum -= q->a[i][j] * q->a[k][j];
      if (i == k && !(sum > 0))
        return false;
      q->a[i][k] = i == k ? sqrt(sum) : sum / q->a[k][k];
    }
  }
  for (size_t i = 0; i < d; i++) {
    for (size_t k = 0; k < i; k++)
      q->b[i] -= q->a[i][k] * q->b[k];
    q->b[i] /= q->a[i][i];
  }
  for (size_t i = d; i-- > 0;) {
    for (size_t k = i + 1; k < d; k++)
      q->b[i] -= q->a[k][i] * q->b[k];
    q->b[i] /= q->a[i][i];
  }
  return true;
}

void pl_sar(const double *y, size_t n, const size_t *seasons, size_t h, double *f, double *scratch)
{
  equations q = {.n = 0};
  double lo = y[0], hi = y[0], x[SIZE];
  choose_lags(&q, n, seasons);
  fill(&q, y, n);
  bool known = q.n > 0 && solve(&q);
  for (size_t t = 1; t < n; t++) {
    lo = fmin(lo, y[t]);
    hi = fmax(hi, y[t]);
  }
  memcpy(scratch, y, n * sizeof *y);
  for (size_t t = n; t < n + h; t++) {
    double sum = known ? 0 : y[n - 1];
    row_of(&q, scratch, t, x);
    for (size_t i = 0; i <= q.n && known; i++)
      sum += q.b[i] * x[i];
    f[t - n] = scratch[t] = fmin(fmax(sum, 2 * lo - hi), 2 * hi - lo);
  }
}
