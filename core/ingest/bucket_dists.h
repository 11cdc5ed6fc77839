/* Classic histograms of Prometheus, whose buckets count up, as distributions: of what came between two scrapes. The collector's thread. */
#ifndef PL_INGEST_BUCKET_DISTS_H
#define PL_INGEST_BUCKET_DISTS_H

#include "ingest/intake.h"

enum { PL_BUCKET_DISTS = 4096, PL_BUCKETS_OF_ONE = 512 }; /* histograms at most; buckets of one */

typedef struct pl_bucket_dists pl_bucket_dists;

/* in is borrowed. NULL: no memory. */
pl_bucket_dists *pl_bucket_dists_new(const pl_allocator *a, pl_intake *in) PL_MUSTCHECK;
void pl_bucket_dists_free(pl_bucket_dists *d); /* NULL is fine */

/* The bucket that a series NAME_bucket is, by its label le, of the distribution NAME with its other labels (which are put in order); a number from 1
 * on, or 0: it is none. What has no place (a bound that is no number, too many) is counted. */
uint32_t pl_bucket_dists_find(pl_bucket_dists *d, const pl_intake_series *s);

/* What a bucket counts now: all values up to its bound since its begin. */
void pl_bucket_dists_put(pl_bucket_dists *d, uint32_t bucket, double count);

/* The end of a scrape at that time: writes, for each histogram that was there in the scrape before, too, the values that came between, as a distribution of
 * the second. Values lie evenly within their bucket, as histogram_quantile takes them: the first begins at 0, what is beyond the last bound counts as that
 * bound; a bucket that did not come is part of the next. A histogram that began anew counts from 0 on. Those without a last bucket, +Inf, that count down from
 * one to the next, that have bounds below 0, or values in buckets beyond 4,398, are counted as refused. */
void pl_bucket_dists_turn(pl_bucket_dists *d, int64_t ts_ns);

#endif
