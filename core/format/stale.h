/* The value of a sample that says: the series has ended. It is a NaN of its own bits, as Prometheus sends and stores it; another NaN is a
 * value. Pure. */
#ifndef PL_FORMAT_STALE_H
#define PL_FORMAT_STALE_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define PL_STALE_BITS UINT64_C(0x7ff0000000000002)

static inline double pl_stale(void)
{
  const uint64_t bits = PL_STALE_BITS;
  double value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

/* Whether a value is that one. */
static inline bool pl_is_stale(double value)
{
  uint64_t bits;
  memcpy(&bits, &value, sizeof bits);
  return bits == PL_STALE_BITS;
}

#endif
