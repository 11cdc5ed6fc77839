/* spin RATE SECONDS: a loop that does nothing but wait for the next of evenly spread moments. Prints the p99 of how late it saw them,
 * in microseconds: what the machine takes from a program that never sleeps. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static uint64_t now(void)
{
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static int by_value(const void *a, const void *b)
{
  uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
  return (x > y) - (x < y);
}

int main(int argc, char **argv)
{
  double rate = argc > 1 ? strtod(argv[1], NULL) : 0, seconds = argc > 2 ? strtod(argv[2], NULL) : 0;
  size_t n = (size_t)(rate * seconds);
  uint64_t *lag = n ? calloc(n, sizeof *lag) : NULL, from = now();
  if (!lag)
    return 2;
  for (size_t i = 0; i < n; i++) {
    uint64_t due = from + (uint64_t)((double)i * 1e9 / rate), t;
    while ((t = now()) < due)
      ;
    lag[i] = t - due;
  }
  qsort(lag, n, sizeof *lag, by_value);
  printf("%.1f\n", (double)lag[(n * 99 - 1) / 100] / 1e3);
  free(lag);
  return 0;
}
