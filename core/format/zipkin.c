/* See zipkin.h. A walk over the events of the JSON text: what a value means follows from the keys above it, by depth. */
#include "format/zipkin.h"

#include <string.h>

#include "base/json.h"
#include "base/piece.h"

/* The depths at which spans, their fields, what these hold, and what annotations hold are. */
enum { DEPTH_MAX = 32, TEXTS_MAX = 1 << 20, SPAN = 1, FIELD = 2, INNER = 3, NOTE = 4 };

enum field { OTHER, TRACE_ID, ID, PARENT_ID, NAME, KIND, TIMESTAMP, DURATION, LOCAL, TAGS, ANNOTATIONS };

typedef struct reading {
  pl_trace_span_fn fn;
  void *user;
  pl_buf texts;    /* of the span */
  enum field field; /* whose value comes */
  bool is_service; /* the inner key is serviceName */
  bool is_time, is_value; /* the key in an annotation is timestamp, or value */
  pl_piece service, name, error, tag, tags[PL_ZIPKIN_TAGS][2];
  size_t n_tags;   /* also counts those beyond PL_ZIPKIN_TAGS */
  int64_t note_ns[PL_TRACE_NOTES + 1]; /* annotations; in the last place those beyond */
  pl_piece note[PL_TRACE_NOTES + 1];
  size_t n_notes; /* also counts those */
  int64_t duration_ns;
  pl_trace_span span;
} reading;

static enum field field_of(pl_str key)
{
  static const char *const names[] = {"", "traceId", "id", "parentId", "name", "kind", "timestamp", "duration", "localEndpoint", "tags", "annotations"};
  for (enum field f = TRACE_ID; f <= ANNOTATIONS; f++) {
    if (pl_str_eqc(key, names[f]))
      return f;
  }
  return OTHER;
}

/* ---- Fields ------------------------------------------------------------------------------------------------ */

static enum pl_trace_kind kind_of(pl_str name)
{
  static const char *const names[] = {[PL_TRACE_SERVER] = "SERVER", [PL_TRACE_CLIENT] = "CLIENT", [PL_TRACE_PRODUCER] = "PRODUCER", [PL_TRACE_CONSUMER] = "CONSUMER"};
  for (enum pl_trace_kind k = PL_TRACE_SERVER; k < PL_TRACE_KINDS; k++) {
    if (pl_str_eqc(name, names[k]))
      return k;
  }
  return PL_TRACE_INTERNAL;
}

/* Microseconds as nanoseconds; -1: no such number. */
static int64_t nanoseconds(const pl_json_event *e)
{
  return e->kind == PL_JSON_INT && e->integer >= 0 && e->integer <= INT64_MAX / 1000 ? e->integer * 1000 : -1;
}

static int on_text(reading *r, pl_str s)
{
  switch (r->field) {
  case TRACE_ID:
    pl_trace_id_set(s, 2 * PL_TRACE_ID, r->span.trace_id);
    break;
  case ID:
    pl_trace_id_set(s, 2 * PL_SPAN_ID, r->span.id);
    break;
  case PARENT_ID:
    pl_trace_id_set(s, 2 * PL_SPAN_ID, r->span.parent_id);
    break;
  case NAME:
    r->name = pl_piece_keep(&r->texts, s);
    break;
  case KIND:
    r->span.kind = kind_of(s);
    break;
  default:
    return PL_EPROTO;
  }
  return PL_OK;
}

static int on_field(reading *r, const pl_json_event *e)
{
  bool is_time = r->field == TIMESTAMP || r->field == DURATION;
  int64_t ns = is_time ? nanoseconds(e) : 0;
  if (r->field == OTHER || e->kind == PL_JSON_NULL)
    return PL_OK;
  if (is_time && ns >= 0)
    *(r->field == TIMESTAMP ? &r->span.start_ns : &r->duration_ns) = ns;
  else
    return e->kind == PL_JSON_STRING && !is_time ? on_text(r, e->string) : PL_EPROTO;
  return PL_OK;
}

static void on_tag(reading *r, pl_str value)
{
  pl_piece kept = pl_piece_keep(&r->texts, value);
  if (pl_str_eqc(pl_piece_text(&r->texts, r->tag), "error")) {
    r->span.status = PL_TRACE_ERROR;
    r->error = kept;
  }
  if (r->n_tags < PL_ZIPKIN_TAGS) {
    r->tags[r->n_tags][0] = r->tag;
    r->tags[r->n_tags][1] = kept;
  }
  r->n_tags++;
}

static int on_inner(reading *r, const pl_json_event *e)
{
  if (e->kind == PL_JSON_KEY && r->field == TAGS)
    r->tag = pl_piece_keep(&r->texts, e->string);
  else if (e->kind == PL_JSON_KEY)
    r->is_service = r->field == LOCAL && pl_str_eqc(e->string, "serviceName");
  else if (e->kind == PL_JSON_STRING && r->field == TAGS)
    on_tag(r, e->string);
  else if (e->kind == PL_JSON_STRING && r->field == LOCAL && r->is_service)
    r->service = pl_piece_keep(&r->texts, e->string);
  return PL_OK;
}

