/* See otlp_traces.h. */
#include "ingest/otlp_traces.h"

#include "ingest/otlp_message.h"
#include "ingest/spans.h"

void pl_otlp_traces_take(pl_intake *in, const pl_message *m, pl_reply *reply)
{
  const pl_allocator *a = m->scratch->alloc;
  pl_event_batch spans;
  pl_otlp_request r;
  pl_event_batch_init(&spans, PL_EVENT_SPAN, in, a);
  int code = pl_otlp_begin(in, m, PL_OTLP_TRACES, &r);
  if (!code)
    code = pl_otlp_read_spans(a, r.body, pl_spans_add, &spans);
  if (code)
    pl_otlp_fail(&r, reply, code);
  else if (pl_event_batch_reply(&spans, reply))
    pl_otlp_answer(&r, reply, "rejectedSpans", spans.refused, spans.why);
  pl_event_batch_fini(&spans);
}
