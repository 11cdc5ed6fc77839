/* What a timeline has of a run, handed on in parcels for another system. The timeline itself is the queue: an outlet only knows how far it
 * has come, so that a receiver which is away costs neither memory nor anybody's time. Any thread with its own reader. */
#ifndef PL_INGEST_OUTLET_H
#define PL_INGEST_OUTLET_H

#include "ingest/parcel.h"

enum { PL_OUTLET_LABELS = 16 };
#define PL_OUTLET_ALL INT64_MIN

/* The metric that says how far an export has come, which goes nowhere itself. */
#define PL_OUTLET_CURSOR "export_delivered_seconds"

typedef struct pl_outlet pl_outlet;

/* Texts are copied. */
typedef struct pl_outlet_options {
  const char *format; /* of parcel.h */
  int64_t run;
  int64_t from_ns;        /* the first time that goes; PL_OUTLET_ALL: that of the first sample */
  pl_str metric;          /* only this one; empty: all */
  const pl_label *labels; /* of every series, instead of its own of these names; at most PL_OUTLET_LABELS */
  size_t n_labels;
  size_t samples_max; /* in a parcel; 0: 5,000 */
} pl_outlet_options;

/* Errors: PL_EINVAL (no such format: the message lists them), PL_ELIMIT, PL_ENOMEM. */
int pl_outlet_new(const pl_allocator *a, const pl_outlet_options *options, pl_outlet **out, pl_error *err) PL_MUSTCHECK;
/* NULL is fine. */
void pl_outlet_free(pl_outlet *o);

/* The next parcel of samples before to_ns: 1, 0 when there is none, or an error: the reader's, PL_ELIMIT, PL_ENOMEM. It is the outlet's until it
 * is asked again. Parcels follow the time in steps of a minute at most, and within one series nothing goes before what went: a sample that
 * comes late, behind later ones of its series, does not go. A distribution goes as a summary of each of its seconds: quantiles of that second, _sum
 * and _count since the run's begin; its time is the end of the second. */
int pl_outlet_next(pl_outlet *o, pl_reader *r, int64_t to_ns, const pl_parcel **out, pl_error *err) PL_MUSTCHECK;

/* Everything before this time was in a parcel, up to the last one. */
int64_t pl_outlet_done(const pl_outlet *o);
/* How many samples so far were passed over, for the format's times cannot tell them from one of the same series that went: of Graphite's
 * seconds the first goes. */
uint64_t pl_outlet_passed_over(const pl_outlet *o);
/* How many samples from the outlet's begin to to_ns the run has that were in no parcel: late ones, and those that next would still give.
 * A second of a distribution counts as the samples of its summary, as it does in a parcel. Errors: the reader's. */
int pl_outlet_left(pl_outlet *o, pl_reader *r, int64_t to_ns, uint64_t *out, pl_error *err) PL_MUSTCHECK;

#endif
