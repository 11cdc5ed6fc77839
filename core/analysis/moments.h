/* Mean and variance in one pass, and of parts put together (Welford 1962; Chan, Golub and LeVeque 1983). */
#ifndef PL_ANALYSIS_MOMENTS_H
#define PL_ANALYSIS_MOMENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* {0} is empty. */
typedef struct pl_moments {
  uint64_t n;
  double mean;
  double squares; /* of the distances from the mean, added up; DBL_MAX where they are more */
  double lo, hi;  /* the smallest and the largest value */
} pl_moments;

/* Adds a value in O(1). False, and nothing changed: it is NaN or infinite. */
bool pl_moments_add(pl_moments *m, double value);

/* Adds all values of another; the order of joining matters to the last digits only. An empty one changes nothing. O(1). */
void pl_moments_join(pl_moments *m, const pl_moments *other);

/* The unbiased variance (over n - 1): 0 for fewer than 2 values and for a constant; DBL_MAX where it is more. */
double pl_moments_variance(const pl_moments *m);
/* The standard deviation, in the unit of the values: the root of that. O(1) both. */
double pl_moments_deviation(const pl_moments *m);

/* The standard deviation of n finite values, also where their squares would leave the range of doubles, for they are scaled by a power of two
 * first. 0 for fewer than 2 values and for a constant; what is NaN or infinite is left out. O(n). */
double pl_deviation(const double *values, size_t n);

#endif
