/* See drift.h. Everything is linear in y and x, so that the level is smoothed once for each column and b comes from a regression. */
#include "analysis/forecast/drift.h"

#include <math.h>
#include <string.h>

enum { K = PL_HUBER_COLUMNS };

static const double alphas[] = {0, 0.02, 0.05, 0.1, 0.2, 0.3, 0.45, 0.6, 0.75, 0.9, 1};

/* y and x without their smoothed levels: y_left[n], x_left[n * k], NaN rows where y has a gap; the levels at the end into d. */
static void smooth(const double *y, const double *x, size_t n, pl_drift *d, double *y_left, double *x_left)
{
  size_t k = d->k;
  d->end_y = 0;
  memset(d->end_x, 0, sizeof d->end_x);
  for (size_t i = 0; i < n; i++) {
    bool gap = isnan(y[i]);
    y_left[i] = y[i] - d->end_y;
    d->end_y += gap ? 0 : d->alpha * y_left[i];
    for (size_t j = 0; j < k; j++) {
      double left = x[i * k + j] - d->end_x[j];
      x_left[i * k + j] = left;
      d->end_x[j] += gap ? 0 : d->alpha * left;
    }
  }
}

/* How well b is known while alphas are compared, and then: shares of the scale of e. */
static const double roughly = 1e-4, exactly = 1e-9;

/* Mean absolute e of an alpha, or an error. */
static int try_alpha(const pl_allocator *a, const double *y, const double *x, size_t n, double tolerance, pl_drift *d, double *y_left, double *x_left)
{
  smooth(y, x, n, d, y_left, x_left);
  return pl_huber_fit(a, x_left, y_left, n, d->k, tolerance, &d->fit);
}

/* The innovations, their standard deviation and centre. */
static void keep_innovations(const double *y_left, const double *x_left, size_t n, pl_drift *d)
{
  double squares = 0, sum = 0, clipped = 0, far = 3 * d->fit.scale;
  for (size_t i = 0; i < n; i++) {
    double e = y_left[i];
    for (size_t j = 0; j < d->k; j++)
      e -= x_left[i * d->k + j] * d->fit.coefficient[j];
    if (isnan(e))
      continue;
    squares += e * e;
    sum += e;
    clipped += fmin(fmax(e, -far), far);
    d->innovation[d->n_innovation++] = e;
  }
  size_t free = d->n_innovation > d->k ? d->n_innovation - d->k : 1;
  d->sd = sqrt(squares / (double)free);
  /* Residuals of few values are smaller than what comes: they are stretched to the unbiased variance. */
  double stretch = d->n_innovation ? sqrt((double)d->n_innovation / (double)free) : 1;
  double count = d->n_innovation ? (double)d->n_innovation : 1;
  d->centre = clipped / count;
  for (size_t i = 0; i < d->n_innovation; i++)
    d->innovation[i] = (d->innovation[i] - sum / count) * stretch + d->centre;
}

int pl_drift_fit(const pl_allocator *a, const double *y, const double *x, size_t n, size_t k, pl_drift *out)
{
  if (k == 0 || k > K || n < k)
    return PL_EINVAL;
  pl_drift best = {.k = k, .n = n}, d = best;
  double least = INFINITY, *left = pl_alloc(a, n * (k + 1) * sizeof *left);
  int code = PL_ENOMEM;
  best.innovation = pl_alloc(a, n * sizeof *best.innovation);
  if (left && best.innovation)
    code = PL_OK;
  for (size_t i = 0; i < sizeof alphas / sizeof *alphas && code == PL_OK; i++) {
    d.alpha = alphas[i];
    code = try_alpha(a, y, x, n, roughly, &d, left, left + n);
    /* What is hardly better wanders without need: a thousandth is asked for. */
    if (code == PL_OK && d.fit.absolute < least * 0.999) {
      least = d.fit.absolute;
      best.alpha = d.alpha;
    }
  }
  if (code == PL_OK)
    code = try_alpha(a, y, x, n, exactly, &best, left, left + n);
  if (code == PL_OK) {
    keep_innovations(left, left + n, n, &best);
    pl_cholesky(best.fit.covariance, k, best.root);
    *out = best;
  } else {
    pl_free(a, best.innovation, n * sizeof *best.innovation);
  }
  pl_free(a, left, n * (k + 1) * sizeof *left);
  return code;
}

void pl_drift_ahead(const pl_drift *d, const double *x, size_t h, double *mean, double *variance)
{
  for (size_t i = 0; i < h; i++) {
    double m = d->end_y + d->centre * (1 + d->alpha * (double)i), v = d->sd * d->sd * (1 + (double)i * d->alpha * d->alpha), far[K];
    for (size_t j = 0; j < d->k; j++) {
      far[j] = x[i * d->k + j] - d->end_x[j];
      m += far[j] * d->fit.coefficient[j];
    }
    for (size_t p = 0; p < d->k; p++)
      for (size_t q = 0; q < d->k; q++)
        v += far[p] * far[q] * d->fit.covariance[p * d->k + q];
    if (mean)
      mean[i] = m;
    if (variance)
      variance[i] = v;
  }
}

void pl_drift_path(const pl_drift *d, const double *x, size_t h, double wider, pl_rng *rng, double *out)
{
  double b[K], z[K], level = d->end_y;
  for (size_t j = 0; j < d->k; j++)
    z[j] = pl_rng_normal(rng, 0, wider);
  for (size_t p = 0; p < d->k; p++) {
    b[p] = d->fit.coefficient[p];
    for (size_t q = 0; q <= p; q++)
      b[p] += d->root[p * d->k + q] * z[q];
    level -= d->end_x[p] * b[p];
  }
  for (size_t i = 0; i < h; i++) {
    double e = d->centre;
    if (d->n_innovation)
      e += wider * (d->innovation[pl_rng_below(rng, d->n_innovation)] - d->centre);
    out[i] = level + e;
    level += d->alpha * e;
    for (size_t j = 0; j < d->k; j++)
      out[i] += x[i * d->k + j] * b[j];
  }
}

void pl_drift_free(const pl_allocator *a, pl_drift *d)
{
  pl_free(a, d->innovation, d->n * sizeof *d->innovation);
  memset(d, 0, sizeof *d);
}
