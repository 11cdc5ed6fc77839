/* xoshiro256** 1.0 (Blackman and Vigna, "Scrambled linear pseudorandom number generators", 2018), seeded by
 * SplitMix64 over (seed, a, b, c). */
#include "base/random.h"

#include <math.h>

static uint64_t split_mix(uint64_t *state)
{
  uint64_t z = *state += UINT64_C(0x9E3779B97F4A7C15);
  z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
  z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
  return z ^ z >> 31;
}

void pl_rng_init(pl_rng *r, uint64_t seed, uint64_t a, uint64_t b, uint64_t c)
{
  uint64_t keys[] = {a, b, c};
  uint64_t state = seed;
  for (int i = 0; i < 3; i++)
    state = split_mix(&state) ^ keys[i];
  for (int i = 0; i < 4; i++)
    r->s[i] = split_mix(&state);
}

static uint64_t rotate(uint64_t x, int k)
{
  return x << k | x >> (64 - k);
}

uint64_t pl_rng_u64(pl_rng *r)
{
  uint64_t *s = r->s, result = rotate(s[1] * 5, 7) * 9, t = s[1] << 17;
  s[2] ^= s[0];
  s[3] ^= s[1];
  s[1] ^= s[2];
  s[0] ^= s[3];
  s[2] ^= t;
  s[3] = rotate(s[3], 45);
  return result;
}

double pl_rng_unit(pl_rng *r)
{
  return (double)(pl_rng_u64(r) >> 11) * 0x1.0p-53;
}

uint64_t pl_rng_below(pl_rng *r, uint64_t n)
{
  __extension__ typedef unsigned __int128 wide;
  wide m = (wide)pl_rng_u64(r) * n;
  if ((uint64_t)m < n) {
    uint64_t threshold = -n % n;
    while ((uint64_t)m < threshold)
      m = (wide)pl_rng_u64(r) * n;
  }
  return (uint64_t)(m >> 64);
}

double pl_rng_exponential(pl_rng *r, double mean)
{
  return -mean * log1p(-pl_rng_unit(r));
}

/* Box and Muller (1958), the cosine half. */
double pl_rng_normal(pl_rng *r, double mean, double sd)
{
  double radius = sqrt(-2.0 * log1p(-pl_rng_unit(r)));
  return mean + sd * radius * cos(6.283185307179586 * pl_rng_unit(r));
}
