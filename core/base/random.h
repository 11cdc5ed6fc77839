/* Seeded random numbers: xoshiro256** (Blackman, Vigna 2018) seeded by SplitMix64. The same seed and
 * keys give the same numbers on every machine and in every version. */
#ifndef PL_BASE_RANDOM_H
#define PL_BASE_RANDOM_H

#include <stdint.h>

typedef struct pl_rng {
  uint64_t s[4];
} pl_rng;

/* The stream named by (seed, a, b, c): independent streams for e.g. (scenario, user, iteration). */
void pl_rng_init(pl_rng *r, uint64_t seed, uint64_t a, uint64_t b, uint64_t c);

/* The next number, uniform over all 64 bits. */
uint64_t pl_rng_u64(pl_rng *r);
double pl_rng_unit(pl_rng *r);                    /* uniform in [0, 1), 53 bits */
uint64_t pl_rng_below(pl_rng *r, uint64_t n);     /* uniform in [0, n), unbiased (Lemire 2019); n > 0 */
double pl_rng_exponential(pl_rng *r, double mean); /* >= 0 */
double pl_rng_normal(pl_rng *r, double mean, double sd); /* sd: standard deviation */

#endif
