/* See huber.h. Normal equations are solved by Cholesky's method on columns scaled to length 1. */
#include "analysis/forecast/huber.h"

#include <math.h>
#include <string.h>

#include "analysis/forecast/median.h"

enum { K = PL_HUBER_COLUMNS, ROUNDS = 50 };

static const double bend = 1.345, dependent = 1e-10;

typedef struct rows {
  const double *x, *y;
  size_t n, k;
  double *residual, *scratch; /* n each; a row left out has a residual of NaN */
  size_t used;
} rows;

static bool counts(const rows *r, size_t i)
{
  bool finite = isfinite(r->y[i]);
  for (size_t j = 0; finite && j < r->k; j++)
    finite = isfinite(r->x[i * r->k + j]);
  return finite;
}

void pl_cholesky(const double *covariance, size_t k, double *l)
{
  memset(l, 0, k * k * sizeof *l);
  for (size_t i = 0; i < k; i++) {
    for (size_t j = 0; j <= i; j++) {
      double sum = covariance[i * k + j];
      for (size_t m = 0; m < j; m++)
        sum -= l[i * k + m] * l[j * k + m];
      if (i == j)
        l[i * k + i] = sum > dependent * fabs(covariance[i * k + i]) ? sqrt(sum) : 0;
      else
        l[i * k + j] = l[j * k + j] > 0 ? sum / l[j * k + j] : 0;
    }
  }
}

/* Inverse of a symmetric k x k matrix into out; dependent columns have 0. */
static void invert(const double *matrix, size_t k, double *out)
{
  double scaled[K * K] = {0}, l[K * K], size[K];
  for (size_t i = 0; i < k; i++)
    size[i] = matrix[i * k + i] > 0 ? sqrt(matrix[i * k + i]) : 0;
  for (size_t i = 0; i < k; i++)
    for (size_t j = 0; j < k; j++)
      scaled[i * k + j] = size[i] > 0 && size[j] > 0 ? matrix[i * k + j] / (size[i] * size[j]) : 0;
  pl_cholesky(scaled, k, l);
  for (size_t c = 0; c < k; c++) {
    double v[K];
    for (size_t i = 0; i < k; i++) {
      double sum = i == c ? 1 : 0;
      for (size_t m = 0; m < i; m++)
        sum -= l[i * k + m] * v[m];
      v[i] = l[i * k + i] > 0 ? sum / l[i * k + i] : 0;
    }
    for (size_t i = k; i-- > 0;) {
      double sum = v[i];
      for (size_t m = i + 1; m < k; m++)
        sum -= l[m * k + i] * v[m];
      v[i] = l[i * k + i] > 0 ? sum / l[i * k + i] : 0;
    }
    for (size_t i = 0; i < k; i++)
      out[i * k + c] = size[i] > 0 && size[c] > 0 && l[c * k + c] > 0 ? v[i] / (size[i] * size[c]) : 0;
  }
}

static double weight(double residual, double scale)
{
  double far = fabs(residual);
  return scale > 0 && far > bend * scale ? bend * scale / far : 1;
}

/* One round: least squares with the weights of the residuals at a scale (0: all 1). The inverse of X'X into inverse. */
static void solve(rows *r, double scale, double *coefficient, double *inverse)
{
  double matrix[K * K] = {0}, right[K] = {0};
  for (size_t i = 0; i < r->n; i++) {
    const double *x = r->x + i * r->k;
    if (isnan(r->residual[i]))
      continue;
    double w = weight(r->residual[i], scale);
    for (size_t p = 0; p < r->k; p++) {
      right[p] += w * x[p] * r->y[i];
      for (size_t q = 0; q <= p; q++)
        matrix[p * r->k + q] += w * x[p] * x[q];
    }
  }
  for (size_t p = 0; p < r->k; p++)
    for (size_t q = p + 1; q < r->k; q++)
      matrix[p * r->k + q] = matrix[q * r->k + p];
  invert(matrix, r->k, inverse);
  for (size_t p = 0; p < r->k; p++) {
    coefficient[p] = 0;
    for (size_t q = 0; q < r->k; q++)
      coefficient[p] += inverse[p * r->k + q] * right[q];
  }
}

