/* See otlp.h. Field numbers are those of opentelemetry-proto 1. */
#include "format/otlp.h"
#include "format/otlp_notes.h"

typedef struct reading {
  pl_otlp_walk walk;
  pl_trace_span_fn fn;
  void *user;
  int code; /* what fn gave */
  pl_otlp_attributes span;
  pl_otlp_notes events, links;
} reading;

static bool read_status(pl_str text, pl_trace_span *s)
{
  pl_wire_field f;
  int more;
  while ((more = pl_wire_next(&text, &f)) > 0) {
    if (pl_otlp_is_bytes(&f, 2))
      s->message = f.bytes;
    else if (f.number == 3 && f.type == PL_WIRE_VARINT && f.value < PL_TRACE_STATUSES)
      s->status = (enum pl_trace_status)f.value;
  }
  return more == 0;
}

static bool read_bytes(const pl_wire_field *f, pl_trace_span *s)
{
  if (f->number == 1)
    pl_otlp_id(f->bytes, PL_TRACE_ID, s->trace_id);
  else if (f->number == 2)
    pl_otlp_id(f->bytes, PL_SPAN_ID, s->id);
  else if (f->number == 4)
    pl_otlp_id(f->bytes, PL_SPAN_ID, s->parent_id);
  else if (f->number == 5)
    s->name = f->bytes;
  else if (f->number == 15)
    return read_status(f->bytes, s);
  return true;
}

static bool read_fields(pl_str text, pl_trace_span *s)
{
  pl_wire_field f;
  bool good = true;
  int more = 0;
  while (good && (more = pl_wire_next(&text, &f)) > 0) {
    if (f.type == PL_WIRE_BYTES)
      good = read_bytes(&f, s);
    else if (f.number == 6 && f.type == PL_WIRE_VARINT && f.value < PL_TRACE_KINDS)
      s->kind = (enum pl_trace_kind)f.value;
    else if (f.number == 7 && f.type == PL_WIRE_64)
      s->start_ns = (int64_t)f.value;
    else if (f.number == 8 && f.type == PL_WIRE_64)
      s->end_ns = (int64_t)f.value;
    else if (f.number == 12 && f.type == PL_WIRE_VARINT)
      s->n_dropped_events += (uint32_t)f.value;
    else if (f.number == 14 && f.type == PL_WIRE_VARINT)
      s->n_dropped_links += (uint32_t)f.value;
  }
  s->good = s->trace_id[0] && s->id[0] && s->start_ns > 0 && s->end_ns >= s->start_ns;
  return good && more == 0;
}

static bool read_notes(reading *r, pl_str text, pl_trace_span *s)
{
  if (!pl_otlp_events_read(text, &r->events) || !pl_otlp_links_read(text, &r->links))
    return false;
  s->n_events = r->events.n < PL_TRACE_NOTES ? r->events.n : PL_TRACE_NOTES;
  s->n_links = r->links.n < PL_TRACE_NOTES ? r->links.n : PL_TRACE_NOTES;
  s->n_dropped_events += r->events.n - s->n_events;
  s->n_dropped_links += r->links.n - s->n_links;
  return true;
}

static bool take_span(void *reading_, pl_str text)
{
  reading *r = reading_;
  pl_trace_span s = {.service = pl_otlp_service(&r->walk.resource), .name = {"", 0}, .message = {"", 0}, .tags = r->span.list, .events = r->events.list, .links = r->links.list};
  if (!pl_otlp_attributes_read(text, 9, &r->span) || !read_fields(text, &s) || !read_notes(r, text, &s))
    return false;
  s.n_tags = r->span.n < PL_OTLP_TAGS ? r->span.n : PL_OTLP_TAGS;
  s.n_dropped = r->span.n - s.n_tags;
  if (r->walk.tells)
    r->code = r->fn(r->user, &s);
  return !r->code;
}

static bool is_out_of_memory(const reading *r)
{
  return r->walk.resource.texts.bad == PL_ENOMEM || r->span.texts.bad == PL_ENOMEM || pl_otlp_notes_out_of_memory(&r->events) || pl_otlp_notes_out_of_memory(&r->links);
}

int pl_otlp_read_spans(const pl_allocator *a, pl_str message, pl_trace_span_fn fn, void *user)
{
  reading *r = pl_alloc_zero(a, 1, sizeof *r);
  if (!r)
    return PL_ENOMEM;
  r->walk.take = take_span;
  r->walk.user = r;
  pl_otlp_attributes_init(&r->walk.resource, a);
  pl_otlp_attributes_init(&r->span, a);
  pl_otlp_notes_init(&r->events, a);
  pl_otlp_notes_init(&r->links, a);
  r->fn = fn;
  r->user = user;
  bool good = pl_otlp_walk_message(&r->walk, message);
  int code = r->code || good ? r->code : is_out_of_memory(r) ? PL_ENOMEM : PL_EPROTO;
  pl_otlp_notes_fini(&r->links);
  pl_otlp_notes_fini(&r->events);
  pl_otlp_attributes_fini(&r->walk.resource);
  pl_otlp_attributes_fini(&r->span);
  pl_free(a, r, sizeof *r);
  return code;
}
