/* What Jaeger answered, onto the timeline, as spans that belong to no run. */
#ifndef PL_INGEST_JAEGER_H
#define PL_INGEST_JAEGER_H

#include "ingest/intake.h"

typedef struct pl_jaeger_taking {
  pl_str body;            /* see format/jaeger.h */
  /* Filled: */
  uint64_t traces, spans; /* told */
  char warning[200];      /* what it tells beside them; empty: nothing */
} pl_jaeger_taking;

/* Keeps the spans of an answer, which were not there yet, all or none; those that are bad are counted by the intake. The source's kind is
 * "jaeger". Errors: those of pl_jaeger_read, and the store's. */
int pl_jaeger_take(pl_intake *in, const pl_allocator *a, pl_jaeger_taking *t, pl_error *err) PL_MUSTCHECK;

#endif
