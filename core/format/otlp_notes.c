/* See otlp_notes.h. Field numbers are those of opentelemetry-proto 1. */
#include "format/otlp_notes.h"

enum { EVENT_TAGS = 3, LINK_TAGS = 4 };

void pl_otlp_notes_init(pl_otlp_notes *n, const pl_allocator *a)
{
  n->n = 0;
  for (size_t i = 0; i < PL_TRACE_NOTES; i++)
    pl_otlp_attributes_init(&n->tags[i], a);
}

void pl_otlp_notes_fini(pl_otlp_notes *n)
{
  for (size_t i = 0; i < PL_TRACE_NOTES; i++)
    pl_otlp_attributes_fini(&n->tags[i]);
}

bool pl_otlp_notes_out_of_memory(const pl_otlp_notes *n)
{
  for (size_t i = 0; i < PL_TRACE_NOTES; i++) {
    if (n->tags[i].texts.bad == PL_ENOMEM)
      return true;
  }
  return false;
}

static bool read_event(pl_str text, pl_trace_note *note)
{
  pl_wire_field f;
  int more;
  while ((more = pl_wire_next(&text, &f)) > 0) {
    if (f.number == 1 && f.type == PL_WIRE_64)
      note->ts_ns = (int64_t)f.value;
    else if (pl_otlp_is_bytes(&f, 2))
      note->name = f.bytes;
  }
  return more == 0;
}

static bool read_link(pl_str text, pl_trace_note *note)
{
  pl_wire_field f;
  int more;
  while ((more = pl_wire_next(&text, &f)) > 0) {
    if (pl_otlp_is_bytes(&f, 1))
      pl_otlp_id(f.bytes, PL_TRACE_ID, note->trace_id);
    else if (pl_otlp_is_bytes(&f, 2))
      pl_otlp_id(f.bytes, PL_SPAN_ID, note->id);
  }
  return more == 0;
}

/* One note; those beyond the last place only count. */
static bool take(pl_otlp_notes *out, pl_str text, bool is_event)
{
  if (out->n >= PL_TRACE_NOTES) {
    out->n++;
    return true;
  }
  pl_otlp_attributes *tags = &out->tags[out->n];
  pl_trace_note note = {.name = {"", 0}, .tags = tags->list};
  if (!(is_event ? read_event(text, &note) : read_link(text, &note)) || !pl_otlp_attributes_read(text, is_event ? EVENT_TAGS : LINK_TAGS, tags))
    return false;
  note.n_tags = tags->n < PL_OTLP_TAGS ? tags->n : PL_OTLP_TAGS;
  note.n_dropped = tags->n - note.n_tags;
  if (is_event ? note.ts_ns > 0 : note.trace_id[0] && note.id[0])
    out->list[out->n++] = note;
  return true;
}

static bool take_event(void *out, pl_str text)
{
  return take(out, text, true);
}

static bool take_link(void *out, pl_str text)
{
  return take(out, text, false);
}

bool pl_otlp_events_read(pl_str span, pl_otlp_notes *out)
{
  out->n = 0;
  return pl_otlp_each(span, 11, take_event, out);
}

bool pl_otlp_links_read(pl_str span, pl_otlp_notes *out)
{
  out->n = 0;
  return pl_otlp_each(span, 13, take_link, out);
}
