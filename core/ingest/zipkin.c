/* See zipkin.h. */
#include "ingest/zipkin.h"

#include "format/zipkin.h"
#include "ingest/spans.h"

void pl_zipkin_take(pl_intake *in, const pl_message *m, pl_reply *reply)
{
  const pl_allocator *a = m->scratch->alloc;
  pl_event_batch spans;
  pl_str body;
  pl_event_batch_init(&spans, PL_EVENT_SPAN, in, a);
  int code = pl_type_is(m->type, "application/json") ? pl_message_body(m, &body) : PL_EINVAL;
  if (!code)
    code = pl_zipkin_read(a, body, pl_spans_add, &spans);
  if (code)
    pl_reply_refuse_code(in, reply, code);
  else if (pl_event_batch_reply(&spans, reply))
    reply->status = 202;
  pl_event_batch_fini(&spans);
}
