/* Prints the nanoseconds of CPU that one record of a histogram takes, of log-normal values around a millisecond. */
#include <math.h>
#include <stdio.h>
#include <time.h>

#include "analysis/hist.h"
#include "base/random.h"

enum { VALUES = 1 << 14, ROUNDS = 4000 };

static double cpu_ns(void)
{
  struct timespec t;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

int main(void)
{
  static uint64_t values[VALUES];
  pl_rng rng;
  pl_hist h;
  pl_rng_init(&rng, 1, 0, 0, 0);
  pl_hist_init(&h, &pl_alloc_default);
  for (int i = 0; i < VALUES; i++)
    pl_hist_record(&h, values[i] = (uint64_t)exp(pl_rng_normal(&rng, log(1e6), 0.5)));
  double from = cpu_ns();
  for (int r = 0; r < ROUNDS; r++) {
    for (int i = 0; i < VALUES; i++)
      pl_hist_record(&h, values[i]);
  }
  double took = cpu_ns() - from;
  int failed = h.count != (uint64_t)VALUES * (ROUNDS + 1);
  pl_hist_fini(&h);
  printf("%.2f\n", took / ((double)VALUES * ROUNDS));
  return failed;
}
