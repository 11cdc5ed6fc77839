/* See otlp.h. Field numbers are those of opentelemetry-proto 1. */
#include "format/otlp.h"
#include "format/otlp_parts.h"

enum { BODY_TEXT = 64 << 20 };

typedef struct reading {
  pl_otlp_walk walk;
  pl_log_record_fn fn;
  void *user;
  int code; /* what fn gave */
  pl_otlp_attributes record;
  pl_buf body;
} reading;

static bool read_bytes(reading *r, const pl_wire_field *f, pl_log_record *log)
{
  if (f->number == 3)
    log->severity_text = f->bytes;
  else if (f->number == 5)
    return pl_otlp_value_read(f->bytes, &r->body, &log->body);
  else if (f->number == 9)
    pl_otlp_id(f->bytes, PL_TRACE_ID, log->trace_id);
  else if (f->number == 10)
    pl_otlp_id(f->bytes, PL_SPAN_ID, log->span_id);
  else if (f->number == 12)
    log->event_name = f->bytes;
  return true;
}

static bool read_fields(reading *r, pl_str text, pl_log_record *log)
{
  pl_wire_field f;
  bool good = true;
  int more = 0;
  int64_t observed_ns = 0;
  while (good && (more = pl_wire_next(&text, &f)) > 0) {
    if (f.type == PL_WIRE_BYTES)
      good = read_bytes(r, &f, log);
    else if (f.number == 1 && f.type == PL_WIRE_64)
      log->time_ns = (int64_t)f.value;
    else if (f.number == 11 && f.type == PL_WIRE_64)
      observed_ns = (int64_t)f.value;
    else if (f.number == 2 && f.type == PL_WIRE_VARINT && f.value < PL_LOG_SEVERITIES)
      log->severity = (unsigned)f.value;
  }
  log->time_ns = log->time_ns ? log->time_ns : observed_ns;
  return good && more == 0;
}

static bool take_record(void *reading_, pl_str text)
{
  reading *r = reading_;
  const pl_str none = {"", 0};
  pl_log_record log = {.service = pl_otlp_service(&r->walk.resource), .severity_text = none, .body = none, .event_name = none, .tags = r->record.list};
  if (!pl_otlp_attributes_read(text, 6, &r->record) || !read_fields(r, text, &log))
    return false;
  log.n_tags = r->record.n < PL_OTLP_TAGS ? r->record.n : PL_OTLP_TAGS;
  log.n_dropped = r->record.n - log.n_tags;
  if (r->walk.tells)
    r->code = r->fn(r->user, &log);
  return !r->code;
}

int pl_otlp_read_logs(const pl_allocator *a, pl_str message, pl_log_record_fn fn, void *user)
{
  reading *r = pl_alloc_zero(a, 1, sizeof *r);
  if (!r)
    return PL_ENOMEM;
  r->walk.take = take_record;
  r->walk.user = r;
  pl_otlp_attributes_init(&r->walk.resource, a);
  pl_otlp_attributes_init(&r->record, a);
  pl_buf_init(&r->body, a, BODY_TEXT);
  r->fn = fn;
  r->user = user;
  bool good = pl_otlp_walk_message(&r->walk, message);
  bool full = r->walk.resource.texts.bad == PL_ENOMEM || r->record.texts.bad == PL_ENOMEM || r->body.bad == PL_ENOMEM;
  int code = r->code || good ? r->code : full ? PL_ENOMEM : PL_EPROTO;
  pl_otlp_attributes_fini(&r->walk.resource);
  pl_otlp_attributes_fini(&r->record);
  pl_buf_fini(&r->body);
  pl_free(a, r, sizeof *r);
  return code;
}
