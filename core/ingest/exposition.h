/* What the series of runs are by now, as a page that Prometheus scrapes: native names, the newest value of each series without its time, and a
 * distribution as a histogram of all its values so far. What is not of now any more is not told. Any thread with its own reader. */
#ifndef PL_INGEST_EXPOSITION_H
#define PL_INGEST_EXPOSITION_H

#include "base/buf.h"
#include "store/store.h"

enum { PL_EXPOSITION_RUNS = 16, PL_EXPOSITION_BODY = 64 << 20 };

typedef struct pl_exposition pl_exposition;

typedef struct pl_exposition_run {
  int64_t run;
  int64_t settled_ns; /* seconds of distributions from here on may still change: they are left for later; INT64_MAX: the run has ended, and is
                         read once. Of one that has ended no gauges are told */
  int64_t current_ns; /* the samples from here on are of now: a gauge or counter without one is not told, nor a distribution of a run that has ended */
} pl_exposition_run;

enum pl_exposition_format {
  PL_EXPOSITION_TEXT,        /* Prometheus' text 0.0.4 */
  PL_EXPOSITION_OPENMETRICS, /* 1.0 */
};

/* NULL: no memory. */
pl_exposition *pl_exposition_new(const pl_allocator *a) PL_MUSTCHECK;
/* NULL is fine. */
void pl_exposition_free(pl_exposition *x);

/* Appends the page, all of it or, with an error, a part. Of a series that several of the n runs (at most PL_EXPOSITION_RUNS) have, the first
 * one's is told. What was read of a run is kept for the next time, as long as the run is among those asked for. Left out are series whose
 * newest value is the marker of staleness, those of a metric that another kind of series has the name of, and counters that are negative or no
 * number. Errors: the reader's, PL_ELIMIT (more than a million series in a run; out is full), PL_ENOMEM. */
int pl_exposition_write(pl_exposition *x, pl_reader *r, const pl_exposition_run *runs, size_t n, enum pl_exposition_format format, pl_buf *out,
                        pl_error *err) PL_MUSTCHECK;

#endif
