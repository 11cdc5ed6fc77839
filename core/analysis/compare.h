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
} pl_comparison;

/* Whether so many values tell how far they vary: 3 of each side, or 8 to set one beside. */
bool pl_noise_known(size_t n_base, size_t n_candidate);

/* One value a run. Noise of performance figures is multiplicative, so the logarithms are compared: Welch's t-test (Welch 1947)
 * for groups, the prediction interval of one more run for a single candidate. limit: the relative change that matters, e.g.
 * 0.05. false when a side is empty or a value is not finite. */
bool pl_compare(const double *base, size_t n_base, const double *candidate, size_t n_candidate, double limit, bool lower_is_better,
                pl_comparison *out);

#endif
