/* See jaeger.h. A walk over the events of the JSON text: what a value means follows from the keys above it, by depth. It is walked twice: the
 * services of a trace stand behind its spans, which name them by the ids of processes. */
#include "format/jaeger.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "base/map.h"
#include "base/piece.h"

enum { DEPTH_MAX = 32, TEXTS_MAX = 1 << 20, PROCESSES_MAX = 1 << 20, SERVICES_TEXT = 64 << 20, KEY_SIZE = 256, NUMBER_SIZE = 40, LOG_TAGS = 128 };

/* The depths at which these are, and their keys. */
enum { TOP = 1, TRACE = 2, PART = 3, SPAN = 4, FIELD = 5, ITEM = 6, INNER = 7, LOG_ITEM = 8, LOG_INNER = 9 };

enum top { NO_TOP, DATA, ERRORS };
enum part { NO_PART, SPANS, PROCESSES };
enum field { NO_FIELD, TRACE_ID, ID, PARENT_ID, NAME, REFERENCES, START, DURATION, TAGS, PROCESS, LOGS, SERVICE };
enum inner { NO_INNER, KEY, VALUE, REF_TYPE, REF_TRACE, REF_ID };
enum log_key { NO_LOG_KEY, LOG_TIME, LOG_FIELDS };

/* An event of a span: what Jaeger calls a log. */
typedef struct note {
  int64_t ts_ns;
  pl_piece name;
  size_t first_tag, n_tags, n_dropped; /* of log_tags */
} note;

typedef struct reading {
  pl_trace_span_fn fn; /* NULL: it reads the services, and checks */
  void *user;
  pl_jaeger_answer *out;
  bool answers;        /* it has data */
  enum top top;
  enum part part;
  enum field field;
  enum inner inner;
  enum log_key log_key; /* at INNER, in a log */
  pl_intern *processes; /* number of the trace and id -> the place in: */
  pl_buf services;      /* each: its length, then its name */
  pl_buf places;        /* of size_t */
  uint64_t traces;
  char process[KEY_SIZE]; /* the key of the one whose service comes, or that a span names */
  size_t process_len;
  pl_buf texts;         /* of the span */
  pl_piece name, message, key, value, tags[PL_JAEGER_TAGS][2];
  size_t n_tags;        /* also counts those beyond PL_JAEGER_TAGS */
  note logs[PL_TRACE_NOTES + 1]; /* in the last place those beyond */
  pl_piece log_tags[LOG_TAGS][2];   /* of all logs */
  size_t n_logs, n_log_tags;     /* n_logs also counts those beyond */
  pl_trace_note references[PL_TRACE_NOTES];
  size_t n_references;           /* also counts those beyond */
  bool child_of;        /* the reference's type; the parent's: */
  bool parent_is_sure;
  char ref_trace[2 * PL_TRACE_ID + 1], ref_id[2 * PL_SPAN_ID + 1];
  int64_t duration_ns;
  pl_trace_span span;
} reading;

static int named(pl_str key, const char *const *names, int n)
{
  for (int i = 1; i < n; i++) {
    if (pl_str_eqc(key, names[i]))
      return i;
  }
  return 0;
}

/* ---- Processes --------------------------------------------------------------------------------------------- */

/* A process of this trace; an id that is too long is that of none. */
static void set_process(reading *r, pl_str id)
{
  memcpy(r->process, &r->traces, sizeof r->traces);
  r->process_len = 0;
  if (id.len > sizeof r->process - sizeof r->traces)
    return;
  memcpy(r->process + sizeof r->traces, id.data, id.len);
  r->process_len = sizeof r->traces + id.len;
}

static int keep_service(reading *r, pl_str name)
{
  size_t at = r->services.len;
  if (!r->process_len)
    return PL_OK;
  int64_t id = pl_intern_id(r->processes, (pl_str){r->process, r->process_len});
  if (id < 0)
    return (int)id;
  if ((uint64_t)id < r->places.len / sizeof at)
    return PL_OK; /* it has one */
  if (pl_buf_add(&r->places, &at, sizeof at) || pl_buf_add(&r->services, &name.len, sizeof name.len) || pl_buf_add(&r->services, name.data, name.len))
    return r->places.bad ? r->places.bad : r->services.bad;
  return PL_OK;
}

