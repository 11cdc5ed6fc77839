/* Series that break what was not thought through. Finite ones are of a size that models see; the others as they come from outside. */
#ifndef TEST_ANALYSIS_ODD_SERIES_H
#define TEST_ANALYSIS_ODD_SERIES_H

#include <math.h>
#include <stdbool.h>
#include <stddef.h>

enum { ODD_MOST = 60 /* values */ };

typedef enum odd_series {
  ODD_ZERO,
  ODD_CONSTANT,
  ODD_NEGATIVE, /* a constant below 0 */
  ODD_RAMP,
  ODD_FALLING, /* through 0 */
  ODD_STEP,
  ODD_SPIKE,
  ODD_ALTERNATING,
  ODD_FINE, /* a constant but for rounding */
  ODD_FINITE, /* so many have no gap and are neither huge nor tiny */
  ODD_HUGE = ODD_FINITE,
  ODD_HUGEST, /* differences are beyond the largest double */
  ODD_TINY,
  ODD_GAPS,
  ODD_ALL_NAN,
  ODD_LAST_NAN,
  ODD_INFINITE,
  ODD_SERIES
} odd_series;

static inline double odd_value(odd_series which, size_t i)
{
  switch (which) {
  case ODD_ZERO: return 0;
  case ODD_CONSTANT: return 3;
  case ODD_NEGATIVE: return -7;
  case ODD_RAMP: return (double)i;
  case ODD_FALLING: return 5 - (double)i;
  case ODD_STEP: return i < 20 ? 0 : 10;
  case ODD_SPIKE: return i == 13 ? 1e6 : 1;
  case ODD_ALTERNATING: return i % 2 ? 1 : -1;
  case ODD_FINE: return 0.1 + (i % 3 ? 0 : 1e-17);
  case ODD_HUGE: return (i % 2 ? 1e300 : -1e300) * (double)(i + 1) / ODD_MOST;
  case ODD_HUGEST: return i % 2 ? 1.7e308 : -1.7e308;
  case ODD_TINY: return 1e-300 * (double)(i % 5);
  case ODD_GAPS: return i % 4 == 1 ? (double)NAN : (double)(i % 7);
  case ODD_ALL_NAN: return NAN;
  case ODD_LAST_NAN: return i > 2 ? (double)NAN : (double)i;
  case ODD_INFINITE: return i == 5 ? (double)INFINITY : i == 9 ? -(double)INFINITY : (double)(i % 7);
  default: return 0;
  }
}

static inline void odd_fill(odd_series which, double *y, size_t n)
{
  for (size_t i = 0; i < n; i++)
    y[i] = odd_value(which, i);
}

/* Whether all n are finite. */
static inline bool odd_all_finite(const double *x, size_t n)
{
  for (size_t i = 0; i < n; i++) {
    if (!isfinite(x[i]))
      return false;
  }
  return true;
}

#endif
