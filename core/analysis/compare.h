/* Two groups of runs: how far apart, and whether that is more than run-to-run noise. */
#ifndef PL_ANALYSIS_COMPARE_H
#define PL_ANALYSIS_COMPARE_H

#include <stdbool.h>
#include <stddef.h>

enum pl_compare_verdict { PL_COMPARE_SAME, PL_COMPARE_IMPROVED, PL_COMPARE_REGRESSED, PL_COMPARE_INCONCLUSIVE };

typedef struct pl_comparison {
  double baseline, candidate; /* geometric means; arithmetic ones where a value is not above 0 */
  double effect;              /* candidate / baseline - 1; a difference where the baseline is 0 */
  bool noise_known;           /* pl_noise_known: an interval and a verdict can be had */
  double lo, hi;              /* 95 % interval of the effect */
  double p;                   /* that there is no effect, two-sided */
  enum pl_compare_verdict verdict;
  double difference, error; /* of the logarithms, or the values; what the p is made from, for pl_runs_needed. NaN where it is not */
  size_t more; /* inconclusive: so many more runs a side would decide it if the effect stays; 0 elsewhere, and where 1,000 would not */
} pl_comparison;

/* How far single runs lie apart though nothing has changed. */
typedef struct pl_noise {
  double deviation; /* of the logarithms, or of the values where one is not above 0 */
  bool logarithm;
  double freedom;   /* what the deviation is known with */
} pl_noise;

enum { PL_NOISE_RUNS_MIN = 8 };

/* Whether so many values tell how far they vary: 3 of each side, or 8 to set one beside. O(1). */
bool pl_noise_known(size_t n_base, size_t n_candidate);

/* One value a run. Noise of performance figures is multiplicative, so the logarithms are compared: Welch's t-test (Welch 1947) for groups, the prediction
 * interval of one more run for a single candidate. limit: the relative change that matters, e.g. 0.05. Two runs a side have no noise that is known.
 * Constants: no width, p 1 where they are equal, else 0; all 0 and negative values: differences. false when a side is empty or a value is not finite. O(n). */
bool pl_compare(const double *base, size_t n_base, const double *candidate, size_t n_candidate, double limit, bool lower_is_better,
                pl_comparison *out);

/* The noise of n runs in the order of time, from the differences of neighbours (von Neumann 1941), so that a level that creeps is none: what 4 % a week
 * adds up to does not hide itself. 0 of a constant. false for fewer than PL_NOISE_RUNS_MIN values or one that is not finite. O(n). */
bool pl_run_noise(const double *x, size_t n, pl_noise *out);

/* pl_compare with what is known of the noise (NULL: nothing): it is a floor, for three runs may lie together by chance, and it judges where the sides are
 * too small to tell themselves, e.g. a pinned run and a candidate. Odd values and time as of pl_compare. */
bool pl_compare_with_noise(const double *base, size_t n_base, const double *candidate, size_t n_candidate, const pl_noise *noise, double limit,
                           bool lower_is_better, pl_comparison *out);

/* How many more runs a side put a difference's p below `p` with a chance of 80 %, if the true one is as large and the noise stays: error is its standard
 * error with n_base and n_candidate runs. 0: none are missing, or 1,000 would not do, or a number is 0 or NaN. At most 1,000 steps. */
size_t pl_runs_needed(size_t n_base, size_t n_candidate, double difference, double error, double p);

#endif
