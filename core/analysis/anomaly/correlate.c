/* See correlate.h. One allocation holds the two sides and the running sums. */
#include "analysis/anomaly/correlate.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/effective_size.h"
#include "analysis/kolmogorov_smirnov.h"

enum { LEAST = 4, ENOUGH = 8, ASKED = 16384 };

static int ascending(const void *a, const void *b)
{
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

/* Copies the finite values of [from, to); how many. */
static size_t part(const double *values, size_t from, size_t to, double *out)
{
  size_t n = 0;
  for (size_t i = from; i < to; i++)
    if (isfinite(values[i]))
      out[n++] = values[i];
  return n;
}

/* Of n values that share tau - 1 others each, how many are independent. */
static size_t independent(size_t n, double tau)
{
  double k = floor((double)n / tau + 0.5);
  return k < 1 ? 1 : (size_t)k;
}

/* The two sides before and during, which it sorts: their distance and its chance. */
static int compare(const pl_allocator *alloc, double *before, size_t n, double *during, size_t m, pl_kolmogorov_smirnov *test)
{
  size_t asked = n < ASKED ? n : ASKED;
  double tau = (double)asked / pl_effective_size(before + n - asked, asked);
  qsort(before, n, sizeof *before, ascending);
  qsort(during, m, sizeof *during, ascending);
  int code = pl_kolmogorov_smirnov_test(alloc, before, n, during, m, test);
  return code || !(tau > 1) ? code : pl_kolmogorov_smirnov_chance(alloc, test->d, independent(n, tau), independent(m, tau), &test->p);
}

/* Running sums of what is odd: |x - centre| by the scale, 0 where there is no value. The scale keeps sums finite. */
static double sums_of(const double *values, size_t n, double centre, double *sums, double *squares)
{
  double scale = 0;
  *squares = sums[0] = 0;
  for (size_t i = 0; i < n; i++)
    if (isfinite(values[i]) && fabs(values[i] / 4 - centre / 4) > scale)
      scale = fabs(values[i] / 4 - centre / 4);
  for (size_t i = 0; i < n; i++) {
    double odd = isfinite(values[i]) && scale > 0 ? fabs(values[i] / 4 - centre / 4) / scale : 0;
    sums[i + 1] = sums[i] + odd;
    *squares += odd * odd;
  }
  return scale;
}

/* The correlation with the indicator of rows [from, to). */
static double with_window(const double *sums, double squares, size_t n, size_t from, size_t to)
{
  double k = (double)(to - from), all = (double)n, mean = sums[n] / all, variance = squares / all - mean * mean;
  double share = k / all;
  if (!(variance > 1e-18) || share >= 1)
    return 0;
  return ((sums[to] - sums[from]) / all - share * mean) / sqrt(variance * share * (1 - share));
}

static void find_lag(const double *sums, double squares, size_t n, size_t from, size_t to, size_t max_lag, pl_correlation *out)
{
  out->correlation = with_window(sums, squares, n, from, to);
  for (size_t lag = 1; lag <= max_lag; lag++) {
    double before = from >= lag ? with_window(sums, squares, n, from - lag, to - lag) : -1;
    double after = to + lag <= n ? with_window(sums, squares, n, from + lag, to + lag) : -1;
    if (before > out->correlation + 1e-9) {
      out->correlation = before;
      out->lag = -(long)lag;
    }
    if (after > out->correlation + 1e-9) {
      out->correlation = after;
      out->lag = (long)lag;
    }
  }
}

static double middle(const double *sorted, size_t n)
{
  return sorted[n / 2] / 2 + sorted[(n - 1) / 2] / 2;
}

int pl_correlate(const pl_allocator *alloc, const double *values, size_t n, size_t from, size_t to, size_t max_lag, pl_correlation *out)
{
  if (from >= to || to > n || n > ((size_t)1 << 24))
    return PL_EINVAL;
  double *room = pl_alloc(alloc, (2 * n + 1) * sizeof *room), *during;
  if (!room)
    return PL_ENOMEM;
  during = room + from;
  pl_correlation got = {0};
  pl_kolmogorov_smirnov test = {0};
  size_t calm = from > max_lag ? from - max_lag : 0;
  size_t before_n = part(values, 0, calm, room);
  if (before_n < ENOUGH)
    before_n = part(values, 0, from, room);
  size_t during_n = part(values, from, to, during);
  int code = before_n < LEAST || during_n < LEAST ? PL_EINVAL : compare(alloc, room, before_n, during, during_n, &test);
  if (!code) {
    double squares;
    got = (pl_correlation){.d = test.d, .p = test.p, .before = middle(room, before_n), .during = middle(during, during_n)};
    if (sums_of(values, n, got.before, room, &squares) > 0)
      find_lag(room, squares, n, from, to, max_lag < n ? max_lag : n, &got);
    *out = got;
  }
  pl_free(alloc, room, (2 * n + 1) * sizeof *room);
  return code;
}