static pl_str service_of(const reading *r)
{
  size_t at, len;
  int64_t id = r->process_len ? pl_intern_find(r->processes, (pl_str){r->process, r->process_len}) : -1;
  if (id < 0)
    return (pl_str){"", 0};
  memcpy(&at, r->places.data + (size_t)id * sizeof at, sizeof at);
  memcpy(&len, r->services.data + at, sizeof len);
  return (pl_str){r->services.data + at + sizeof len, len};
}

/* ---- Spans ------------------------------------------------------------------------------------------------- */

static enum pl_trace_kind kind_of(pl_str name)
{
  static const char *const names[] = {[PL_TRACE_INTERNAL] = "internal", [PL_TRACE_SERVER] = "server", [PL_TRACE_CLIENT] = "client",
                                      [PL_TRACE_PRODUCER] = "producer", [PL_TRACE_CONSUMER] = "consumer"};
  for (enum pl_trace_kind k = PL_TRACE_INTERNAL; k < PL_TRACE_KINDS; k++) {
    if (pl_str_eqc(name, names[k]))
      return k;
  }
  return PL_TRACE_UNSPECIFIED;
}

/* Whether a tag is none of its own but says what a span has a field for. */
static bool is_field(reading *r, pl_str key, pl_str value)
{
  pl_trace_span *s = &r->span;
  if (pl_str_eqc(key, "span.kind"))
    s->kind = kind_of(value);
  else if (pl_str_eqc(key, "otel.status_code"))
    s->status = pl_str_eqc(value, "ERROR") ? PL_TRACE_ERROR : pl_str_eqc(value, "OK") ? PL_TRACE_OK : s->status;
  else if (pl_str_eqc(key, "otel.status_description"))
    r->message = r->value;
  else if (pl_str_eqc(key, "error") && pl_str_eqc(value, "true"))
    s->status = PL_TRACE_ERROR;
  else
    return pl_str_eqc(key, "internal.span.format");
  return true;
}

static void end_tag(reading *r)
{
  if (is_field(r, pl_piece_text(&r->texts, r->key), pl_piece_text(&r->texts, r->value)))
    return;
  if (r->n_tags < PL_JAEGER_TAGS) {
    r->tags[r->n_tags][0] = r->key;
    r->tags[r->n_tags][1] = r->value;
  }
  r->n_tags++;
}

/* The parent is the span of this trace that it is a child of; where there is none, the first one that it follows. */
static void end_reference(reading *r)
{
  pl_trace_span *s = &r->span;
  if (r->ref_trace[0] && r->ref_id[0] && r->n_references++ < PL_TRACE_NOTES) {
    pl_trace_note *n = &r->references[r->n_references - 1];
    *n = (pl_trace_note){.name = {"", 0}};
    memcpy(n->trace_id, r->ref_trace, sizeof n->trace_id);
    memcpy(n->id, r->ref_id, sizeof n->id);
  }
  bool ours = !s->trace_id[0] || strcmp(s->trace_id, r->ref_trace) == 0;
  if (!ours || !r->ref_id[0] || r->parent_is_sure || (s->parent_id[0] && !r->child_of))
    return;
  memcpy(s->parent_id, r->ref_id, sizeof s->parent_id);
  r->parent_is_sure = r->child_of;
}

static note *log_of(reading *r)
{
  return &r->logs[r->n_logs < PL_TRACE_NOTES ? r->n_logs : PL_TRACE_NOTES];
}

static void begin_log(reading *r)
{
  *log_of(r) = (note){.first_tag = r->n_log_tags};
  r->log_key = NO_LOG_KEY;
}

/* A log without a moment is none. */
static void end_log(reading *r)
{
  if (log_of(r)->ts_ns > 0)
    r->n_logs++;
  else
    r->n_log_tags = log_of(r)->first_tag;
}

/* The field named event is the log's name, the others are its attributes. */
static void end_log_field(reading *r)
{
  note *n = log_of(r);
  if (pl_str_eqc(pl_piece_text(&r->texts, r->key), "event")) {
    n->name = r->value;
  } else if (r->n_log_tags < LOG_TAGS && r->n_logs < PL_TRACE_NOTES) {
    r->log_tags[r->n_log_tags][0] = r->key;
    r->log_tags[r->n_log_tags++][1] = r->value;
    n->n_tags++;
  } else {
    n->n_dropped++;
  }
}

static void begin_span(reading *r)
{
  const pl_piece none = {0, 0};
  pl_buf_clear(&r->texts);
  r->name = r->message = none;
  r->n_tags = r->process_len = r->n_logs = r->n_log_tags = r->n_references = 0;
  r->parent_is_sure = false;
  r->duration_ns = 0;
  r->span = (pl_trace_span){.kind = PL_TRACE_UNSPECIFIED};
}

