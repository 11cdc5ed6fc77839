/* Spans as events of the kind `span`, whatever protocol they came by. */
#ifndef PL_INGEST_SPANS_H
#define PL_INGEST_SPANS_H

#include "format/trace_span.h"
#include "ingest/event_batch.h"

/* Takes a span, or refuses it, which is counted. Its texts are cut at the limit of labels. A pl_trace_span_fn whose user is a pl_event_batch
 * of PL_EVENT_SPAN; 0. */
int pl_spans_add(void *batch, const pl_trace_span *span);

#endif
