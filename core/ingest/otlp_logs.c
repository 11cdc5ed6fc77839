/* See otlp_logs.h. */
#include "ingest/otlp_logs.h"

#include "ingest/logs.h"
#include "ingest/otlp_message.h"

void pl_otlp_logs_take(pl_intake *in, const pl_message *m, pl_reply *reply)
{
  const pl_allocator *a = m->scratch->alloc;
  pl_logs logs = {.now_ns = m->now_ns};
  pl_otlp_request r;
  pl_event_batch_init(&logs.batch, PL_EVENT_LOG, in, a);
  int code = pl_otlp_begin(in, m, PL_OTLP_LOGS, &r);
  if (!code)
    code = pl_otlp_read_logs(a, r.body, pl_logs_add, &logs);
  if (code)
    pl_otlp_fail(&r, reply, code);
  else if (pl_event_batch_reply(&logs.batch, reply))
    pl_otlp_answer(&r, reply, "rejectedLogRecords", logs.batch.refused, logs.batch.why);
  pl_event_batch_fini(&logs.batch);
}
