/* Series that are hard on a codec. */
#ifndef TEST_STORE_SERIES_OF_H
#define TEST_STORE_SERIES_OF_H

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "base/random.h"
#include "store/chunk.h"

enum series_kind {
  SERIES_CONSTANT, SERIES_COUNTER, SERIES_DECIMALS, SERIES_SUMS, SERIES_FEW, SERIES_NOISE, SERIES_BITS, SERIES_ODD, SERIES_ZEROS, SERIES_LEVELS, SERIES_KINDS,
};

static inline double series_from_bits(uint64_t bits)
{
  double v;
  memcpy(&v, &bits, sizeof v);
  return v;
}

static inline double series_value(enum series_kind kind, size_t i, pl_rng *r)
{
  static const double odd[] = {NAN, INFINITY, -INFINITY, -0.0, 0.0, 5e-324, 1.7976931348623157e308, -2.5, 9007199254740993.0, 1e15};
  switch (kind) {
  case SERIES_CONSTANT:
    return 42.5;
  case SERIES_COUNTER:
    return (double)(i * 4096);
  case SERIES_DECIMALS:
    return (double)(pl_rng_below(r, 20000)) / 1000;
  case SERIES_SUMS:
    return (double)(pl_rng_below(r, 20000)) / 1000 + 0.1 + 0.2;
  case SERIES_FEW:
    return odd[pl_rng_below(r, 3) + 6] * 1.1;
  case SERIES_NOISE:
    return pl_rng_unit(r) * 1e-7;
  case SERIES_BITS:
    return series_from_bits(pl_rng_u64(r));
  case SERIES_ODD:
    return i % 7 ? (double)i / 10 : odd[pl_rng_below(r, sizeof odd / sizeof odd[0])];
  case SERIES_LEVELS:
    return i % 900 < 450 ? 0 : 1e6 + (double)(i / 900);
  case SERIES_ZEROS:
  case SERIES_KINDS:
    break;
  }
  return 0;
}

/* Times: even, with jitter, or anything. */
static inline int64_t series_time(unsigned law, size_t i, pl_rng *r)
{
  int64_t even = INT64_C(1795000000000000000) + (int64_t)i * 1000000000;
  return law == 0 ? even : law == 1 ? even + (int64_t)pl_rng_below(r, 3000000) - 1500000 : (int64_t)pl_rng_u64(r);
}

#endif