static size_t note_place(const reading *r)
{
  return r->n_notes < PL_TRACE_NOTES ? r->n_notes : PL_TRACE_NOTES;
}

/* In an annotation: its moment and its text. */
static int on_note(reading *r, const pl_json_event *e)
{
  if (e->kind == PL_JSON_KEY) {
    r->is_time = pl_str_eqc(e->string, "timestamp");
    r->is_value = pl_str_eqc(e->string, "value");
  } else if (r->is_time) {
    r->note_ns[note_place(r)] = nanoseconds(e);
  } else if (r->is_value && e->kind == PL_JSON_STRING) {
    r->note[note_place(r)] = pl_piece_keep(&r->texts, e->string);
  }
  return PL_OK;
}

/* Begins or ends an annotation; one without a moment is none. */
static int on_annotation(reading *r, const pl_json_event *e)
{
  if (e->kind == PL_JSON_OBJECT) {
    r->note_ns[note_place(r)] = 0;
    r->note[note_place(r)] = (pl_piece){0, 0};
  } else if (e->kind == PL_JSON_OBJECT_END && r->note_ns[note_place(r)] > 0) {
    r->n_notes++;
  }
  return e->kind == PL_JSON_OBJECT || e->kind == PL_JSON_OBJECT_END ? PL_OK : PL_EPROTO;
}

/* ---- Spans ------------------------------------------------------------------------------------------------- */

static void begin_span(reading *r)
{
  const pl_piece none = {0, 0};
  pl_buf_clear(&r->texts);
  r->service = r->name = r->error = none;
  r->n_tags = r->n_notes = 0;
  r->duration_ns = 0;
  r->span = (pl_trace_span){.kind = PL_TRACE_INTERNAL};
}

static int tell(reading *r)
{
  pl_tag tags[PL_ZIPKIN_TAGS];
  pl_trace_note notes[PL_TRACE_NOTES];
  pl_trace_span *s = &r->span;
  if (r->texts.bad)
    return r->texts.bad;
  s->n_tags = r->n_tags < PL_ZIPKIN_TAGS ? r->n_tags : PL_ZIPKIN_TAGS;
  s->n_dropped = r->n_tags - s->n_tags;
  for (size_t i = 0; i < s->n_tags; i++)
    tags[i] = (pl_tag){pl_piece_text(&r->texts, r->tags[i][0]), pl_piece_text(&r->texts, r->tags[i][1])};
  s->tags = tags;
  s->n_events = note_place(r);
  s->n_dropped_events = r->n_notes - s->n_events;
  for (size_t i = 0; i < s->n_events; i++)
    notes[i] = (pl_trace_note){.ts_ns = r->note_ns[i], .name = pl_piece_text(&r->texts, r->note[i])};
  s->events = notes;
  s->service = pl_piece_text(&r->texts, r->service);
  s->name = pl_piece_text(&r->texts, r->name);
  s->message = pl_piece_text(&r->texts, r->error);
  s->good = s->trace_id[0] && s->id[0] && s->start_ns > 0 && r->duration_ns <= INT64_MAX - s->start_ns;
  s->end_ns = s->good ? s->start_ns + r->duration_ns : s->start_ns;
  return r->fn(r->user, s);
}

static int on_event(void *user, const pl_json_event *e)
{
  reading *r = user;
  bool begins = e->kind == PL_JSON_OBJECT || e->kind == PL_JSON_ARRAY, ends = e->kind == PL_JSON_OBJECT_END || e->kind == PL_JSON_ARRAY_END;
  if (e->depth == 0)
    return e->kind == PL_JSON_ARRAY || e->kind == PL_JSON_ARRAY_END ? PL_OK : PL_EPROTO;
  if (e->depth == SPAN && e->kind == PL_JSON_OBJECT)
    begin_span(r);
  else if (e->depth == SPAN)
    return e->kind == PL_JSON_OBJECT_END ? tell(r) : PL_EPROTO;
  else if (e->depth == FIELD && e->kind == PL_JSON_KEY)
    r->field = field_of(e->string);
  else if (e->depth == FIELD && begins)
    return r->field == OTHER || (e->kind == PL_JSON_OBJECT && (r->field == LOCAL || r->field == TAGS)) || (e->kind == PL_JSON_ARRAY && r->field == ANNOTATIONS) ? PL_OK : PL_EPROTO;
  else if (e->depth == FIELD && !ends)
    return on_field(r, e);
  else if (e->depth == INNER)
    return r->field == ANNOTATIONS ? on_annotation(r, e) : on_inner(r, e);
  else if (e->depth == NOTE && r->field == ANNOTATIONS)
    return on_note(r, e);
  return PL_OK;
}

int pl_zipkin_read(const pl_allocator *a, pl_str text, pl_trace_span_fn fn, void *user)
{
  reading *r = pl_alloc_zero(a, 1, sizeof *r);
  if (!r)
    return PL_ENOMEM;
  r->fn = fn;
  r->user = user;
  pl_buf_init(&r->texts, a, TEXTS_MAX);
  int code = pl_json_parse(a, text, DEPTH_MAX, on_event, r, NULL);
  pl_buf_fini(&r->texts);
  pl_free(a, r, sizeof *r);
  return code;
}
