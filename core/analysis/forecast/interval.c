/* See interval.h. */
#include "analysis/forecast/interval.h"

#include <math.h>
#include <stdlib.h>

#include "analysis/student.h"

void pl_error_scale(const pl_past_errors *p, double *scale, double *weight)
{
  size_t known = 0;
  for (size_t k = 0; k < p->h; k++) {
    double squares = 0, n = 0;
    for (size_t i = 0; i < p->origins; i++) {
      double e = p->errors[i * p->h + k];
      if (!isnan(e)) {
        squares += e * e;
        n++;
      }
    }
    if (n == 0)
      break;
    scale[known] = squares / n;
    weight[known++] = n;
  }
  /* Pools of neighbours that fall: a pool is its first place's mean, its weight, and how long it is, told by the places that follow it. */
  for (size_t k = 1; k < known; k++) {
    size_t from = k;
    double sum = scale[k] * weight[k], n = weight[k];
    while (from > 0 && scale[from - 1] >= sum / n) {
      from--;
      sum += scale[from] * weight[from];
      n += weight[from];
    }
    for (size_t i = from; i <= k; i++)
      scale[i] = sum / n;
  }
  for (size_t k = 0; k < known; k++)
    scale[k] = sqrt(scale[k]);
  for (size_t k = known; k < p->h; k++)
    scale[k] = known ? scale[known - 1] * sqrt((double)(k + 1) / (double)known) : 0;
}

static int ascending(const void *a, const void *b)
{
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

double pl_error_quantile(const pl_past_errors *p, const double *scale, double level, double *scratch)
{
  size_t n = 0;
  for (size_t i = 0; i < p->origins; i++) {
    for (size_t k = 0; k < p->h; k++) {
      double e = p->errors[i * p->h + k];
      if (!isnan(e) && scale[k] > 0)
        scratch[n++] = fabs(e) / scale[k];
    }
  }
  double freedom = fmax(2 * (double)(p->origins * p->stride) / (double)(p->h + 1), 2);
  double student = pl_student_quantile((1 + level) / 2, freedom);
  double rank = ceil(((double)n + 1) * level);
  if (n == 0 || rank > (double)n)
    return student;
  qsort(scratch, n, sizeof *scratch, ascending);
  return fmax(scratch[(size_t)rank - 1], student);
}
