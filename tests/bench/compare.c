/* How often comparisons of two samples are wrong, over pairs drawn here: false positives at p < 0.05 where nothing differs, and the power
 * at a shift of 5 % with noise of 3 %, 20 values a side: compare [pairs = 2000] [seed = 1] */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "analysis/anderson_darling.h"
#include "analysis/compare.h"
#include "analysis/kolmogorov_smirnov.h"
#include "analysis/mann_whitney.h"
#include "analysis/order.h"
#include "analysis/resample.h"
#include "analysis/two_samples.h"
#include "analysis/welch.h"
#include "base/random.h"

enum { N = 20, TESTS = 7 };

static const char *const names[TESTS] = {"bootstrap of means", "runs (log Welch)", "Welch", "Mann-Whitney", "permutation", "Kolmogorov-Smirnov", "Anderson-Darling"};

/* The p of each test; 1 where one fails. */
static void probabilities(double *a, double *b, double *p)
{
  pl_two_samples two = {.p = 1};
  pl_comparison runs = {.p = 1};
  pl_welch welch = {.p = 1};
  pl_mann_whitney ranks = {.p = 1};
  pl_kolmogorov_smirnov ks = {.p = 1};
  pl_anderson_darling ad = {.p = 1};
  p[4] = 1;
  if (pl_compare_two_samples(&pl_alloc_default, a, N, b, N, PL_STATISTIC_MEAN, &two) || pl_mann_whitney_test(&pl_alloc_default, a, N, b, N, &ranks) ||
      pl_permutation_p(&pl_alloc_default, a, N, b, N, 1000, 1, &p[4]))
    exit(1);
  (void)pl_compare(a, N, b, N, 0.05, true, &runs);
  (void)pl_welch_test(a, N, b, N, &welch);
  pl_sort(a, N);
  pl_sort(b, N);
  (void)pl_anderson_darling_test(a, N, b, N, &ad);
  if (pl_kolmogorov_smirnov_test(&pl_alloc_default, a, N, b, N, &ks))
    exit(1);
  p[0] = two.p;
  p[1] = runs.p;
  p[2] = welch.p;
  p[3] = ranks.p;
  p[5] = ks.p;
  p[6] = ad.p;
}

/* The share of pairs with p < 0.05 of each test. */
static void measure(long pairs, unsigned long long seed, double shift, double *share)
{
  pl_rng r;
  pl_rng_init(&r, seed, shift > 0, 0, 0);
  for (int t = 0; t < TESTS; t++)
    share[t] = 0;
  for (long k = 0; k < pairs; k++) {
    double a[N], b[N], p[TESTS];
    for (int i = 0; i < N; i++) {
      a[i] = pl_rng_normal(&r, 100, 3);
      b[i] = pl_rng_normal(&r, 100 * (1 + shift), 3 * (1 + shift));
    }
    probabilities(a, b, p);
    for (int t = 0; t < TESTS; t++)
      share[t] += p[t] < 0.05 ? 1 / (double)pairs : 0;
  }
}

int main(int argc, char **argv)
{
  long pairs = argc > 1 ? strtol(argv[1], NULL, 10) : 2000;
  unsigned long long seed = argc > 2 ? strtoull(argv[2], NULL, 10) : 1;
  double same[TESTS], slower[TESTS];
  measure(pairs, seed, 0, same);
  measure(pairs, seed, 0.05, slower);
  printf("%-20s %16s %16s\n", "p < 0.05 of", "nothing differs", "5 % slower");
  for (int t = 0; t < TESTS; t++)
    printf("%-20s %15.2f%% %15.2f%%\n", names[t], 100 * same[t], 100 * slower[t]);
  return 0;
}
