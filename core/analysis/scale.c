/* See scale.h. Doubles in their order are whole numbers in theirs: 64 halvings find any of them. */
#include "analysis/scale.h"

#include <float.h>
#include <math.h>
#include <string.h>

/* Whole numbers in the order of doubles, and back. */
static int64_t place_of(double x)
{
  int64_t bits;
  memcpy(&bits, &x, sizeof bits);
  return bits < 0 ? INT64_MIN - bits : bits;
}

static double at_place(int64_t place)
{
  int64_t bits = place < 0 ? INT64_MIN - place : place;
  double x;
  memcpy(&x, &bits, sizeof x);
  return x;
}

/* How many differences are at most d. */
static uint64_t count_up_to(const double *a, size_t n, const double *b, size_t m, double d)
{
  uint64_t count = 0;
  size_t j = 0;
  for (size_t i = 0; i < n; i++) {
    while (j < m && b[j] - a[i] <= d)
      j++;
    count += j;
  }
  return count;
}

double pl_nth_difference(const double *a, size_t n, const double *b, size_t m, uint64_t k)
{
  if (!n || !m)
    return NAN;
  int64_t lo = place_of(-DBL_MAX), hi = place_of(DBL_MAX);
  k = k < 1 ? 1 : k > (uint64_t)n * m ? (uint64_t)n * m : k;
  while (lo < hi) {
    int64_t middle = (int64_t)((uint64_t)lo + ((uint64_t)hi - (uint64_t)lo) / 2);
    if (count_up_to(a, n, b, m, at_place(middle)) >= k)
      hi = middle;
    else
      lo = middle + 1;
  }
  return at_place(lo);
}

/* What makes Qn of few normal values unbiased. */
static double few_values(size_t n)
{
  static const double table[] = {1, 1, 0.399, 0.994, 0.512, 0.844, 0.611, 0.857, 0.669, 0.872};
  if (n < sizeof table / sizeof *table)
    return table[n];
  return (double)n / ((double)n + (n % 2 ? 1.4 : 3.8));
}

double pl_qn(const double *sorted, size_t n)
{
  if (n < 2)
    return 0;
  uint64_t h = n / 2 + 1, k = h * (h - 1) / 2, pairs = (uint64_t)n * (n - 1) / 2;
  /* Below the distances of pairs lie as many negative ones, and each value's to itself. */
  return fmin(DBL_MAX, few_values(n) * 2.21914446599 * pl_nth_difference(sorted, n, sorted, n, pairs + n + k));
}

double pl_shift(const double *a, size_t n, const double *b, size_t m)
{
  uint64_t pairs = (uint64_t)n * m;
  double upper = pl_nth_difference(a, n, b, m, pairs / 2 + 1);
  return pairs % 2 ? upper : pl_nth_difference(a, n, b, m, pairs / 2) / 2 + upper / 2;
}