/* Residuals of the coefficients; returns their robust scale about 0. */
static double take_residuals(rows *r, const double *coefficient)
{
  size_t kept = 0;
  for (size_t i = 0; i < r->n; i++) {
    if (isnan(r->residual[i]))
      continue;
    double fit = 0;
    for (size_t j = 0; j < r->k; j++)
      fit += r->x[i * r->k + j] * coefficient[j];
    r->residual[i] = r->y[i] - fit;
    r->scratch[kept++] = fabs(r->residual[i]);
  }
  return 1.4826 * pl_median_in(r->scratch, kept);
}

/* Huber's covariance, with his correction for the columns. */
static void spread(const rows *r, size_t n, pl_huber *out)
{
  double squares = 0, inside = 0, matrix[K * K] = {0};
  for (size_t i = 0; i < r->n; i++) {
    const double *x = r->x + i * r->k;
    if (isnan(r->residual[i]))
      continue;
    double w = weight(r->residual[i], out->scale), psi = w * r->residual[i];
    squares += psi * psi;
    inside += w >= 1;
    out->absolute += fabs(r->residual[i]) / (double)n;
    for (size_t p = 0; p < r->k; p++)
      for (size_t q = 0; q < r->k; q++)
        matrix[p * r->k + q] += x[p] * x[q];
  }
  double inverse[K * K], share = inside / (double)n, k = (double)r->k;
  invert(matrix, r->k, inverse);
  double correction = share > 0 ? 1 + k / (double)n * (1 - share) / share : 1;
  double variance = (double)n > k && share > 0 ? correction * correction * squares / ((double)n - k) / (share * share) : 0;
  for (size_t i = 0; i < r->k * r->k; i++)
    out->covariance[i] = inverse[i] * variance;
}

/* The size of each column: the root of its mean square. */
static void sizes_of(const rows *r, double size[K])
{
  for (size_t j = 0; j < r->k; j++)
    size[j] = 0;
  for (size_t i = 0; i < r->n; i++)
    for (size_t j = 0; j < r->k && !isnan(r->residual[i]); j++)
      size[j] += r->x[i * r->k + j] * r->x[i * r->k + j] / (double)r->used;
  for (size_t j = 0; j < r->k; j++)
    size[j] = sqrt(size[j]);
}

static void iterate(rows *r, double tolerance, pl_huber *out)
{
  double inverse[K * K], size[K];
  sizes_of(r, size);
  solve(r, 0, out->coefficient, inverse);
  out->scale = take_residuals(r, out->coefficient);
  for (int round = 0; round < ROUNDS && out->scale > 0; round++) {
    double before[K], moved = 0, scale = out->scale;
    memcpy(before, out->coefficient, sizeof before);
    solve(r, out->scale, out->coefficient, inverse);
    out->scale = take_residuals(r, out->coefficient);
    for (size_t j = 0; j < r->k; j++)
      moved = fmax(moved, fabs(out->coefficient[j] - before[j]) * size[j] / scale);
    if (moved < tolerance)
      break;
  }
  spread(r, r->used, out);
}

int pl_huber_fit(const pl_allocator *a, const double *x, const double *y, size_t n, size_t k, double tolerance, pl_huber *out)
{
  if (k == 0 || k > K || n < k)
    return PL_EINVAL;
  rows r = {.x = x, .y = y, .n = n, .k = k, .residual = pl_alloc(a, n * sizeof *r.residual), .scratch = pl_alloc(a, n * sizeof *r.scratch)};
  int code = r.residual && r.scratch ? PL_OK : PL_ENOMEM;
  for (size_t i = 0; code == PL_OK && i < n; i++) {
    bool used = counts(&r, i);
    r.residual[i] = used ? 0 : NAN;
    r.used += used;
  }
  if (code == PL_OK && r.used < k)
    code = PL_EINVAL;
  if (code == PL_OK) {
    *out = (pl_huber){.used = r.used};
    iterate(&r, tolerance, out);
  }
  pl_free(a, r.scratch, n * sizeof *r.scratch);
  pl_free(a, r.residual, n * sizeof *r.residual);
  return code;
}
