/* An exemplar: one of the values that a sample counts, as senders of any protocol tell it. */
#ifndef PL_FORMAT_EXEMPLAR_H
#define PL_FORMAT_EXEMPLAR_H

#include "format/trace_span.h"

typedef struct pl_exemplar {
  double value;
  int64_t time_ns;    /* since 1970; 0: none is said */
  char trace_id[2 * PL_TRACE_ID + 1], span_id[2 * PL_SPAN_ID + 1]; /* lower-case hexadecimal; empty: none */
  const pl_tag *tags; /* its labels */
  size_t n_tags;
} pl_exemplar;

enum pl_exemplar_id { PL_EXEMPLAR_NO_ID, PL_EXEMPLAR_TRACE, PL_EXEMPLAR_SPAN };

/* What a label of this name holds: trace_id, traceID and their like are a trace's, span_id and its like a span's. */
enum pl_exemplar_id pl_exemplar_id_of(pl_str name);
/* Sets the ids from its labels, where they say some. */
void pl_exemplar_find_ids(pl_exemplar *e);

#endif