/* What of references is not the parent is a link. */
static void set_links(reading *r)
{
  pl_trace_span *s = &r->span;
  size_t n = 0, known = r->n_references < PL_TRACE_NOTES ? r->n_references : PL_TRACE_NOTES;
  for (size_t i = 0; i < known; i++) {
    const pl_trace_note *ref = &r->references[i];
    if (strcmp(ref->trace_id, s->trace_id) != 0 || strcmp(ref->id, s->parent_id) != 0)
      r->references[n++] = *ref;
  }
  s->links = r->references;
  s->n_links = n;
  s->n_dropped_links = r->n_references - known;
}

/* Logs as events, whose attributes are in tags. */
static void set_events(reading *r, pl_trace_note *events, pl_tag *tags)
{
  pl_trace_span *s = &r->span;
  s->n_events = r->n_logs < PL_TRACE_NOTES ? r->n_logs : PL_TRACE_NOTES;
  s->n_dropped_events = r->n_logs - s->n_events;
  for (size_t i = 0; i < r->n_log_tags; i++)
    tags[i] = (pl_tag){pl_piece_text(&r->texts, r->log_tags[i][0]), pl_piece_text(&r->texts, r->log_tags[i][1])};
  for (size_t i = 0; i < s->n_events; i++) {
    const note *n = &r->logs[i];
    events[i] = (pl_trace_note){.ts_ns = n->ts_ns, .name = pl_piece_text(&r->texts, n->name), .tags = tags + n->first_tag, .n_tags = n->n_tags, .n_dropped = n->n_dropped};
  }
  s->events = events;
}

static int end_span(reading *r)
{
  pl_tag tags[PL_JAEGER_TAGS], log_tags[LOG_TAGS];
  pl_trace_note events[PL_TRACE_NOTES];
  pl_trace_span *s = &r->span;
  if (r->texts.bad || !r->fn)
    return r->texts.bad;
  set_links(r);
  set_events(r, events, log_tags);
  s->n_tags = r->n_tags < PL_JAEGER_TAGS ? r->n_tags : PL_JAEGER_TAGS;
  s->n_dropped = r->n_tags - s->n_tags;
  for (size_t i = 0; i < s->n_tags; i++)
    tags[i] = (pl_tag){pl_piece_text(&r->texts, r->tags[i][0]), pl_piece_text(&r->texts, r->tags[i][1])};
  s->tags = tags;
  s->service = service_of(r);
  s->name = pl_piece_text(&r->texts, r->name);
  s->message = pl_piece_text(&r->texts, r->message);
  s->good = s->trace_id[0] && s->id[0] && s->start_ns > 0 && r->duration_ns <= INT64_MAX - s->start_ns;
  s->end_ns = s->good ? s->start_ns + r->duration_ns : s->start_ns;
  return r->fn(r->user, s);
}

/* ---- Values ------------------------------------------------------------------------------------------------ */

/* Microseconds as nanoseconds into *out; false: no such number. */
static bool nanoseconds(const pl_json_event *e, int64_t *out)
{
  bool good = e->kind == PL_JSON_INT && e->integer >= 0 && e->integer <= INT64_MAX / 1000;
  if (good)
    *out = e->integer * 1000;
  return good;
}

static int on_field(reading *r, const pl_json_event *e)
{
  pl_trace_span *s = &r->span;
  if (r->field == NO_FIELD || e->kind == PL_JSON_NULL)
    return PL_OK;
  if (r->field == START || r->field == DURATION)
    return nanoseconds(e, r->field == START ? &s->start_ns : &r->duration_ns) ? PL_OK : PL_EPROTO;
  if (e->kind != PL_JSON_STRING)
    return PL_EPROTO;
  if (r->field == TRACE_ID)
    pl_trace_id_set(e->string, 2 * PL_TRACE_ID, s->trace_id);
  else if (r->field == ID)
    pl_trace_id_set(e->string, 2 * PL_SPAN_ID, s->id);
  else if (r->field == PARENT_ID && !s->parent_id[0])
    pl_trace_id_set(e->string, 2 * PL_SPAN_ID, s->parent_id);
  else if (r->field == NAME)
    r->name = pl_piece_keep(&r->texts, e->string);
  else if (r->field == PROCESS)
    set_process(r, e->string);
  else if (r->field == SERVICE && !r->fn)
    return keep_service(r, e->string);
  return PL_OK;
}

