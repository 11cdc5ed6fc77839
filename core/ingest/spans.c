/* See spans.h. */
#include "ingest/spans.h"

/* A list of what is beside the span, where there is any. */
static void put_notes(pl_event_batch *b, const char *key, const pl_trace_note *list, size_t n)
{
  if (!n)
    return;
  pl_json_key(&b->json, pl_str_of(key));
  pl_json_begin_array(&b->json);
  for (size_t i = 0; i < n; i++) {
    pl_json_begin_object(&b->json);
    if (list[i].ts_ns) {
      pl_event_number(b, "ts_ns", list[i].ts_ns);
      pl_event_text(b, "name", list[i].name);
    }
    pl_event_id(b, "trace_id", list[i].trace_id);
    pl_event_id(b, "span_id", list[i].id);
    pl_event_attributes(b, list[i].tags, list[i].n_tags, list[i].n_dropped);
    pl_json_end_object(&b->json);
  }
  pl_json_end_array(&b->json);
}

int pl_spans_add(void *batch, const pl_trace_span *span)
{
  static const char *const kinds[] = {"unspecified", "internal", "server", "client", "producer", "consumer"};
  static const char *const statuses[] = {"unset", "ok", "error"};
  pl_event_batch *b = batch;
  if (!span->good)
    pl_event_refuse(b, !span->trace_id[0] ? PL_REASON_TRACE_ID : !span->id[0] ? PL_REASON_SPAN_ID : PL_REASON_SPAN);
  if (!span->good || !pl_event_begin(b, span->start_ns, span->end_ns - span->start_ns, span->name, pl_intake_text_max(b->in)))
    return PL_OK;
  pl_event_id(b, "trace_id", span->trace_id);
  pl_event_id(b, "span_id", span->id);
  pl_event_id(b, "parent_id", span->parent_id);
  pl_event_text(b, "service", span->service.len ? span->service : PL_STR("unknown_service"));
  pl_event_text(b, "kind", pl_str_of(kinds[span->kind]));
  pl_event_text(b, "status", pl_str_of(statuses[span->status]));
  if (span->message.len)
    pl_event_text(b, "message", span->message);
  pl_event_attributes(b, span->tags, span->n_tags, span->n_dropped);
  put_notes(b, "events", span->events, span->n_events);
  put_notes(b, "links", span->links, span->n_links);
  if (span->n_dropped_events)
    pl_event_number(b, "dropped_events", (int64_t)span->n_dropped_events);
  if (span->n_dropped_links)
    pl_event_number(b, "dropped_links", (int64_t)span->n_dropped_links);
  pl_event_end(b);
  return PL_OK;
}
