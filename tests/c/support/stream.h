/* Numbers of a fixed stream, the same in each run: *s is where it stands, at first any number. The multiplier is Knuth's (MMIX). */
#ifndef TEST_STREAM_H
#define TEST_STREAM_H

#include <stdint.h>

/* The next one in (0, 1). */
static inline double stream_uniform(uint64_t *s)
{
  *s = *s * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
  return ((double)(*s >> 11) + 0.5) / 9007199254740992.0;
}

/* The next one that is about normal, with mean 0 and variance 1: takes twelve of the stream. */
static inline double stream_normal(uint64_t *s)
{
  double sum = -6;
  for (int i = 0; i < 12; i++)
    sum += stream_uniform(s);
  return sum;
}

#endif
