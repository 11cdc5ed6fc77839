/* Histogram of weighted samples whose weight halves with age, with buckets of one width or of widths that grow by a ratio: the one that
 * the recommender of Kubernetes' Vertical Pod Autoscaler keeps (kubernetes/autoscaler, vertical-pod-autoscaler/pkg/recommender/util).
 * Instead of shrinking old weights, new ones grow: a sample at t weighs w * 2^((t - reference) / half-life).
 * Bucket b of growing widths begins at first * (ratio^b - 1) / (ratio - 1); what lies beyond the last bucket falls into it. A bucket whose
 * weight is below epsilon counts as empty. */
#ifndef PL_ANALYSIS_RIGHTSIZE_DECAYING_HIST_H
#define PL_ANALYSIS_RIGHTSIZE_DECAYING_HIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
  PL_DECAYING_BUCKETS = 512,         /* at most */
  PL_DECAYING_CHECKPOINT_MAX = 10000 /* the heaviest bucket of a checkpoint */
};

typedef struct pl_decaying_hist {
  double first;       /* width of the first bucket */
  double ratio;       /* of a bucket's width to the one before; 1: all are as wide as the first */
  double epsilon;     /* below this a bucket is empty */
  double half_life_s; /* INFINITY: weights do not change */
  double reference_s; /* when a sample weighs its weight: a multiple of the half-life */
  bool begun;         /* whether the reference is set */
  size_t n;           /* buckets */
  size_t lo, hi;      /* the first and last that are not empty */
  double total;
  double weight[PL_DECAYING_BUCKETS];
} pl_decaying_hist;

/* An empty histogram up to max with buckets of `first`, growing by ratio >= 1. False where a number is not finite or positive, or where
 * that would be more than PL_DECAYING_BUCKETS. */
bool pl_decaying_init(pl_decaying_hist *h, double max, double first, double ratio, double epsilon, double half_life_s);

/* Where bucket b < n begins. O(1), as all here that say nothing else. */
double pl_decaying_start(const pl_decaying_hist *h, size_t b);

/* The bucket of a value; 0 for what is below the first's end, also negative, and for NaN; the last for what lies beyond, also infinite. */
size_t pl_decaying_bucket(const pl_decaying_hist *h, double value);

/* Adds a sample of a weight >= 0 at a time in seconds. Constant time; every hundred half-lives linear in the buckets. */
void pl_decaying_add(pl_decaying_hist *h, double value, double weight, double time_s);

/* Takes a sample away that was added with that weight and time; what is left below epsilon becomes zero. */
void pl_decaying_subtract(pl_decaying_hist *h, double value, double weight, double time_s);

/* Whether no bucket has a weight of epsilon. */
bool pl_decaying_empty(const pl_decaying_hist *h);

/* The end of the bucket where the cumulated weight reaches p of all, 0 <= p <= 1; of the last bucket its begin. 0 when empty; of a constant the end of its
 * bucket. O(buckets). */
double pl_decaying_percentile(const pl_decaying_hist *h, double p);

/* The weights as they are kept over a restart: whole numbers, the heaviest PL_DECAYING_CHECKPOINT_MAX. out: n of them; all 0 of an empty one. Gives the
 * total. O(buckets). */
double pl_decaying_save(const pl_decaying_hist *h, uint32_t *out);

/* Adds what pl_decaying_save gave, of total weight `total`; reference_s is that of the saved one. O(buckets). */
void pl_decaying_load(pl_decaying_hist *h, const uint32_t *weights, double total, double reference_s);

#endif