/* A scalar as text. */
static pl_piece keep_value(reading *r, const pl_json_event *e)
{
  char text[NUMBER_SIZE];
  if (e->kind == PL_JSON_STRING)
    return pl_piece_keep(&r->texts, e->string);
  if (e->kind == PL_JSON_BOOL)
    return pl_piece_keep(&r->texts, e->boolean ? PL_STR("true") : PL_STR("false"));
  if (e->kind == PL_JSON_DOUBLE)
    return pl_piece_keep(&r->texts, (pl_str){text, pl_double_text(e->number, text)});
  int n = e->kind == PL_JSON_INT ? snprintf(text, sizeof text, "%lld", (long long)e->integer) : 0;
  return pl_piece_keep(&r->texts, (pl_str){text, (size_t)n});
}

static void on_log_scalar(reading *r, const pl_json_event *e)
{
  if (r->log_key == LOG_TIME && !nanoseconds(e, &log_of(r)->ts_ns))
    log_of(r)->ts_ns = 0;
}

static void on_inner(reading *r, const pl_json_event *e)
{
  pl_str s = e->kind == PL_JSON_STRING ? e->string : (pl_str){"", 0};
  if (r->inner == KEY)
    r->key = pl_piece_keep(&r->texts, s);
  else if (r->inner == VALUE)
    r->value = keep_value(r, e);
  else if (r->inner == REF_TYPE)
    r->child_of = pl_str_eqc(s, "CHILD_OF");
  else if (r->inner == REF_TRACE)
    pl_trace_id_set(s, 2 * PL_TRACE_ID, r->ref_trace);
  else if (r->inner == REF_ID)
    pl_trace_id_set(s, 2 * PL_SPAN_ID, r->ref_id);
}

/* ---- The walk ---------------------------------------------------------------------------------------------- */

static void on_key(reading *r, const pl_json_event *e)
{
  static const char *const tops[] = {"", "data", "errors"}, *const parts[] = {"", "spans", "processes"};
  static const char *const fields[] = {"", "traceID", "spanID", "parentSpanID", "operationName", "references", "startTime", "duration", "tags", "processID", "logs"};
  static const char *const tag[] = {"", "key", "value"}, *const reference[] = {"", "refType", "traceID", "spanID"}, *const log[] = {"", "timestamp", "fields"};
  pl_str key = e->string;
  if (e->depth == TOP)
    r->top = (enum top)named(key, tops, 3);
  else if (e->depth == PART && r->top == DATA)
    r->part = (enum part)named(key, parts, 3);
  else if (e->depth == SPAN && r->part == PROCESSES)
    set_process(r, key);
  else if (e->depth == FIELD && r->part == SPANS)
    r->field = (enum field)named(key, fields, SERVICE);
  else if (e->depth == FIELD)
    r->field = pl_str_eqc(key, "serviceName") ? SERVICE : NO_FIELD;
  else if (e->depth == INNER && r->field == LOGS)
    r->log_key = (enum log_key)named(key, log, 3);
  else if ((e->depth == INNER && r->field == TAGS) || (e->depth == LOG_INNER && r->field == LOGS))
    r->inner = (enum inner)named(key, tag, 3);
  else if (e->depth == INNER) {
    int at = named(key, reference, 4);
    r->inner = at ? (enum inner)(VALUE + at) : NO_INNER;
  }
  if (e->depth == PART && r->top == ERRORS)
    r->part = NO_PART;
  r->inner = e->depth < INNER ? NO_INNER : r->inner;
}

/* Whether a container may stand there. */
static bool may_begin(const reading *r, const pl_json_event *e)
{
  bool object = e->kind == PL_JSON_OBJECT;
  if (e->depth == 0 || r->top == NO_TOP)
    return object || e->depth > 0;
  if (r->top == ERRORS)
    return true;
  switch (e->depth) {
  case TOP:
    return !object;
  case TRACE:
    return object;
  case PART:
    return r->part == NO_PART || object == (r->part == PROCESSES);
  case SPAN:
    return r->part == NO_PART || object;
  case FIELD:
    return r->part != SPANS || r->field == NO_FIELD || (!object && (r->field == TAGS || r->field == REFERENCES || r->field == LOGS));
  default:
    return true;
  }
}

static bool in_span(const reading *r)
{
  return r->top == DATA && r->part == SPANS;
}

