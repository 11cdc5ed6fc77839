/* Noise that hangs on what it was before: autoregression of an order that is found. */
#ifndef PL_ANALYSIS_CHANGE_NOISE_H
#define PL_ANALYSIS_CHANGE_NOISE_H

#include <stddef.h>

enum { PL_CHANGE_NOISE_ORDER = 5 /* at most */ };

typedef struct pl_change_noise {
  unsigned order;
  double weight[PL_CHANGE_NOISE_ORDER + 1]; /* of the value so many before; [0] is none */
  double memory;    /* the sum of the coefficients: 0 none, near 1 a random walk */
  double criterion; /* n log variance + 2 order: the less the better */
  double inflation; /* of a mean's variance, against independent values: 1 to 39, an AR(1)'s of 0.95 */
} pl_change_noise;

/* Fits AR(0 .. PL_CHANGE_NOISE_ORDER) to rest[n], mean 0, by Yule and Walker's equations (Levinson, Durbin), and takes the order of the least criterion of
 * Akaike, who asks less of an order than Schwarz: noise whose memory is missed would be cut into stairs. The variance of what is new counts as `least` > 0
 * where it is below. n < 4 or all 0: order 0, memory 0, inflation 1. Finite values. Time: n. */
void pl_change_noise_measure(const double *rest, size_t n, double least, pl_change_noise *out);

#endif
