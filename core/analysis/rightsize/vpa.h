/* The recommender of Kubernetes' Vertical Pod Autoscaler, number for number: what a container should request, from what it used
 * (kubernetes/autoscaler, vertical-pod-autoscaler/pkg/recommender/{model,logic}). CPU is in milli-cores and memory in bytes, cut to whole
 * ones at each step, as there.
 *
 * CPU: every sample in a decaying histogram (buckets from 0.01 cores, each 5 % wider, half-life 24 h). Memory: the peak of each 24 h window
 * in one from 10 MB; running out of memory raises the peak to the larger of used + 100 MiB and 1.2 used. Target: 90th percentile, lower
 * bound 50th, upper bound 95th, each plus 15 %; the bounds widen by the confidence c, the smaller of days and samples a minute of them:
 * upper times 1 + 1/c, lower times (1 + 0.001/c)^-2. At least 25 milli-cores and 250 MiB a pod. */
#ifndef PL_ANALYSIS_RIGHTSIZE_VPA_H
#define PL_ANALYSIS_RIGHTSIZE_VPA_H

#include "analysis/rightsize/decaying_hist.h"

/* What an amount is at most: a bound of which nothing is known yet. */
#define PL_VPA_MOST 100000000000000LL

/* What the recommender is started with. */
typedef struct pl_vpa_options {
  double target, lower, upper; /* percentiles, 0 to 1 */
  double margin;               /* share on top */
  double half_life_s;          /* of both histograms */
  double memory_window_s;      /* a memory peak each */
  int64_t least_cpu_m, least_memory; /* of a pod */
  int64_t oom_least_bytes;     /* out of memory: at least so much more */
  double oom_ratio;            /* and at least so many times as much */
  unsigned containers;         /* of the pod, which share its least amounts; 0: 1 */
} pl_vpa_options;

/* One container. */
typedef struct pl_vpa {
  pl_vpa_options options;
  pl_decaying_hist cpu, memory;
  double first_s, last_s; /* of CPU samples */
  uint64_t samples;
  double window_end_s, memory_s; /* of the memory window; of the last memory sample */
  bool windowed;                 /* whether there was a memory sample */
  int64_t memory_peak, oom_peak; /* of this window, 0: none */
} pl_vpa;

typedef struct pl_vpa_amounts {
  bool known; /* false: there was no sample; the amounts are 0 */
  int64_t target, lower, upper;
} pl_vpa_amounts;

/* The options that the recommender has when nothing is said. O(1), as all here but the amounts. */
pl_vpa_options pl_vpa_defaults(void);

/* A container without samples. options: NULL, or what is not the default. */
void pl_vpa_init(pl_vpa *v, const pl_vpa_options *options);

/* A CPU sample in cores, cut to milli-cores. False, and nothing is taken, for NaN, infinite and negative values and for a sample that
 * is not later than the last. */
bool pl_vpa_add_cpu(pl_vpa *v, double time_s, double cores);

/* A memory sample in bytes. False, and nothing is taken, for NaN, infinite and negative values and for a sample before the last. */
bool pl_vpa_add_memory(pl_vpa *v, double time_s, double bytes);

/* The container ran out of memory while it requested so many bytes. False where that was before the present window. */
bool pl_vpa_add_oom(pl_vpa *v, double time_s, double requested);

/* How much is known: the smaller of the days between the first and the last CPU sample and their number over 1,440. */
double pl_vpa_confidence(const pl_vpa *v);

/* (1 + multiplier / confidence)^exponent times the amount, cut, at most PL_VPA_MOST; also of a confidence of 0. */
int64_t pl_vpa_scale(int64_t amount, double multiplier, double exponent, double confidence);

/* CPU in milli-cores; zeros give the least, a constant the end of its bucket with the margin. O(buckets). One sample has no confidence: its upper bound is
 * PL_VPA_MOST and its lower one the least. */
pl_vpa_amounts pl_vpa_cpu(const pl_vpa *v);

/* Memory in bytes; its confidence is that of the CPU samples. Else as of CPU. O(buckets). */
pl_vpa_amounts pl_vpa_memory(const pl_vpa *v);

#endif