static int on_begin(reading *r, const pl_json_event *e)
{
  if (!may_begin(r, e))
    return PL_EPROTO;
  r->answers = r->answers || (e->depth == TOP && r->top == DATA);
  if (e->depth == TRACE && r->top == DATA) {
    r->traces++;
    r->part = NO_PART;
  } else if (e->depth == SPAN && in_span(r)) {
    r->field = NO_FIELD;
    begin_span(r);
  } else if (e->depth == ITEM && in_span(r)) {
    r->key = r->value = (pl_piece){0, 0};
    r->child_of = false;
    r->ref_trace[0] = r->ref_id[0] = '\0';
    if (r->field == LOGS)
      begin_log(r);
  } else if (e->depth == LOG_ITEM && in_span(r)) {
    r->key = r->value = (pl_piece){0, 0};
  }
  return PL_OK;
}

static int on_end(reading *r, const pl_json_event *e)
{
  if (!in_span(r) || e->kind != PL_JSON_OBJECT_END)
    return PL_OK;
  if (e->depth == ITEM && r->field == TAGS)
    end_tag(r);
  else if (e->depth == ITEM && r->field == REFERENCES)
    end_reference(r);
  else if (e->depth == ITEM && r->field == LOGS)
    end_log(r);
  else if (e->depth == LOG_ITEM && r->field == LOGS && r->log_key == LOG_FIELDS)
    end_log_field(r);
  return e->depth == SPAN ? end_span(r) : PL_OK;
}

static int on_scalar(reading *r, const pl_json_event *e)
{
  if (e->depth == 0)
    return PL_EPROTO;
  if (e->depth == TOP && r->top == DATA)
    return e->kind == PL_JSON_NULL ? PL_OK : PL_EPROTO;
  if (r->top == ERRORS && e->depth == PART && e->kind == PL_JSON_STRING && !r->out->error[0])
    (void)pl_copy(r->out->error, sizeof r->out->error, e->string);
  if (r->top != DATA)
    return PL_OK;
  if (e->depth == FIELD && r->part != NO_PART)
    return on_field(r, e);
  if (e->depth == INNER && in_span(r) && r->field == LOGS)
    on_log_scalar(r, e);
  else if (in_span(r) && (e->depth == INNER || (e->depth == LOG_INNER && r->field == LOGS)))
    on_inner(r, e);
  return PL_OK;
}

static int on_event(void *user, const pl_json_event *e)
{
  reading *r = user;
  switch (e->kind) {
  case PL_JSON_KEY:
    on_key(r, e);
    return PL_OK;
  case PL_JSON_OBJECT:
  case PL_JSON_ARRAY:
    return on_begin(r, e);
  case PL_JSON_OBJECT_END:
  case PL_JSON_ARRAY_END:
    return on_end(r, e);
  default:
    return on_scalar(r, e);
  }
}

static int walk(reading *r, const pl_allocator *a, pl_str text, pl_trace_span_fn fn, pl_error *err)
{
  r->fn = fn;
  r->top = NO_TOP;
  r->part = NO_PART;
  r->field = NO_FIELD;
  r->traces = 0;
  int code = pl_json_parse(a, text, DEPTH_MAX, on_event, r, err);
  return code ? code : r->answers ? PL_OK : PL_EPROTO;
}

int pl_jaeger_read(const pl_allocator *a, pl_str text, pl_trace_span_fn fn, void *user, pl_jaeger_answer *out, pl_error *err)
{
  reading *r = pl_alloc_zero(a, 1, sizeof *r);
  if (!r)
    return pl_fail(err, PL_ENOMEM, "out of memory");
  *out = (pl_jaeger_answer){.traces = 0};
  r->user = user;
  r->out = out;
  r->processes = pl_intern_new(a, PROCESSES_MAX);
  pl_buf_init(&r->services, a, SERVICES_TEXT);
  pl_buf_init(&r->places, a, PROCESSES_MAX * sizeof(size_t));
  pl_buf_init(&r->texts, a, TEXTS_MAX);
  int code = r->processes ? walk(r, a, text, NULL, err) : PL_ENOMEM;
  out->traces = r->traces;
  if (!code)
    code = walk(r, a, text, fn, err);
  pl_intern_free(r->processes);
  pl_buf_fini(&r->services);
  pl_buf_fini(&r->places);
  pl_buf_fini(&r->texts);
  pl_free(a, r, sizeof *r);
  return code == PL_EPROTO ? pl_fail(err, code, "%s%s", "that is no answer of Jaeger's /api/traces", out->error[0] ? ": it tells an error" : "") : code;
}
