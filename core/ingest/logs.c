/* See logs.h. */
#include "ingest/logs.h"

/* The name of a severity, without its finer steps. */
static pl_str severity_name(unsigned severity)
{
  static const char *const names[] = {"trace", "debug", "info", "warn", "error", "fatal"};
  return severity ? pl_str_of(names[(severity - 1) / 4]) : PL_STR("unset");
}

static void put_where_said(pl_event_batch *b, const char *key, pl_str text)
{
  if (text.len)
    pl_event_text(b, key, text);
}

int pl_logs_add(void *logs, const pl_log_record *record)
{
  pl_logs *l = logs;
  pl_event_batch *b = &l->batch;
  if (record->time_ns < 0)
    pl_event_refuse(b, PL_REASON_LOG);
  if (record->time_ns < 0 || !pl_event_begin(b, record->time_ns ? record->time_ns : l->now_ns, 0, record->body, PL_LOG_BODY))
    return PL_OK;
  pl_event_id(b, "trace_id", record->trace_id);
  pl_event_id(b, "span_id", record->span_id);
  pl_event_text(b, "service", record->service.len ? record->service : PL_STR("unknown_service"));
  pl_event_text(b, "severity", severity_name(record->severity));
  if (record->severity)
    pl_event_number(b, "severity_number", record->severity);
  put_where_said(b, "severity_text", record->severity_text);
  put_where_said(b, "event_name", record->event_name);
  pl_event_attributes(b, record->tags, record->n_tags, record->n_dropped);
  pl_event_end(b);
  return PL_OK;
}
