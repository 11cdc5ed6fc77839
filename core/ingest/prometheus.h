/* What Prometheus answered, onto the timeline, as history that belongs to no run. */
#ifndef PL_INGEST_PROMETHEUS_H
#define PL_INGEST_PROMETHEUS_H

#include "ingest/intake.h"

typedef struct pl_prometheus_taking {
  pl_str name;   /* of all series; empty: the metric's own */
  pl_str body;   /* see format/prometheus_answer.h */
  /* Filled: */
  uint64_t series, samples, histograms; /* told */
  char warning[300];                    /* the first one; empty: none */
} pl_prometheus_taking;

/* Gives an answer's samples to the intake, which counts what is refused; the source's kind is "prometheus". Errors: those of
 * pl_prometheus_answer_read; PL_EPROTO also for a series without a name. */
int pl_prometheus_take(pl_intake *in, const pl_allocator *a, pl_prometheus_taking *t, pl_error *err) PL_MUSTCHECK;

#endif
