/* Two samples of single values, such as the timings of two builds: how far their means (or 99th percentiles) are apart. */
#ifndef PL_ANALYSIS_TWO_SAMPLES_H
#define PL_ANALYSIS_TWO_SAMPLES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/alloc.h"
#include "perilune/error.h"

enum pl_statistic { PL_STATISTIC_MEAN, PL_STATISTIC_P99 };

typedef struct pl_two_samples {
  double baseline, candidate; /* the statistic of each side: the arithmetic mean, or the nearest-rank 99th percentile */
  double difference;          /* candidate - baseline */
  bool noise_known;           /* pl_noise_known; a percentile needs 1,000 a side */
  double lo, hi;              /* 95 % interval of the difference, where the noise is known */
  double p;                   /* two-sided, that there is no difference, where the noise is known */
} pl_two_samples;

/* The bootstrap of the difference. Values in order may depend on each other: blocks are drawn, their length from the autocorrelation (circular; Politis and
 * Romano 1992). Of means the residuals are scaled by sqrt(n / (n - 1)) and the tails are those of Student's t (the expanded percentile interval; Hesterberg
 * 2015, "What Teachers Should Know About the Bootstrap"), so that few values claim no more than Welch's test would; p is Student's, with the standard error
 * of the rounds. A single candidate takes its noise from the baseline. Deterministic. Constants have no width: p 1 where they are equal, else nearly 0. Two
 * values a side: no noise is known. Negative values, all 0: as others. PL_EINVAL when a side is empty or a value is not finite, PL_ENOMEM. O(rounds times
 * values): 9,999 rounds, fewer of long sides (at most 100,000,000 draws), 199 at least. */
int pl_compare_two_samples(const pl_allocator *a, const double *base, size_t n_base, const double *candidate, size_t n_candidate,
                           enum pl_statistic statistic, pl_two_samples *out) PL_MUSTCHECK;

#endif
