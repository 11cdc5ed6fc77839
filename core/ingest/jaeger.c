/* See jaeger.h. */
#include "ingest/jaeger.h"

#include "base/error.h"
#include "format/jaeger.h"
#include "ingest/spans.h"

int pl_jaeger_take(pl_intake *in, const pl_allocator *a, pl_jaeger_taking *t, pl_error *err)
{
  pl_event_batch batch;
  pl_jaeger_answer answer;
  pl_str spans;
  pl_event_batch_init(&batch, PL_EVENT_SPAN, in, a);
  int code = pl_jaeger_read(a, t->body, pl_spans_add, &batch, &answer, err);
  if (!code && pl_event_batch_seal(&batch, &spans))
    code = pl_fail(err, batch.text.bad, "the answer has too many spans: ask for less at a time");
  if (!code && batch.n)
    code = pl_intake_keep_spans(in, PL_STR("jaeger"), spans, err);
  if (!code) {
    t->traces = answer.traces;
    t->spans = batch.n;
    (void)pl_copy(t->warning, sizeof t->warning, pl_str_of(answer.error));
  }
  pl_event_batch_fini(&batch);
  return code;
}
