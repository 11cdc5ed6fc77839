/* How many values a second a DDSketch takes on one core, by law, and what the C library's logarithm alone would cost:
 * ddsketch [millions = 100] */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "analysis/ddsketch.h"
#include "base/random.h"

enum { N = 1 << 16 };

static double now(void)
{
  struct timespec t;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static double value_of(int law, pl_rng *r)
{
  return law == 0 ? exp(pl_rng_normal(r, 0, 1)) : law == 1 ? 1 / (1 - pl_rng_unit(r)) : 42;
}

int main(int argc, char **argv)
{
  static const char *const laws[] = {"log-normal", "Pareto(1)", "constant"};
  static double x[N];
  long rounds = (argc > 1 ? strtol(argv[1], NULL, 10) : 100) * 1000000 / N;
  for (int law = 0; law < 3; law++) {
    pl_rng r;
    pl_ddsketch s;
    pl_rng_init(&r, 1, (uint64_t)law, 0, 0);
    for (int i = 0; i < N; i++)
      x[i] = value_of(law, &r);
    if (pl_ddsketch_init(&s, 0.01, &pl_alloc_default))
      return 1;
    double begin = now();
    for (long k = 0; k < rounds; k++) {
      if (pl_ddsketch_add(&s, x, N, NULL))
        return 1;
    }
    double seconds = now() - begin, sum = 0;
    begin = now();
    for (long k = 0; k < rounds / 8; k++) {
      for (int i = 0; i < N; i++)
        sum += log(x[i]);
    }
    double logs = (now() - begin) * 8;
    printf("%-10s %6.1f M values/s (%.2f ns each); log() alone %.2f ns; p99 %.4g %s\n", laws[law], (double)s.count / seconds / 1e6,
           seconds / (double)s.count * 1e9, logs / (double)s.count * 1e9, pl_ddsketch_quantile(&s, 0.99), sum > -1e300 ? "" : "!");
    pl_ddsketch_fini(&s);
  }
  return 0;
}
